"""Scalar operations that users define as classes, and the types by which they tell their dtypes.

A program subclasses `UnaryScalarOp`, `BinaryScalarOp` or `ScalarOp` with a Python function `impl` and, for gradients,
`grad`; `theano.tensor.Elemwise` of an instance is a function of tensors.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from theano.loops import expr as ex
from theano.scalar import rules
from theano.scalar.choice import second
from theano.scalar.dtypes import ALL, COMPLEX, DISCRETE, FLOAT, as_dtype, upcast
from theano.scalar.op import TABLE, UNDEFINED
from theano.scalar.op import ScalarOp as Entry


class Scalar:
    """The type of a number: a dtype. There is one object for each.

    Calling it makes a variable, a 0-d tensor: graphs have no other variables for numbers.

    Parameters
    ----------
    dtype : str or dtype
        Its name, as NumPy writes it, or ``'floatX'``.

    Returns
    -------
    Scalar
        The same for the same dtype.

    Raises
    ------
    UnknownDtype
        There is none of this name: a TypeError, and a KeyError, too.

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

    def __new__(cls, dtype: Any = None) -> Scalar:
        if dtype is None:  # a pickle of Theano 1.0.5 tells the dtype afterwards
            return object.__new__(cls)
        dtype = as_dtype(dtype)
        if dtype not in cls._all:
            made = cls._all[dtype] = object.__new__(cls)
            made.dtype = dtype
        return cls._all[dtype]

    def __call__(self, name: str | None = None) -> Any:
        """A variable for a number of this type.

        Parameters
        ----------
        name : str, optional
            What it is called.

        Returns
        -------
        TensorVariable
            Without axes.

        Raises
        ------
        TypeError
            The name is no text.
        """
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

    def values_eq_approx(self, a: Any, b: Any, tolerance: float = 1e-4) -> bool:
        """Whether two numbers differ by at most `tolerance`, relative to the first and absolute together."""
        return bool(a == b or (a != a and b != b) or abs(a - b) <= tolerance + abs(a) * tolerance)

    make_variable = __call__

    def upcast(self, *others: Scalar) -> str:
        """The dtype that holds numbers of this and other types."""
        return upcast(self.dtype, *(t.dtype for t in others))

    def dtype_specs(self) -> tuple[type, str, str]:
        """The class of NumPy, the type of C and the name of the class in C of these numbers."""
        kind = np.dtype(self.dtype)
        c_name = f"{'theano' if kind.kind == 'c' else 'npy'}_{self.dtype}"
        return kind.type, c_name, {"bool": "Bool"}.get(self.dtype, self.dtype.capitalize())

    def get_size(self, shape_info: Any) -> int:
        """The bytes that a number takes."""
        return np.dtype(self.dtype).itemsize

    def __reduce__(self) -> tuple[Any, ...]:
        return Scalar, (self.dtype,)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.dtype = state["dtype"]

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


def preference(name: str, rule: rules.DtypeRule, what: str) -> Callable[..., tuple[Scalar, ...]]:
    """A function of types that a dtype rule gives."""

    def prefer(*types: Scalar) -> tuple[Scalar, ...]:
        return (Scalar(rule(*(t.dtype for t in types))),)

    prefer.__name__ = prefer.__qualname__ = name
    prefer.__module__ = "theano.scalar"  # where pickles find it
    prefer.__doc__ = f"""{what} A rule for the `output_types_preference` of a scalar operation.

    Parameters
    ----------
    *types : Scalar
        The types of the inputs.

    Returns
    -------
    tuple of Scalar
        The type of the one output.

    Raises
    ------
    TypeError
        The operation isn't there for numbers of these types.

    Examples
    --------
    >>> from theano.scalar import float32, {name}
    >>> {name}(float32)
    ({Scalar(rule("float32"))!r},)
    """
    return prefer


upgrade_to_float = preference("upgrade_to_float", rules.to_float, "Floats stay; integers become floats.")
upgrade_to_float_no_complex = preference(
    "upgrade_to_float_no_complex", rules.to_float_real, "Like `upgrade_to_float`; complex is a TypeError."
)
upgrade_to_float64 = preference("upgrade_to_float64", rules.to_float64, "float64; complex is a TypeError.")
upcast_out = preference("upcast_out", rules.same, "The dtype that holds all inputs.")
same_out = preference("same_out", rules.same, "The dtype of the input.")
same_out_nocomplex = preference(
    "same_out_nocomplex", rules.same_real, "The dtype of the input; complex is a TypeError."
)


def _args_of_one_dtype(inputs: tuple[str, ...], output: str) -> tuple[str, ...]:
    return (rules.args_upcast if output == "bool" else rules.args_as_output)(inputs, output)


