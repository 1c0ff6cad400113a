"""Scalar operations that users define as classes, and the types by which they tell their dtypes.

A program subclasses `UnaryScalarOp` or `BinaryScalarOp` with a Python function `impl` and, for gradients,
`grad`; `theano.tensor.Elemwise` of an instance is a function of tensors.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np

from theano.scalar import rules
from theano.scalar.dtypes import ALL, COMPLEX, DISCRETE, FLOAT, as_dtype
from theano.scalar.op import UNDEFINED, ScalarOp


class Scalar:
    """The type of a number: a dtype. There is one object for each.

    Calling it makes a variable, a 0-d tensor: graphs have no other variables for numbers.

    Examples
    --------
    >>> Scalar("float32").dtype, Scalar("float32") is Scalar("float32")
    ('float32', True)
    >>> Scalar("float32")("x").type
    TensorType(float32, scalar)
    """

    __slots__ = ("dtype",)
    ndim: ClassVar[int] = 0
    dtype: str
    _all: ClassVar[dict[str, Scalar]] = {}
    # Set by `theano.tensor.methods`: a 0-d tensor of a dtype and name.
    variable: ClassVar[Callable[[str, str | None], Any]]

    def __new__(cls, dtype: Any) -> Scalar:
        dtype = as_dtype(dtype)
        if dtype not in cls._all:
            made = cls._all[dtype] = object.__new__(cls)
            made.dtype = dtype
        return cls._all[dtype]

    def __call__(self, name: str | None = None) -> Any:
        """A variable for a number of this type."""
        return Scalar.variable(self.dtype, name)

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """`data` as a NumPy number of this dtype.

        Raises
        ------
        TypeError
            It is no number; another value would come of it, unless `allow_downcast`; or, if `strict`, it is none of
            this dtype.
        """
        kind = np.dtype(self.dtype).type
        if strict and not isinstance(data, kind):
            raise TypeError(f"{self} expected a {self.dtype}, got {data!r} of type {type(data)}")
        value = np.asarray(data)
        if value.ndim or value.dtype.kind not in "biufc":
            raise TypeError(f"{self} expected a number, got {data!r}")
        with np.errstate(all="ignore"):
            made = value.astype(kind)[()]
        is_float = self.dtype in FLOAT and value.dtype.kind == "f"
        if not allow_downcast and not is_float and made != value and not (made != made and value != value):
            raise TypeError(f"{self} can't hold the value {data!r}")
        return made

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two numbers are equal."""
        return bool(a == b)

    values_eq_approx = values_eq

    def __reduce__(self) -> tuple[Any, ...]:
        return Scalar, (self.dtype,)

    def __repr__(self) -> str:
        return f"Scalar({self.dtype})"

    def __str__(self) -> str:
        return self.dtype


get_scalar_type = Scalar
SCALAR_TYPES = {name: Scalar(name) for name in sorted(ALL)}
float_types = tuple(t for name, t in SCALAR_TYPES.items() if name in FLOAT)
complex_types = tuple(t for name, t in SCALAR_TYPES.items() if name in COMPLEX)
discrete_types = tuple(t for name, t in SCALAR_TYPES.items() if name in DISCRETE)
int_types = tuple(t for name, t in SCALAR_TYPES.items() if name.startswith("int"))
uint_types = tuple(t for name, t in SCALAR_TYPES.items() if name.startswith("uint"))
integer_types = int_types + uint_types
continuous_types = float_types + complex_types
all_types = discrete_types + continuous_types


def _preference(name: str, rule: rules.DtypeRule, what: str) -> Callable[..., tuple[Scalar, ...]]:
    def prefer(*types: Scalar) -> tuple[Scalar, ...]:
        return (Scalar(rule(*(t.dtype for t in types))),)

    prefer.__name__ = prefer.__qualname__ = name
    prefer.__doc__ = f"{what} A rule for the `output_types_preference` of a scalar operation."
    return prefer


upgrade_to_float = _preference("upgrade_to_float", rules.to_float, "Floats stay; integers become floats.")
upgrade_to_float_no_complex = _preference(
    "upgrade_to_float_no_complex", rules.to_float_real, "Like `upgrade_to_float`; complex is a TypeError."
)
upgrade_to_float64 = _preference("upgrade_to_float64", rules.to_float64, "float64; complex is a TypeError.")
upcast_out = _preference("upcast_out", rules.same, "The dtype that holds all inputs.")
same_out = _preference("same_out", rules.same, "The dtype of the input.")
same_out_nocomplex = _preference(
    "same_out_nocomplex", rules.same_real, "The dtype of the input; complex is a TypeError."
)


