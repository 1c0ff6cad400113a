"""A class for each scalar operation, for programs that ask ``isinstance(op.scalar_op, theano.scalar.Add)``.

Theano has one class for each operation, of which the operation is an instance. Here operations are entries of a table;
this module, imported when somebody asks for one of its names, makes the classes and gives each entry its own.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph.own_text import OwnText
from theano.legacy.scalar.preferences import transfer_type
from theano.scalar.compare import IN_RANGE
from theano.scalar.dtypes import all_dtypes
from theano.scalar.op import TABLE, ScalarOp
from theano.scalar.user import Scalar

# Class -> operation; that of conversions has one for each dtype.
CLASSES = {
    "AND": "and_", "Abs": "abs_", "Add": "add", "Angle": "angle", "ArcCos": "arccos", "ArcCosh": "arccosh",
    "ArcSin": "arcsin", "ArcSinh": "arcsinh", "ArcTan": "arctan", "ArcTan2": "arctan2", "ArcTanh": "arctanh",
    "Ceil": "ceil", "Chi2SF": "chi2sf", "Clip": "clip", "Complex": "complex", "ComplexFromPolar": "complex_from_polar",
    "Conj": "conj", "Cos": "cos", "Cosh": "cosh", "Deg2Rad": "deg2rad", "EQ": "eq", "Erf": "erf", "Erfc": "erfc",
    "Erfcinv": "erfcinv", "Erfcx": "erfcx", "Erfinv": "erfinv", "Exp": "exp", "Exp2": "exp2", "Expm1": "expm1",
    "Floor": "floor", "GE": "ge", "GT": "gt", "Gamma": "gamma", "GammaInc": "gammainc", "GammaIncC": "gammaincc",
    "GammaL": "gammal", "GammaLn": "gammaln", "GammaU": "gammau", "I0": "i0", "I1": "i1", "Identity": "identity",
    "Imag": "imag", "IntDiv": "int_div", "Inv": "inv", "Invert": "invert", "IsInf": "isinf", "IsNan": "isnan",
    "Iv": "iv", "J0": "j0", "J1": "j1", "Jv": "jv", "LE": "le", "LT": "lt", "Log": "log", "Log10": "log10",
    "Log1p": "log1p", "Log2": "log2", "Maximum": "maximum", "Minimum": "minimum", "Mod": "mod", "Mul": "mul",
    "NEQ": "neq", "Neg": "neg", "OR": "or_", "Pow": "pow", "Psi": "psi", "Rad2Deg": "rad2deg", "Real": "real",
    "RoundHalfAwayFromZero": "round_half_away_from_zero", "RoundHalfToEven": "round_half_to_even",
    "ScalarSigmoid": "sigmoid", "ScalarSoftplus": "softplus", "ScalarSoftsign": "softsign", "Second": "second",
    "Sgn": "sgn", "Sin": "sin", "Sinh": "sinh", "Sqr": "sqr", "Sqrt": "sqrt", "Sub": "sub", "Switch": "switch",
    "Tan": "tan", "Tanh": "tanh", "TriGamma": "tri_gamma", "TrueDiv": "true_div", "Trunc": "trunc",
    "UltraFastScalarSigmoid": "ultra_fast_sigmoid", "XOR": "xor", "XlogX": "xlogx", "XlogY0": "xlogy0",
}  # fmt: skip

# The bases that Theano gives some of them.
BASES = {
    "LogicalComparison": ("LT", "GT", "LE", "GE", "EQ", "NEQ", "InRange"),
    "FixedLogicalComparison": ("IsNan", "IsInf"),
    "BinaryBitOp": ("AND", "OR", "XOR"),
    "UnaryBitOp": ("Invert",),
}

# Operations that in Theano, too, give other types than the preference that they are made with there: quotients of
# integers, absolute values of complex numbers.
STATED = {"Abs": "same_out", "TrueDiv": "upcast_out"}

__all__ = ["Cast", "InRange", *CLASSES, *BASES]


class TableOp(ScalarOp):
    """Base of the classes of operations of the table.

    An instance with other `output_types_preference` than the table's computes the same values (by NumPy) in the dtype
    that it says; without one, or with one that means the same, it is the operation of the table.
    """

    __slots__ = ()
    _entry: ClassVar[ScalarOp]

    def __new__(cls, output_types_preference: Any = None, name: str | None = None) -> Any:
        entry = cls._entry
        if output_types_preference is None or _means_the_same(output_types_preference, entry):
            return entry
        key = (cls, output_types_preference, name)
        made = _others.get(key)
        if made is None:
            made = _others[key] = object.__new__(cls)
            ScalarOp.__init__(
                made,
                name if name is not None and name not in TABLE else cls.__name__,  # rewrites know ops by their names
                entry.nin,
                dtype=_rule(output_types_preference),
                numpy=entry.numpy,
                grad=entry.grad,
                args=entry.args,
                commutative=entry.commutative,
                associative=entry.associative,
                identity=entry.identity,
                holomorphic=entry.holomorphic,
                checks_zero_divisor=entry.checks_zero_divisor,
                register=False,
            )
        return made

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        """All is done by then."""

    @classmethod
    def st_impl(cls, *args: Any) -> Any:
        """The operation on numbers or arrays, by NumPy.

        >>> from theano.scalar.basic_scipy import GammaLn
        >>> float(GammaLn.st_impl(3.0).round(6))
        0.693147
        """
        return cls._entry.numpy(*map(np.asarray, args))

    static_impl = st_impl

    def output_types(self, types: Sequence[Scalar]) -> Sequence[Scalar]:
        """The types of the outputs for those of the inputs."""
        return (Scalar(self.dtype(*(t.dtype for t in types))),)

    def output_types_preference(self, *types: Scalar) -> Sequence[Scalar]:
        """The types of the outputs for those of the inputs."""
        return self.output_types(types)

    def __init_subclass__(cls) -> None:
        if cls.__module__ != __name__:
            raise TypeError(
                f"{cls.__name__} can't be derived from the class of an operation of the table: derive from "
                f"theano.scalar.UnaryScalarOp or BinaryScalarOp, and define impl and grad"
            )

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Pickles of Theano 1.0.5 have the fields of an operation; here it is in the table, or not at all."""
        wanted = state.get("output_types_preference")
        stated = STATED.get(type(self).__name__)
        if stated is not None and getattr(wanted, "__name__", None) == stated or isinstance(wanted, transfer_type):
            return  # the second: of an operation in the memory of an input, which has the type of that
        if wanted is not None and not _means_the_same(wanted, self._entry):
            raise TypeError(
                f"the pickle has a {type(self).__name__} whose outputs have types of its own ({wanted}): write the "
                "expression again, and load the values of its shared variables"
            )

    def __reduce__(self) -> Any:
        for (cls, preference, name), other in _others.items():
            if other is self:
                return cls, (preference, name)
        return super().__reduce__()