class _ByArguments(type):
    """Operations of the table count as instances of these classes: of those with a number of arguments, if they fit."""

    def __instancecheck__(cls, op: Any) -> bool:
        if super().__instancecheck__(op):
            return True
        if cls.__module__ != __name__ or not isinstance(op, Entry):
            return False
        return cls.__name__ == "ScalarOp" or cls.__dict__.get("nin") == op.nin

    def __subclasscheck__(cls, other: type) -> bool:
        if super().__subclasscheck__(other):
            return True
        entry = getattr(other, "_entry", None)
        return entry is not None and isinstance(entry, cls)


class ScalarOp(Entry, metaclass=_ByArguments):
    """Base of operations on numbers that users define; operations of the table count as its instances.

    A subclass says how many arguments there are (`nin`, -1 for any number) and results (`nout`), and defines `impl`,
    the value for numbers. For gradients it defines ``grad(inputs, output_grads)`` or ``L_op(inputs, outputs,
    output_grads)``; for speed `c_code`, `nfunc_spec` or ``expand(*arguments)``, the value as an expression of the loop
    language (`theano.loops.expr`), which needs no compiler and shares loops with what is around it. With `expand` the
    arguments arrive in the dtype of the result, or where that is bool in the one that holds them all.

    Parameters
    ----------
    output_types_preference
        From the types of the inputs to a tuple with those of the outputs, e.g. `upgrade_to_float`.
    name
        For printing; by default the name of the class. Behind the name of the class, if an operation of the table is
        called so, too: rewrites know those by their names.

    Notes
    -----
    Two operations are equal if their classes, preferences, names and what `__props__` lists are; without `__props__`
    those of a class with an `__init__` of its own are equal only to themselves.

    An operation of several results, applied to tensors, is an `Elemwise` for each of them (`part`).

    Examples
    --------
    >>> import theano, theano.scalar, theano.tensor as T
    >>> class FusedAdd(theano.scalar.ScalarOp):
    ...     nin = 3
    ...     def impl(self, x, y, z):
    ...         return x * y + z
    ...     def expand(self, x, y, z):
    ...         return x * y + z
    >>> x = T.dvector("x")
    >>> theano.function([x], T.Elemwise(FusedAdd(theano.scalar.upcast_out))(x, x, 1))([1, 2])
    array([2., 5.])
    """

    nin: ClassVar[int] = -1  # type: ignore[misc]
    nout: ClassVar[int] = 1
    #: ``("scipy.special.i0e", 1, 1)``: a NumPy or SciPy function that does what `impl` does, faster.
    nfunc_spec: ClassVar[tuple[str, int, int] | None] = None
    __props__: ClassVar[tuple[str, ...]] = ()

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        cls: Any = type(self)
        self._arguments = (output_types_preference, name)
        if output_types_preference is not None:
            self.output_types_preference = output_types_preference
        shown = name or cls.__name__
        super().__init__(
            shown if shown not in TABLE else f"{cls.__name__}{{{shown}}}",
            self.nin,
            dtype=self._dtype,
            numpy=self._numpy,
            grad=self._grad if self._has_l_op() or callable(getattr(cls, "grad", None)) else UNDEFINED,
            expand=self.expand if self._has_expand() else None,
            args=_args_of_one_dtype if self._has_expand() else rules.args_as_they_are,
            register=False,
        )

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

    def part(self, k: int) -> Entry:
        """The operation that computes result `k` only."""
        return self if self.nout == 1 else Part(self, k)

    def _dtype(self, *dtypes: str) -> str:
        return self.output_types([Scalar(d) for d in dtypes])[0].dtype

    def _numpy(self, *arrays: Any) -> Any:
        """What `nfunc_spec` names, or `impl` for each element."""
        if self.nfunc_spec is None:
            return np.frompyfunc(self.impl, len(arrays), self.nout)(*arrays)
        module, _, name = self.nfunc_spec[0].rpartition(".")
        # SciPy is imported at the first call.
        return getattr(importlib.import_module(module or "numpy"), name)(*arrays)

    def _has_expand(self) -> bool:
        return callable(getattr(type(self), "expand", None))

    def is_native(self, input_dtypes: tuple[str, ...], output_dtype: str) -> bool:
        """Whether `expand` holds for these dtypes: the loop language has no products of bools, for instance."""
        if not super().is_native(input_dtypes, output_dtype):
            return False
        wanted = self.arg_dtypes(input_dtypes, output_dtype)
        try:
            self.expand(*(ex.name(f"x{k}", ex.TYPE_OF[d]) for k, d in enumerate(wanted)))  # type: ignore[misc]
        except TypeError:
            return False
        return True

    def _has_l_op(self) -> bool:
        return type(self).L_op is not Entry.L_op

    def _grad(self, *args: Any) -> Any:
        """The gradients as the table has them: `args` are the inputs, the output, and the gradient towards it."""
        return self._grads(list(args[:-2]), [args[-2]], [args[-1]])

    def _grads(self, inputs: list[Any], outputs: list[Any], gouts: list[Any]) -> Any:
        cls: Any = type(self)
        found = cls.L_op(self, inputs, outputs, gouts) if self._has_l_op() else cls.grad(self, inputs, gouts)
        return tuple(found)

    def _identity(self) -> tuple[Any, ...] | None:
        """What makes two operations equal; None: only itself."""
        cls: Any = type(self)
        if not cls.__props__ and cls.__init__ is not ScalarOp.__init__:
            return None
        return (cls, *self._arguments, *(getattr(self, p) for p in cls.__props__))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        mine = self._identity()
        return mine is not None and mine == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity() or id(self))

    def __reduce__(self) -> Any:
        state = {k: v for k, v in self.__dict__.items() if k not in Entry.__slots__}
        return _remade, (type(self), state)


