"""`ScalarOp`: one entry of the table of scalar operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph.own_text import OwnText
from theano.scalar import rules
from theano.scalar.conversion import converted
from theano.scalar.dtypes import COMPLEX, NAMES, autocast

TABLE: dict[str, ScalarOp] = {}
"""Every operation by name; pickles refer to it."""


class _Marker:
    """A named singleton, pickled by name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name


UNDEFINED = _Marker("UNDEFINED")
"""A gradient that nobody has defined (`None` is the gradient zero)."""


class ScalarOp:
    """A scalar operation: what it computes, with which dtype, its derivative and its native form.

    Parameters
    ----------
    name
        The name in the table and in printed graphs.
    nin
        Number of arguments; -1 for any number from two on.
    dtype
        Input dtypes -> output dtype (`theano.scalar.rules`); raises TypeError where there is none.
    numpy
        What it computes, on NumPy arrays that already have the dtypes of `arg_dtypes`.
    grad
        ``grad(*inputs, output, gout)``: the gradients of the inputs, as a tuple (bare for one input) of
        expressions; `None` for zero, `UNDEFINED` for not known. The whole may be `None` or `UNDEFINED`, too.
    expand
        Loop expressions -> loop expression; `None` if there is no native form.
    args
        Which dtypes `numpy` and `expand` want their arguments in.
    holomorphic
        Whether `grad` is the derivative in the complex sense (the gradient is then conjugated for complex
        numbers); False for operations that treat the parts of a complex number apart.
    linear_in
        The arguments in which, each by itself, it is linear.
    nonnegative
        Whether its value is never below zero.
    bare
        Whether its node is printed by the name alone, without the word Elemwise.
    tangent
        For those that are not holomorphic: ``tangent(*inputs, direction, i)``, the change of the output where complex
        numbers take part and input `i` changes in a direction.
    cost
        What the native form takes for one element, roughly, in plain additions; or a function of the loop expressions
        of its arguments that tells it.

    Examples
    --------
    >>> from theano.scalar import add
    >>> float(add.impl(1, 2.5))
    3.5
    """

    __slots__ = (
        "args", "associative", "bare", "checks_zero_divisor", "commutative", "cost", "dtype", "expand", "grad",
        "holomorphic", "identity", "linear_in", "name", "nin", "nonnegative", "numpy", "tangent", "target",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        nin: int,
        *,
        dtype: rules.DtypeRule,
        numpy: Callable[..., Any],
        grad: Callable[..., Any] | _Marker | None = UNDEFINED,
        expand: Callable[..., Any] | None = None,
        args: rules.ArgRule = rules.args_as_output,
        commutative: bool = False,
        associative: bool = False,
        identity: Any = None,
        holomorphic: bool = True,
        tangent: Callable[..., Any] | None = None,
        checks_zero_divisor: bool = False,
        linear_in: range = range(0),
        nonnegative: bool = False,
        bare: bool = False,
        target: str | None = None,
        cost: int | Callable[..., int] = 1,
        register: bool = True,
    ) -> None:
        if register and name in TABLE:
            raise ValueError(f"the scalar operation {name!r} exists already")
        self.name = name
        self.nin = nin
        self.dtype = dtype
        self.numpy = numpy
        self.grad = grad
        self.expand = expand
        self.args = args
        self.commutative = commutative
        self.associative = associative
        self.identity = identity
        self.holomorphic = holomorphic
        self.tangent = tangent
        self.checks_zero_divisor = checks_zero_divisor
        self.linear_in = linear_in
        self.nonnegative = nonnegative
        self.bare = bare
        self.target = target
        self.cost = cost
        if register:
            TABLE[name] = self

    def arg_dtypes(self, input_dtypes: tuple[str, ...], output_dtype: str) -> tuple[str, ...]:
        """The dtype in which each argument must be handed to `numpy` and `expand`."""
        return self.args(input_dtypes, output_dtype)

    def is_native(self, input_dtypes: tuple[str, ...], output_dtype: str) -> bool:
        """Whether `expand` holds for these dtypes: it exists and no number is complex."""
        return self.expand is not None and output_dtype not in COMPLEX and COMPLEX.isdisjoint(input_dtypes)

    def compute(self, inputs: tuple[np.ndarray, ...], output_dtype: str | None = None) -> np.ndarray:
        """Apply to arrays, without warnings; the result has the documented dtype."""
        dtypes = tuple([_name(a.dtype) for a in inputs])
        if output_dtype is None:
            output_dtype = self.dtype(*dtypes)
        wanted = self.args(dtypes, output_dtype)
        with np.errstate(all="ignore"):
            arrays = [
                a if d == w else converted(a, w) for a, d, w in zip(inputs, dtypes, wanted, strict=True)
            ]
            result = np.asarray(self.numpy(*arrays))
            if _name(result.dtype) != output_dtype:
                result = converted(result, output_dtype)
        return result

    def check_count(self, args: Sequence[Any]) -> None:
        """TypeError where there are more or fewer arguments than the operation takes."""
        if len(args) != self.nin and not (self.nin == -1 and args):
            wanted = self.nin if self.nin >= 0 else "one or more"
            raise TypeError(f"{self.name} takes {wanted} arguments, got {len(args)}")

    def impl(self, *values: Any) -> Any:
        """The value for numbers; those of Python count as NumPy takes them, with 64 bits."""
        self.check_count(values)
        return self.compute(tuple(map(np.asarray, values)))[()]

    def __call__(self, *args: Any) -> Any:
        """Apply to anything that knows how to apply a scalar operation, else to arrays with NumPy.

        Of numbers it is a variable, as in Theano; `impl` computes with numbers.
        """
        for a in args:
            apply = getattr(a, "__apply_scalar__", None)
            if apply is not None:
                return apply(self, args)
        self.check_count(args)
        if all(isinstance(a, (int, float, complex, np.generic)) for a in args):
            return self.of_numbers(args)
        arrays = tuple(
            np.asarray(a, dtype=autocast(a) if type(a) in (bool, int, float, complex) else None) for a in args
        )
        return self.compute(arrays)[()]

    #: The variable for an operation of numbers; `theano.tensor.elemwise` sets it.
    of_numbers: ClassVar[Callable[[Any, Sequence[Any]], Any]]

    # -- as Theano's operations on variables; `theano.tensor.elemwise` says what is element-wise work --

    #: See `c_code`; `theano.legacy.c_code.callback` sets it.
    c_code_of: ClassVar[Callable[..., str]]

    def c_code(self, node: Any, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Statements of C++ that compute the operation for numbers, written from its native form.

        They need nothing beside the headers that C code of operations has, and may be put into that of others.

        Parameters
        ----------
        node
            Tells the dtypes of inputs and output: ``op.make_node(float64("x"))``.
        name
            A word that no other code in the same function has been given.
        inputs, outputs
            C expressions for the operands; the name of the variable for the result.
        sub
            ``sub["fail"]`` is what to do where the operands are refused (integers divided by zero).

        Raises
        ------
        MethodNotDefined
            The operation has no native form for these dtypes.

        Examples
        --------
        >>> from theano.scalar import add, float64
        >>> node = add.make_node(float64("x"), float64("y"))
        >>> print(add.c_code(node, "n", ["a", "b[i]"], ["z"], {"fail": "return 1;"}))
        {
            const double s_n_x0 = a;
            const double s_n_x1 = b[i];
            const double s_n_z = s_n_x0 + s_n_x1;
            z = s_n_z;
        }
        """
        return type(self).c_code_of(self, node, name, inputs, outputs, sub)

    def c_code_cache_version(self) -> tuple[int, ...]:
        """The version of the C code: its text tells all."""
        return ()

    #: The `Elemwise` of an operation.
    elementwise: ClassVar[Callable[[ScalarOp], Any]]
    nout: ClassVar[int] = 1
    #: What it is made of, for operations that are made of others (`theano.scalar.composite`).
    steps: Any = None

    def make_node(self, *inputs: Any) -> Any:
        """The node that applies the operation to variables."""
        return type(self).elementwise(self).make_node(*inputs)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> Any:
        """The gradients of variables, given those of the outputs."""
        return type(self).elementwise(self).L_op(inputs, outputs, output_grads)

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """The value for numbers, into a cell."""
        output_storage[0][0] = self.impl(*inputs)

    @property
    def nfunc_spec(self) -> tuple[str, int, int] | None:
        """The function of NumPy that computes the same: its name, and how many inputs and outputs it has."""
        ufunc = self.numpy
        return (ufunc.__name__, ufunc.nin, ufunc.nout) if isinstance(ufunc, np.ufunc) else None

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return lookup, (self.name,)

    def __copy__(self) -> ScalarOp:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> ScalarOp:
        return self

    def __repr__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name


# Each operation says how it is called; the class, what an operation is.
ScalarOp.__doc__ = OwnText(ScalarOp.__doc__, "theano.scalar.described", "operation")  # type: ignore[assignment]


def _name(dtype: np.dtype) -> str:
    # ``dtype.name`` alone takes 10 µs, which is more than the computation of a small array.
    return NAMES.get(dtype) or dtype.name


def lookup(name: str) -> ScalarOp:
    """The operation called `name`.

    >>> lookup("exp").nin
    1

    Raises
    ------
    KeyError
        There is no such operation.
    """
    found = TABLE.get(name)
    if found is None:
        raise KeyError(f"no scalar operation is called {name!r}")
    return found


def unary(name: str, **fields: Any) -> ScalarOp:
    """An operation of one argument."""
    return ScalarOp(name, 1, **fields)


def binary(name: str, **fields: Any) -> ScalarOp:
    """An operation of two arguments."""
    return ScalarOp(name, 2, **fields)


def variadic(name: str, **fields: Any) -> ScalarOp:
    """A commutative and associative operation of two or more arguments."""
    return ScalarOp(name, -1, commutative=True, associative=True, **fields)


def like(term: Any, value: float) -> np.ndarray:
    """The constant `value` in the float dtype of `term`, so that it widens nothing (for gradients)."""
    dtype = term.dtype
    return np.asarray(value, dtype=dtype if dtype in COMPLEX or dtype.startswith("float") else "float64")


def scipy_special(name: str) -> Callable[..., Any]:
    """A function of `scipy.special`, imported at its first call."""

    def call(*args: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*args)

    return call


def fold(step: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Left fold of a function of two arguments."""

    def folded(first: Any, *rest: Any) -> Any:
        for other in rest:
            first = step(first, other)
        return first

    return folded