class _ByArguments(type):
    """Operations of the table with as many arguments count as instances of `UnaryScalarOp` and `BinaryScalarOp`."""

    def __instancecheck__(cls, op: Any) -> bool:
        if super().__instancecheck__(op):
            return True
        return cls.__module__ == __name__ and isinstance(op, ScalarOp) and cls.__dict__.get("nin") == op.nin


class UserScalarOp(ScalarOp, metaclass=_ByArguments):
    """Base of operations that users define: see `UnaryScalarOp`.

    Parameters
    ----------
    output_types_preference
        From the types of the inputs to a tuple with that of the output, e.g. `upgrade_to_float`.
    name
        For printing; by default the name of the class.
    """

    nin: ClassVar[int]  # type: ignore[misc]
    nout: ClassVar[int] = 1
    #: ``("scipy.special.i0e", 1, 1)``: a NumPy or SciPy function that does what `impl` does, faster.
    nfunc_spec: ClassVar[tuple[str, int, int] | None] = None

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        cls: Any = type(self)
        self._arguments = (output_types_preference, name)
        if output_types_preference is not None:
            self.output_types_preference = output_types_preference
        super().__init__(
            name or cls.__name__,
            cls.nin,
            dtype=self._dtype,
            numpy=self._numpy(),
            grad=self._grad if hasattr(cls, "L_op") or callable(cls.grad) else UNDEFINED,
            args=rules.args_as_they_are,
            register=False,
        )
        _known.setdefault((cls, *self._arguments), self)

    def impl(self, *values: Any) -> Any:
        """The value for Python or NumPy numbers; a subclass must define it."""
        raise NotImplementedError(f"{type(self).__name__} defines no impl")

    def output_types(self, types: Sequence[Scalar]) -> Sequence[Scalar]:
        """The types of the outputs for those of the inputs."""
        prefer = getattr(self, "output_types_preference", None)
        if prefer is None:
            raise NotImplementedError(f"{self.name}: give output_types_preference, or define output_types")
        found: Sequence[Scalar] = prefer(*types)
        return found

    def _dtype(self, *dtypes: str) -> str:
        return self.output_types([Scalar(d) for d in dtypes])[0].dtype

    def _numpy(self) -> Callable[..., Any]:
        if self.nfunc_spec is None:
            return np.frompyfunc(self.impl, self.nin, 1)
        module, _, name = self.nfunc_spec[0].rpartition(".")

        def call(*arrays: Any) -> Any:  # SciPy is imported at the first call
            return getattr(importlib.import_module(module or "numpy"), name)(*arrays)

        return call

    def _grad(self, *args: Any) -> Any:
        inputs, out, gout = list(args[: self.nin]), args[-2], args[-1]
        cls: Any = type(self)
        if hasattr(cls, "L_op"):
            found = cls.L_op(self, inputs, [out], [gout])
        else:
            found = cls.grad(self, inputs, [gout])
        return tuple(found)

    def __reduce__(self) -> Any:
        return functools.partial(_remade, type(self)), self._arguments


def _remade(cls: type[UserScalarOp], *arguments: Any) -> UserScalarOp:
    """The first object with this class and these arguments: ops are compared by identity."""
    found = _known.get((cls, *arguments))
    return cls(*arguments) if found is None else found


_known: WeakValueDictionary[tuple[Any, ...], UserScalarOp] = WeakValueDictionary()


class UnaryScalarOp(UserScalarOp):
    """Base of operations of one number that users define.

    Examples
    --------
    >>> import theano, theano.tensor as T
    >>> class Cube(theano.scalar.UnaryScalarOp):
    ...     def impl(self, x):
    ...         return x ** 3
    ...     def grad(self, inputs, output_grads):
    ...         return [output_grads[0] * 3 * inputs[0] ** 2]
    >>> cube = T.Elemwise(Cube(theano.scalar.upgrade_to_float, name="cube"))
    >>> x = T.dscalar("x")
    >>> theano.function([x], [cube(x), T.grad(cube(x), x)])(2)
    [array(8.), array(12.)]
    """

    nin: ClassVar[int] = 1  # type: ignore[misc]


class BinaryScalarOp(UserScalarOp):
    """Base of operations of two numbers that users define: see `UnaryScalarOp`."""

    nin: ClassVar[int] = 2  # type: ignore[misc]