def _remade(cls: type[ScalarOp], state: dict[str, Any]) -> ScalarOp:
    """An operation with the attributes of another one."""
    made = object.__new__(cls)
    made.__dict__.update(state)
    ScalarOp.__init__(made, *state["_arguments"])
    return made


class Part(Entry):
    """One of the results of an operation of a user that has several.

    Parameters
    ----------
    whole
        The operation.
    k
        Which result.

    Examples
    --------
    >>> class Both(ScalarOp):
    ...     nin, nout = 1, 2
    ...     def impl(self, x):
    ...         return x + 1, x - 1
    >>> int(Part(Both(lambda x: (x, x)), 1).impl(5))
    4
    """

    __slots__ = ("k", "whole")

    def __init__(self, whole: ScalarOp, k: int) -> None:
        self.whole, self.k = whole, k
        super().__init__(
            f"{whole.name}.{k}",
            whole.nin,
            dtype=lambda *dtypes: whole.output_types([Scalar(d) for d in dtypes])[k].dtype,
            numpy=lambda *arrays: whole._numpy(*arrays)[k],
            grad=UNDEFINED if whole.grad is UNDEFINED else self._towards,
            expand=None if whole.expand is None else lambda *xs: whole.expand(*xs)[k],  # type: ignore[misc]
            args=whole.args,
            register=False,
        )

    def __getattr__(self, name: str) -> Any:
        """Headers, options and versions of C code are those of the whole."""
        if not name.startswith("c_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self.whole, name)

    def c_code(
        self, node: Any, name: str, inputs: Sequence[str], outputs: Sequence[str], sub: dict[str, str]
    ) -> str:
        """The C code of the whole, in which the other results are variables that nobody reads."""
        types = self.whole.output_types([v.type for v in node.inputs])
        names = [outputs[0] if j == self.k else f"other_{j}" for j in range(self.whole.nout)]
        declared = " ".join(f"npy_{t.dtype} {n};" for j, (t, n) in enumerate(zip(types, names)) if j != self.k)
        outs = [SimpleNamespace(type=t, dtype=t.dtype) for t in types]
        whole = SimpleNamespace(op=self.whole, inputs=node.inputs, outputs=outs)
        code: str = self.whole.c_code(whole, name, inputs, names, sub)
        return f"{declared} {code}"

    def is_native(self, input_dtypes: tuple[str, ...], output_dtype: str) -> bool:
        """Whether the whole has a native form for these dtypes."""
        return self.whole.is_native(input_dtypes, output_dtype)

    def _towards(self, *args: Any) -> Any:
        inputs, g = list(args[:-2]), args[-1]
        outputs = [Part(self.whole, j)(*inputs) if j != self.k else args[-2] for j in range(self.whole.nout)]
        gouts = [g if j == self.k else second(out, 0) for j, out in enumerate(outputs)]
        return self.whole._grads(inputs, outputs, gouts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and self.k == other.k and self.whole == other.whole

    def __hash__(self) -> int:
        return hash((Part, self.k, self.whole))

    def __reduce__(self) -> Any:
        return Part, (self.whole, self.k)


class UnaryScalarOp(ScalarOp):
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


class BinaryScalarOp(ScalarOp):
    """Base of operations of two numbers that users define: see `UnaryScalarOp`.

    Examples
    --------
    >>> import theano, theano.tensor as T
    >>> class Hypotenuse(theano.scalar.BinaryScalarOp):
    ...     def impl(self, x, y):
    ...         return (x * x + y * y) ** 0.5
    >>> x = T.dvector("x")
    >>> y = T.Elemwise(Hypotenuse(theano.scalar.upgrade_to_float))(x, 4)
    >>> theano.function([x], y)([3, 0])
    array([5., 4.])
    """

    nin: ClassVar[int] = 2  # type: ignore[misc]