class Cast(TableOp):
    """A conversion: ``Cast(theano.scalar.float32)``."""

    __slots__ = ()

    def __new__(cls, o_type: Any = None, name: str | None = None) -> Any:
        if o_type is None:  # a pickle of Theano 1.0.5 tells the type afterwards
            return object.__new__(cls)
        return TABLE[f"Cast{{{Scalar(getattr(o_type, 'dtype', o_type)).dtype}}}"]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.target = state["o_type"].dtype

    @property
    def o_type(self) -> Scalar:
        """The type converted to."""
        return Scalar(str(self.target))


class LogicalComparison(TableOp):
    """Base of the classes of comparisons."""

    __slots__ = ()


class FixedLogicalComparison(TableOp):
    """Base of the classes of tests of numbers."""

    __slots__ = ()


class UnaryBitOp(TableOp):
    """Base of the class of `invert`."""

    __slots__ = ()


class BinaryBitOp(TableOp):
    """Base of the classes of `and_`, `or_` and `xor`."""

    __slots__ = ()


class InRange(LogicalComparison):
    """Whether a number lies between two others: ``InRange(openlow, openhi)``.

    Parameters
    ----------
    openlow, openhi
        Whether these two themselves are out of the range.

    Examples
    --------
    >>> from theano.scalar import InRange, inopenrange
    >>> InRange(True, True) is inopenrange, bool(InRange(False, True).impl(1, 1, 2)), bool(inopenrange.impl(1, 1, 2))
    (True, True, False)
    """

    __slots__ = ()

    def __new__(cls, openlow: bool | None = None, openhi: bool | None = None) -> Any:
        if openlow is None:  # a pickle of Theano 1.0.5 tells them afterwards
            return object.__new__(cls)
        return TABLE[IN_RANGE[bool(openlow), bool(openhi)]]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.name = IN_RANGE[bool(state["openlow"]), bool(state["openhi"])]

    @property
    def openlow(self) -> bool:
        """Whether the lower end is out of the range."""
        return next(low for (low, _), name in IN_RANGE.items() if name == self.name)

    @property
    def openhi(self) -> bool:
        """Whether the upper end is out of the range."""
        return next(high for (_, high), name in IN_RANGE.items() if name == self.name)


_others: dict[tuple[Any, ...], Any] = {}


def _rule(preference: Callable[..., Any]) -> Callable[..., str]:
    return lambda *dtypes: preference(*(Scalar(d) for d in dtypes))[0].dtype


@functools.cache
def _means_the_same(preference: Callable[..., Any], entry: ScalarOp) -> bool:
    """Whether a preference gives the dtypes of the table, where the operation is defined."""
    return all(_attempt(_rule(preference), dtypes) in (d, None) for dtypes, d in _dtypes_of(entry))


def _dtypes_of(entry: ScalarOp) -> Iterator[tuple[tuple[str, ...], str]]:
    nin = 2 if entry.nin < 0 else entry.nin
    for first in itertools.product(all_dtypes, repeat=min(nin, 2)):
        dtypes = first + first[-1:] * (nin - len(first))
        found = _attempt(entry.dtype, dtypes)
        if found is not None:
            yield dtypes, found


def _attempt(rule: Callable[..., str], dtypes: tuple[str, ...]) -> str | None:
    try:
        return rule(*dtypes)
    except (TypeError, KeyError, AttributeError, NotImplementedError):
        return None


def _make() -> None:
    for name, operation in CLASSES.items():
        entry = TABLE[operation]
        doc = OwnText(f"The class of `{operation}`.", "theano.scalar.described", "operation")
        namespace = {"__slots__": (), "__module__": __name__, "__doc__": doc, "_entry": entry}
        base = next((globals()[b] for b, names in BASES.items() if name in names), TableOp)
        entry.__class__ = globals()[name] = type(name, (base,), namespace)
    for operation in IN_RANGE.values():
        TABLE[operation].__class__ = InRange
    for dtype in all_dtypes:
        TABLE[f"Cast{{{dtype}}}"].__class__ = Cast


_make()
