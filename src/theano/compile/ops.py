"""Ops that only matter for compiling, and ops made from a Python function."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

from theano.compile.shared_variables.variables import detached_copy
from theano.gradient import ViewOp
from theano.graph import Apply, Op, Type, Variable
from theano.graph.op import evaluate
from theano.tensor.checks.declared_shapes import Rebroadcast, SpecifyShape, specify_shape
from theano.tensor.checks.static_value import known_as_input
from theano.tensor.shaping.shape import Shape, Shape_i, shape, shape_i
from theano.tensor.type import TensorType


class OutputGuard(ViewOp):
    """A view that marks an output.

    Parameters
    ----------
    x : Variable
        Of any type.

    Returns
    -------
    Variable
        Of the type of `x`.

    Examples
    --------
    >>> OutputGuard()(T.constant([1, 2])).eval()
    array([1, 2])
    """

    known_scalar = known_as_input

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = inputs[0]


class DeepCopyOp(Op):
    """A copy of the input's value.

    Parameters
    ----------
    x : Variable
        Of any type.

    Returns
    -------
    Variable
        Of the type of `x`.

    Examples
    --------
    >>> deep_copy_op(T.constant([1, 2])).eval()
    array([1, 2])
    """

    __props__ = ()
    known_scalar = known_as_input

    def make_node(self, x: Variable) -> Apply:
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = detached_copy(inputs[0])

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Sequence[Any]:
        return list(input_shapes)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        return list(output_grads)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Sequence[Any]:
        return list(eval_points)


# Types whose variables can get a further axis, as `scan` gives its states.
expandable_types: tuple[type, ...] = (TensorType,)

view_op = ViewOp()
deep_copy_op = DeepCopyOp()


class FromFunctionOp(Op):
    """An op that calls a Python function on the values of its inputs. Made by `as_op`.

    Parameters
    ----------
    fn
        The function; it returns one value, or a list of values.
    itypes, otypes
        Types of inputs and outputs.
    infer_shape
        See `as_op`.

    Raises
    ------
    ValueError
        It is called with another number of inputs; or when it runs: the function returns another number of values.

    Examples
    --------
    >>> FromFunctionOp(lambda x: 2 * x, [T.dvector], [T.dvector])(T.constant([1.0, 2.0])).eval()
    array([2., 4.])
    """

    __props__ = ("fn", "input_types", "output_types")

    def __init__(
        self, fn: Callable[..., Any], itypes: Sequence[Type], otypes: Sequence[Type], infer_shape: Any = None
    ) -> None:
        self.fn = fn
        self.itypes = list(itypes)
        self.otypes = list(otypes)
        self.input_types = tuple(itypes)
        self.output_types = tuple(otypes)
        if infer_shape is not None:
            self.infer_shape = infer_shape  # type: ignore[method-assign]

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.fn, "__name__", "function")

    def __str__(self) -> str:
        return f"FromFunctionOp{{{self.name}}}"

    def make_node(self, *inputs: Any) -> Apply:
        if len(inputs) != len(self.input_types):
            raise ValueError(
                f"We expected {len(self.input_types)} inputs but got {len(inputs)}: the function "
                f"{self.name} takes one for each of its itypes."
            )
        return super().make_node(*inputs)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        results = self.fn(*inputs)
        if not isinstance(results, list | tuple):
            results = [results]
        if len(results) != len(output_storage):
            raise ValueError(
                f"{self.name} returned {len(results)} values, but the op has {len(output_storage)} "
                f"outputs"
            )
        for storage, value in zip(output_storage, results, strict=True):
            storage[0] = value

    def do_constant_folding(self, node: Apply) -> bool:
        return False  # the function may have effects

    def __reduce__(self) -> Any:
        # `as_op` as a decorator leaves the op under the function's name: then it pickles as that name.
        found: Any = sys.modules.get(getattr(self.fn, "__module__", ""))
        path = getattr(self.fn, "__qualname__", "")
        for part in path.split("."):
            found = getattr(found, part, None)
        if found is self:
            self.__module__ = self.fn.__module__
            return path
        shapes = self.__dict__.get("infer_shape")
        return type(self), (self.fn, self.itypes, self.otypes, shapes)


class ForeignFunctionOp(FromFunctionOp):
    """An op that calls a function of Numba or of ctypes, from programs without Python. Made by `as_op`."""

    __props__ = ("identity", "input_types", "output_types")

    def __init__(
        self, fn: Callable[..., Any], itypes: Sequence[Type], otypes: Sequence[Type], infer_shape: Any = None
    ) -> None:
        from theano.native.foreign import identity  # loaded by those who have such functions
        from theano.tensor.foreign import ForeignCall

        super().__init__(fn, itypes, otypes, infer_shape)
        self.identity = identity(fn)
        tensors: Sequence[Any] = (itypes, otypes)
        self._call = ForeignCall(fn, *tensors)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        node = self.make_node(*inputs)
        given = [tuple(shape_i(v, axis) for axis in range(v.type.ndim)) for v in inputs]
        shapes: Sequence[Any] = self.infer_shape(node, given) if self._call.has_axes else [()] * len(self.output_types)
        return self._call(*inputs, *(n for shape in shapes for n in shape), return_list=True)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        values = evaluate(self.decompose(node.inputs), dict(zip(node.inputs, inputs, strict=True)))
        for storage, value in zip(output_storage, values, strict=True):
            storage[0] = value


def as_op(
    itypes: Type | Sequence[Type], otypes: Type | Sequence[Type], infer_shape: Any = None
) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """A decorator that turns a function of values into an op.

    Programs call a function of ``numba.njit`` or ctypes without Python, if the shapes of its results are known.

    Parameters
    ----------
    itypes, otypes
        Types of the inputs and outputs; the inputs' must be equal to these.
    infer_shape
        ``infer_shape(node, input_shapes)``, if it is known. Functions of ctypes need it, for they write into arrays
        that are made for them (see `theano.native.foreign` for what else they must be).

    Returns
    -------
    callable
        The decorator: of a function it makes an op, `FromFunctionOp`.

    Raises
    ------
    TypeError
        `itypes` or `otypes` are no types, or `infer_shape` can't be called; or a function of ctypes comes without it.
    ValueError
        When it runs: the function returns more or fewer values than there are `otypes`, or of another shape than
        `infer_shape` says.

    Examples
    --------
    >>> @theano.as_op(itypes=[T.dvector], otypes=[T.dvector])
    ... def double(x):
    ...     return 2 * x
    >>> double(T.dvector("v"))
    FromFunctionOp{double}.0
    """
    inputs: list[Any] = list(itypes) if isinstance(itypes, list | tuple) else [itypes]
    outputs: list[Any] = list(otypes) if isinstance(otypes, list | tuple) else [otypes]
    if not all(isinstance(t, Type) for t in inputs):
        raise TypeError("itypes has to be a list of Theano types")
    if not all(isinstance(t, Type) for t in outputs):
        raise TypeError("otypes has to be a list of Theano types")
    if infer_shape is not None and not callable(infer_shape):
        raise TypeError("infer_shape needs to be a callable")

    def made(fn: Callable[..., Any]) -> FromFunctionOp:
        from theano.native.foreign import is_foreign, is_numba

        arrays = all(isinstance(t, TensorType) for t in (*inputs, *outputs))
        shapes_known = infer_shape is not None or not any(getattr(t, "ndim", 1) for t in outputs)
        if is_foreign(fn) and not is_numba(fn) and not (arrays and shapes_known):
            raise TypeError(
                f"as_op: the function {getattr(fn, '__name__', fn)} of ctypes needs itypes and otypes of tensors, and "
                "infer_shape, which says the shapes of the arrays that it is to write"
            )
        native = is_foreign(fn) and arrays and shapes_known
        return (ForeignFunctionOp if native else FromFunctionOp)(fn, inputs, outputs, infer_shape)

    return made


def load_back(mod: str, name: str) -> Any:
    """What is called `name` in the module `mod`: how pickles name a function.

    Parameters
    ----------
    mod, name : str
        The names.

    Returns
    -------
    What has this name.

    Raises
    ------
    ImportError, AttributeError
        There is no such module, or nothing of this name in it.

    Examples
    --------
    >>> from theano.compile.ops import load_back
    >>> load_back("math", "floor")
    <built-in function floor>
    """
    return getattr(importlib.import_module(mod), name)


def shape_i_op(i: int) -> Shape_i:
    """The op that gives the length of axis `i`; the same one each time.

    Parameters
    ----------
    i : int
        The axis.

    Returns
    -------
    Shape_i
        The op.

    Examples
    --------
    >>> from theano.compile.ops import shape_i_op
    >>> shape_i_op(1) is shape_i_op(1), shape_i_op(1)
    (True, Shape_i{1})
    """
    if i not in _shape_i:
        _shape_i[i] = Shape_i(i)
    return _shape_i[i]


_shape_i: dict[int, Shape_i] = {}


def _register_nothing(*args: Any, **kwargs: Any) -> None:
    """Accepted for programs that register C code of their own types. There is no C code per op here.

    Parameters
    ----------
    *args, **kwargs
        Anything.

    Returns
    -------
    None

    Examples
    --------
    >>> theano.compile.register_deep_copy_op_c_code(object, "code")
    """


register_view_op_c_code = register_deep_copy_op_c_code = register_shape_c_code = _register_nothing
register_shape_i_c_code = register_rebroadcast_c_code = register_specify_shape_c_code = _register_nothing

__all__ = [
    "DeepCopyOp",
    "ForeignFunctionOp",
    "FromFunctionOp",
    "OutputGuard",
    "Rebroadcast",
    "Shape",
    "Shape_i",
    "SpecifyShape",
    "ViewOp",
    "as_op",
    "deep_copy_op",
    "load_back",
    "register_deep_copy_op_c_code",
    "register_rebroadcast_c_code",
    "register_shape_c_code",
    "register_shape_i_c_code",
    "register_specify_shape_c_code",
    "register_view_op_c_code",
    "shape",
    "shape_i",
    "shape_i_op",
    "specify_shape",
    "view_op",
]
