"""Functions and constants of ``theano.tensor.basic`` and ``theano.tensor.subtensor`` that only older programs call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.graph import Variable
from theano.graph.common_text import fill
from theano.scalar import convert_to
from theano.scalar.dtypes import COMPLEX, DISCRETE, FLOAT, all_dtypes
from theano.tensor.checks.static_value import NotScalarConstantError, get_scalar_constant_value
from theano.tensor.elemwise import DimShuffle, elemwise
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor, AdvancedSubtensor
from theano.tensor.indexing.slices import make_slice
from theano.tensor.indexing.subtensor import fill_in, inc_subtensor, set_subtensor
from theano.tensor.making.alloc import Alloc
from theano.tensor.making.constructors import CONSTRUCTORS
from theano.tensor.opsupport import as_index
from theano.tensor.pointwise.math import cast
from theano.tensor.shaping.shape import MakeVector
from theano.tensor.type import TOLERANCES
from theano.tensor.type_other import NoneConst
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "AdvancedBooleanIncSubtensor", "AdvancedBooleanSubtensor", "BaseAdvancedIncSubtensor", "BaseAdvancedSubtensor",
    "adv_index_broadcastable_pattern", "advanced_boolean_inc_subtensor", "advanced_boolean_set_subtensor",
    "advanced_boolean_subtensor", "advanced_inc_subtensor", "advanced_set_subtensor", "advanced_subtensor",
    "alloc_validate_shape", "as_index_variable", "check_advanced_indexing_dimensions", "check_and_reject_bool",
    "check_equal_numpy", "constructor", "equal_slices",
    "extract_constant", "get_idx_list", "make_constant", "numpy_scalar", "register_transfer", "transfer",
]  # fmt: skip

# -- lists of types: of numbers, of vectors, of matrices -----------------------------------------------------

_LETTERS = {"int": "bwil", "float": "fd", "complex": "cz"}


def _types(letters: str, kind: str) -> list[Any]:
    return [CONSTRUCTORS[letter + kind] for letter in letters]


int_types = int_scalar_types = _types(_LETTERS["int"], "scalar")
int_vector_types = _types(_LETTERS["int"], "vector")
int_matrix_types = _types(_LETTERS["int"], "matrix")
float_types = float_scalar_types = _types(_LETTERS["float"], "scalar")
float_vector_types = _types(_LETTERS["float"], "vector")
float_matrix_types = _types(_LETTERS["float"], "matrix")
complex_types = complex_scalar_types = _types(_LETTERS["complex"], "scalar")
complex_vector_types = _types(_LETTERS["complex"], "vector")
complex_matrix_types = _types(_LETTERS["complex"], "matrix")

# -- how near floats must be to count as equal ----------------------------------------------------------------

float16_rtol, float16_atol = TOLERANCES["float16"]
float32_rtol, float32_atol = TOLERANCES["float32"]
float64_rtol, float64_atol = TOLERANCES["float64"]


def tolerances(a: np.ndarray, b: np.ndarray, rtol: float | None, atol: float | None) -> tuple[float, float]:
    """Relative and absolute tolerance: those given, or those of the less exact of two dtypes."""
    kinds = {str(a.dtype), str(b.dtype)}
    own = TOLERANCES["float64"]
    if kinds & {"float32", "complex64"}:
        own = TOLERANCES["float32"]
    if "float16" in kinds:
        own = TOLERANCES["float16"]
    return own[0] if rtol is None else rtol, own[1] if atol is None else atol


def _allclose(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Return True if arrays, broadcast to one shape, are equal but for the rounding of the less exact dtype.

    Examples
    --------
    >>> from theano.tensor.basic import _allclose
    >>> _allclose(np.float32(1.00001), 1.0), _allclose(1.001, np.ones(2))
    (True, False)
    """
    first, second = np.asarray(a), np.asarray(b)
    return bool(np.allclose(first, second, *tolerances(first, second, rtol, atol)))


# -- operations under the names of their modules ------------------------------------------------------------------

globals().update({f"_convert_to_{dtype}": elemwise(convert_to(dtype)) for dtype in all_dtypes})
make_vector = MakeVector()


def _as_scalar(res: Any, dtype: str | None = None) -> Any:
    """Return the number that a variable consists of, as a 0-d variable; None if it may have several elements.

    Parameters
    ----------
    res : Variable
        Axes that were added to a number are left out again.
    dtype
        What it is converted to, if it has another dtype.

    Examples
    --------
    >>> from theano.tensor.blas import _as_scalar
    >>> x = T.dscalar("x")
    >>> _as_scalar(x.dimshuffle("x", "x")), _as_scalar(T.dvector())
    (x, None)
    """
    if not all(res.type.broadcastable):
        return None
    number = res
    while number.owner is not None and isinstance(number.owner.op, DimShuffle):
        number = number.owner.inputs[0]
    number = number.dimshuffle() if number.type.ndim else number
    return number if dtype in (None, number.type.dtype) else cast(number, dtype)


def _is_real_matrix(res: Any) -> bool:
    """Return True if BLAS multiplies a variable as a matrix: of floats or complex numbers, both axes of any length.

    Examples
    --------
    >>> from theano.tensor.blas import _is_real_matrix
    >>> _is_real_matrix(T.dmatrix()), _is_real_matrix(T.drow()), _is_real_matrix(T.imatrix())
    (True, False, False)
    """
    return res.type.dtype in FLOAT | COMPLEX and res.type.ndim == 2 and not any(res.type.broadcastable)


def check_force_gemv_init() -> bool:
    """Whether BLAS reads the vector that `Gemv` adds to where its factor is 0: no program here lets it.

    Examples
    --------
    >>> from theano.tensor.blas_c import check_force_gemv_init
    >>> check_force_gemv_init()
    False
    """
    return False


# -- what is installed --------------------------------------------------------------------------------------------

#: SciPy always is.
imported_scipy = imported_scipy_signal = imported_scipy_special = True

# -- values -----------------------------------------------------------------------------------------------------


def numpy_scalar(data: Any) -> Any:
    """The number in a 0-d array (or in one of one element).

    Parameters
    ----------
    data : numpy.ndarray or number
        Of one element.

    Returns
    -------
    numpy scalar
        Of the dtype of `data`.

    Raises
    ------
    NotScalarConstantError
        `data` is no number.

    Examples
    --------
    >>> T.numpy_scalar(np.array(3.0))
    np.float64(3.0)
    """
    try:
        array = np.asarray(data)
        if array.ndim == 0 and array.dtype.kind in "biufc":
            return array[()]
    except ValueError:
        pass
    raise NotScalarConstantError(f"{data!r} is no number")


def check_equal_numpy(x: Any, y: Any) -> bool:
    """Whether two values are equal; arrays are if their dtypes and shapes are, and elements differ by less than 1e-10.

    Parameters
    ----------
    x, y : anything
        Two values.

    Returns
    -------
    bool

    Examples
    --------
    >>> T.check_equal_numpy(np.ones(2), np.ones(2)), T.check_equal_numpy(np.ones(2), np.ones(2, "float32"))
    (True, False)
    """
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and bool(np.all(abs(x - y) < 1e-10))
    if isinstance(x, np.random.RandomState) and isinstance(y, np.random.RandomState):
        states: list[Any] = [x.get_state(legacy=True), y.get_state(legacy=True)]
        return all(np.array_equal(a, b) for a, b in zip(*states, strict=True))
    return bool(x == y)


def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """The constant that `x` stands for (`get_scalar_constant_value`), or `x` if it is not known.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    elemwise : bool
        Whether to compute element-wise arithmetic of constants.
    only_process_constants : bool
        Whether to look at constants only.

    Returns
    -------
    numpy.ndarray or TensorVariable
        A 0-d array, or `x`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> int(T.extract_constant(T.constant(2) + 3)), T.extract_constant(T.dscalar("x"))
    (5, x)
    """
    try:
        return get_scalar_constant_value(x, elemwise, only_process_constants)
    except NotScalarConstantError:
        return x


def constructor(f: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that makes variables; it stays as it is.

    Parameters
    ----------
    f : callable
        A function that makes a variable.

    Returns
    -------
    callable
        `f`.

    Examples
    --------
    >>> constructor(T.dvector) is T.dvector
    True
    """
    return f


alloc_validate_shape = Alloc.validate_shape


# -- other devices ------------------------------------------------------------------------------------------------

_transfers: list[Callable[[Any, str], Any]] = []


def transfer(var: Any, target: str) -> Any:
    """A variable on a device: ``"cpu"``, or one that a function given to `register_transfer` knows.

    Parameters
    ----------
    var : tensor-like
        <any tensor>
    target : str
        The device.

    Returns
    -------
    TensorVariable
        The value of `var` on that device.

    Raises
    ------
    ValueError
        No such device.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.basic.transfer(x, "cpu") is x
    True
    """
    if target == "cpu":
        return as_tensor_variable(var)
    for known in _transfers:
        found = known(var, target)
        if found is not None:
            return found
    raise ValueError(f"Can't transfer to target {target}")


def register_transfer(fn: Callable[[Any, str], Any]) -> None:
    """Let `transfer` ask ``fn(variable, target)``, which returns a variable, or None for a target it does not know.

    Parameters
    ----------
    fn : callable
        What knows a device.

    Returns
    -------
    None

    Examples
    --------
    >>> T.basic.register_transfer(lambda variable, target: None)  # it knows no device
    """
    _transfers.append(fn)


# -- indexing -----------------------------------------------------------------------------------------------------

#: Masks become positions when an expression is made, so one class reads by arrays and masks, and one writes.
BaseAdvancedSubtensor = AdvancedBooleanSubtensor = AdvancedSubtensor
BaseAdvancedIncSubtensor = AdvancedBooleanIncSubtensor = AdvancedIncSubtensor


def advanced_subtensor(x: Any, *index: Any) -> Any:
    """``x[index]``, with arrays of integers, masks, slices and numbers.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    *index : tensor-like, slice or None
        Integers, arrays of them, masks.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`.

    Raises
    ------
    IndexError
        There are too many indices; when it runs: one is out of range.
    TypeError
        Something else is no index.

    Examples
    --------
    >>> T.advanced_boolean_subtensor(T.constant([1, 2, 3]), np.array([True, False, True])).eval()
    array([1, 3])
    """
    return as_tensor_variable(x)[index]


def advanced_set_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """`x` with `y` at ``x[index]``.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    y : tensor-like
        What is written, broadcast to ``x[index]``.
    *index : tensor-like, slice or None
        Integers, arrays of them, masks.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `x`, which itself does not change.

    Raises
    ------
    <tensor errors>
    IndexError
        There are too many indices; when it runs: one is out of range.

    Examples
    --------
    >>> T.advanced_set_subtensor(T.constant([1, 2, 3]), 0, [0, 2]).eval()
    array([0, 2, 0])
    """
    return set_subtensor(as_tensor_variable(x)[index], y)


def advanced_inc_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """`x` with `y` added at ``x[index]``; places that occur twice get it twice.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    y : tensor-like
        What is added, broadcast to ``x[index]``.
    *index : tensor-like, slice or None
        Integers, arrays of them, masks.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `x`, which itself does not change.

    Raises
    ------
    <tensor errors>
    IndexError
        There are too many indices; when it runs: one is out of range.

    Examples
    --------
    >>> T.advanced_inc_subtensor(T.constant([1, 2, 3]), 10, [0, 0]).eval()
    array([21,  2,  3])
    """
    return inc_subtensor(as_tensor_variable(x)[index], y)


advanced_boolean_subtensor = advanced_subtensor
advanced_boolean_set_subtensor = advanced_set_subtensor
advanced_boolean_inc_subtensor = advanced_inc_subtensor


def get_idx_list(inputs: Sequence[Any], idx_list: Sequence[Any], get_count: bool = False) -> Any:
    """The index of a `Subtensor` node: its `idx_list`, with the node's inputs after the first put in.

    Parameters
    ----------
    inputs : sequence of Variable
        Those of the node: the tensor, then indices.
    idx_list : sequence
        ``node.op.idx_list``.
    get_count : bool
        Return instead how many of the inputs the index takes, the tensor among them.

    Returns
    -------
    tuple, or int
        Variables and slices of them.

    Examples
    --------
    >>> node = T.dmatrix()[1, 2:].owner
    >>> get_idx_list(node.inputs, node.op.idx_list)
    (TensorConstant{1}, slice(TensorConstant{2}, None, None))
    """
    if get_count:
        parts = [e for entry in idx_list for e in _parts(entry)]
        return 1 + sum(e is not None for e in parts)
    return tuple(fill_in(idx_list, inputs[1:]))


def _parts(entry: Any) -> Sequence[Any]:
    return (entry.start, entry.stop, entry.step) if isinstance(entry, slice) else (entry,)


def adv_index_broadcastable_pattern(a: Any, idx: Any) -> tuple[bool, ...]:
    """The broadcastable pattern of ``a[idx]``.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    idx : tuple
        An index: integers, arrays, masks, slices.

    Returns
    -------
    tuple of bool
        For each axis of ``a[idx]`` whether its length is known to be 1.

    Raises
    ------
    <tensor errors>
    IndexError
        There are too many indices.

    Examples
    --------
    >>> adv_index_broadcastable_pattern(T.dmatrix(), (slice(None), [0]))
    (False, True)
    """
    return tuple(as_tensor_variable(a)[idx].type.broadcastable)


def check_and_reject_bool(args_el: Any) -> None:
    """Refuse indices with Python's True or False in them.

    Parameters
    ----------
    args_el : anything
        An index, or lists of indices.

    Returns
    -------
    None

    Raises
    ------
    TypeError
        There is one.

    Examples
    --------
    >>> check_and_reject_bool([0, [1, True]])
    Traceback (most recent call last):
        ...
    TypeError: a bool is no index: True
    """
    if isinstance(args_el, bool | np.bool_):
        raise TypeError(f"a bool is no index: {args_el}")
    if isinstance(args_el, list | tuple):
        for entry in args_el:
            check_and_reject_bool(entry)


def as_index_variable(idx: Any) -> Any:
    """An index as a variable: None and slices too.

    Parameters
    ----------
    idx : None, slice, or tensor-like of integers or bools
        A part of an index.

    Returns
    -------
    Variable
        Of the type of tensors, of slices, or `NoneConst`.

    Raises
    ------
    TypeError
        Something else than integers, masks, None and slices.

    Examples
    --------
    >>> as_index_variable(slice(1, None)).type, as_index_variable([0, 2]).type
    (slice, TensorType(int64, vector))
    """
    if idx is None:
        return NoneConst
    if isinstance(idx, slice):
        return make_slice(idx)
    found = idx if isinstance(idx, Variable) else as_tensor_variable(idx)
    if getattr(found.type, "dtype", "int64") not in DISCRETE:
        raise TypeError(f"index must be integers or booleans, found {found.type}")
    return found


def check_advanced_indexing_dimensions(input: Any, idx_list: Sequence[Any]) -> None:
    """Refuse more indices than a tensor has axes; a mask takes as many as it has.

    Parameters
    ----------
    input : TensorVariable
        What is indexed.
    idx_list : sequence
        The index.

    Returns
    -------
    None

    Raises
    ------
    IndexError
        There are too many, or a mask is for more axes than there are.

    Examples
    --------
    >>> check_advanced_indexing_dimensions(T.dvector("x"), [0, 1])
    Traceback (most recent call last):
        ...
    IndexError: too many indices for x: 2 for 1 dimensions
    """
    taken = 0
    for entry in idx_list:
        if entry is not None and entry is not Ellipsis:
            masked = getattr(getattr(entry, "type", entry), "dtype", None) in ("bool", np.dtype("bool"))
            taken += entry.ndim if masked else 1
    if taken > input.ndim:
        raise IndexError(f"too many indices for {input}: {taken} for {input.ndim} dimensions")


def make_constant(args: Any) -> Any:
    """Numbers in an index as constants: those of tuples and slices, too; what is no number stays.

    Parameters
    ----------
    args : number, tuple, slice or anything
        A part of an index.

    Returns
    -------
    Variable, tuple, slice, or `args`

    Examples
    --------
    >>> make_constant((1, slice(None, 2)))
    (TensorConstant{1}, slice(None, TensorConstant{2}, None))
    """
    if isinstance(args, tuple):
        return tuple(map(make_constant, args))
    if isinstance(args, slice):
        return slice(*map(make_constant, (args.start, args.stop, args.step)))
    return as_index(args) if isinstance(args, int | np.integer) and not isinstance(args, bool) else args


def equal_slices(s1: slice, s2: slice) -> bool:
    """Whether two slices have the same bounds.

    >>> equal_slices(slice(1, None), slice(1, None, None))
    True
    """
    return (s1.start, s1.stop, s1.step) == (s2.start, s2.stop, s2.step)


fill(globals())
