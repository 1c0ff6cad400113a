"""Pure expressions of the loop program: typed, hash-consed, printable.

An `Expr` is one of

- a leaf: ``const`` (its `value` is a Python number) or ``name`` (its `value` is the id of a definition);
- a primitive of `PRIMITIVES` applied to expressions of the *same* type (no promotion: `cast` is explicit);
- a choice (`select`, `rare`) or a conversion (`cast`, `bitcast`).

Equal expressions are the same object, so common sub-expressions are found by building them. Loads are
statements, never expressions: sharing cannot move a read across a write.

Types are strings: ``bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64``, and ``f16 c64 c128`` which only live in memory.
After widening a type may carry a lane count, ``f64x4``.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

FLOATS = ("f32", "f64")
SIGNED = ("i8", "i16", "i32", "i64")
UNSIGNED = ("u8", "u16", "u32", "u64")
INTS = SIGNED + UNSIGNED
STORAGE_ONLY = ("f16", "c64", "c128")
TYPES = ("bool", *INTS, *FLOATS)

ITEMSIZE = {
    "bool": 1, "i8": 1, "u8": 1, "i16": 2, "u16": 2, "i32": 4, "u32": 4, "i64": 8, "u64": 8,
    "f16": 2, "f32": 4, "f64": 8, "c64": 8, "c128": 16,
}  # fmt: skip

DTYPE_OF = {
    "bool": "bool", "i8": "int8", "u8": "uint8", "i16": "int16", "u16": "uint16", "i32": "int32",
    "u32": "uint32", "i64": "int64", "u64": "uint64", "f16": "float16", "f32": "float32", "f64": "float64",
    "c64": "complex64", "c128": "complex128",
}  # fmt: skip
TYPE_OF = {dtype: type_ for type_, dtype in DTYPE_OF.items()}
COMPLEX_PART = {"c64": "f32", "c128": "f64"}

# name -> (arity, operand kinds, result): kinds f = float, s = f32, i = int, b = bool; result "same" or a type
PRIMITIVES: dict[str, tuple[int, str, str]] = {
    "add": (2, "fi", "same"), "sub": (2, "fi", "same"), "mul": (2, "fi", "same"),
    "div": (2, "f", "same"), "neg": (1, "fi", "same"), "fma": (3, "f", "same"), "abs": (1, "fi", "same"),
    "sqrt": (1, "f", "same"), "floor": (1, "f", "same"), "ceil": (1, "f", "same"), "trunc": (1, "f", "same"),
    "rint": (1, "f", "same"), "copysign": (2, "f", "same"),
    "frem": (2, "f", "same"), "half": (1, "s", "same"), "scale": (2, "f", "same"),
    "with_fma": (2, "fib", "same"),
    "idiv": (2, "i", "same"), "irem": (2, "i", "same"),
    "shl": (2, "i", "same"), "lshr": (2, "i", "same"), "ashr": (2, "i", "same"),
    "and": (2, "ib", "same"), "or": (2, "ib", "same"), "xor": (2, "ib", "same"), "not": (1, "ib", "same"),
    "eq": (2, "fib", "bool"), "ne": (2, "fib", "bool"), "lt": (2, "fib", "bool"),
    "le": (2, "fib", "bool"), "gt": (2, "fib", "bool"), "ge": (2, "fib", "bool"),
}  # fmt: skip


class Expr:
    """One node of an expression; make it with the functions of this module."""

    __slots__ = ("__weakref__", "_names", "args", "op", "type", "value")

    def __init__(self, op: str, type_: str, args: tuple[Expr, ...], value: Any = None) -> None:
        self.op = op
        self.type = type_
        self.args = args
        self.value = value
        self._names: tuple[str, ...] | None = None  # see `names`

    # -- scalar table ------------------------------------------------------------------------------
    def __apply_scalar__(self, op: object, args: tuple[Expr, ...]) -> Expr:
        """A scalar operation applied to expressions is its expansion."""
        like = next(a for a in args if isinstance(a, Expr))
        return op.expand(*(coerce(a, like.type) for a in args))  # type: ignore[attr-defined]

    # -- operators: operands of one type; Python numbers take the other operand's type --------------
    def __add__(self, other: Expr | float) -> Expr:
        return add(self, coerce(other, self.type))

    def __radd__(self, other: float) -> Expr:
        return add(coerce(other, self.type), self)

    def __sub__(self, other: Expr | float) -> Expr:
        return sub(self, coerce(other, self.type))

    def __rsub__(self, other: float) -> Expr:
        return sub(coerce(other, self.type), self)

    def __mul__(self, other: Expr | float) -> Expr:
        return mul(self, coerce(other, self.type))

    def __rmul__(self, other: float) -> Expr:
        return mul(coerce(other, self.type), self)

    def __truediv__(self, other: Expr | float) -> Expr:
        return div(self, coerce(other, self.type))

    def __rtruediv__(self, other: float) -> Expr:
        return div(coerce(other, self.type), self)

    def __neg__(self) -> Expr:
        return neg(self)

    def __and__(self, other: Expr | int) -> Expr:
        return and_(self, coerce(other, self.type))

    def __or__(self, other: Expr | int) -> Expr:
        return or_(self, coerce(other, self.type))

    def __xor__(self, other: Expr | int) -> Expr:
        return xor(self, coerce(other, self.type))

    def __invert__(self) -> Expr:
        return not_(self)

    def __repr__(self) -> str:
        return to_text(self)


_interned: dict[tuple[object, ...], Expr] = {}
_rounds = 0  # how often all was forgotten
_once: dict[tuple[Callable[..., Any], tuple[Expr, ...]], Any] = {}
T = TypeVar("T")


def clear() -> None:
    """Forget the interned expressions (called before a program is made; sharing is within one program).

    Small constants stay: modules hold on to some of them.
    """
    global _rounds
    _rounds += 1
    _interned.clear()
    _once.clear()
    _interned.update(_small_constants)


def _intern(op: str, type_: str, args: tuple[Expr, ...], value: object = None, key: object = None) -> Expr:
    k = (op, type_, args, value if key is None else key)
    found = _interned.get(k)
    if found is None:
        found = _interned[k] = Expr(op, type_, args, value)
    return found


def rounds() -> int:
    """How often `clear` was called: expressions of another time than this are not shared any more."""
    return _rounds


def renew(roots: tuple[Expr, ...]) -> None:
    """Forget all but these expressions: what is made of them from now on shares them, as when they were new."""
    clear()
    for node in postorder(roots):
        value = float_bits(node.value, node.type) if node.op == "const" and node.type in FLOATS else node.value
        _interned.setdefault((node.op, node.type, node.args, value), node)


def once(function: Callable[..., T], *args: Expr) -> T:
    """``function(*args)``, found once: long expansions for the same operands (the same names in kernels alike)."""
    found: T | None = _once.get((function, args))
    if found is None:
        found = _once[function, args] = function(*args)
    return found


def coerce(x: Expr | float, type_: str) -> Expr:
    """`x` itself, or the Python number `x` as a constant of `type_`."""
    return x if isinstance(x, Expr) else const(x, type_)


def float_bits(value: float, type_: str) -> int:
    """The IEEE bits of `value` rounded to `type_` (infinite where it overflows)."""
    if type_ == "f64":
        return int(struct.unpack("<Q", struct.pack("<d", value))[0])
    try:
        return int(struct.unpack("<I", struct.pack("<f", value))[0])
    except OverflowError:
        return 0x7F800000 if value > 0 else 0xFF800000


def const(value: float | int | bool, type_: str) -> Expr:
    """A constant; floats are identified by their bits, so 0.0 and -0.0 (and NaNs) stay apart."""
    if type_ in FLOATS:
        value = float(value)
        bits = float_bits(value, type_)
        if type_ == "f32" and not math.isnan(value):
            value = struct.unpack("<f", struct.pack("<I", bits))[0]
        return _intern("const", type_, (), value, key=bits)
    if type_ == "bool":
        return _intern("const", type_, (), bool(value), key=int(bool(value)))
    bits_n = 8 * ITEMSIZE[type_]
    number = int(value) & ((1 << bits_n) - 1)
    if type_ in SIGNED and number >> (bits_n - 1):
        number -= 1 << bits_n
    return _intern("const", type_, (), number)


_small_constants: dict[tuple[object, ...], Expr] = {("const", "i64", (), k): const(k, "i64") for k in range(-16, 129)}


def name(ident: str, type_: str) -> Expr:
    """A reference to a value defined by a statement, a loop or a parameter."""
    return _intern("name", type_, (), ident)


def is_of(type_: str, kinds: str) -> bool:
    """Whether a type is of one of the `kinds` of `PRIMITIVES`."""
    kind = "f" if type_ in FLOATS else "b" if type_ == "bool" else "i"
    return kind in kinds or (type_ == "f32" and "s" in kinds)


def primitive(op: str, *args: Expr) -> Expr:
    """Apply a primitive after checking arity and types."""
    arity, kinds, result = PRIMITIVES[op]
    type_ = args[0].type
    same = args[-1].type == type_ if len(args) < 3 else all(a.type == type_ for a in args)
    if len(args) != arity or not same or not is_of(type_, kinds):
        raise TypeError(f"{op} of {', '.join(a.type for a in args)}")
    return _intern(op, type_ if result == "same" else result, args)


def _whole(x: Expr) -> int | None:
    """The value of a constant integer."""
    return x.value if x.op == "const" and x.type in INTS else None


def add(x: Expr, y: Expr) -> Expr:
    a, b = _whole(x), _whole(y)
    if a == 0:
        return y
    if b == 0:
        return x
    return primitive("add", x, y) if a is None or b is None else const(a + b, x.type)


def sub(x: Expr, y: Expr) -> Expr:
    a, b = _whole(x), _whole(y)
    if b == 0:
        return x
    return primitive("sub", x, y) if a is None or b is None else const(a - b, x.type)


def mul(x: Expr, y: Expr) -> Expr:
    a, b = _whole(x), _whole(y)
    if a == 1 or b == 0:
        return y
    if b == 1 or a == 0:
        return x
    return primitive("mul", x, y) if a is None or b is None else const(a * b, x.type)


def div(x: Expr, y: Expr) -> Expr:
    """IEEE division of floats."""
    return primitive("div", x, y)


def neg(x: Expr) -> Expr:
    return x.args[0] if x.op == "neg" else primitive("neg", x)


def fma(x: Expr, y: Expr | float, z: Expr | float) -> Expr:
    """x * y + z, fused where the target has the instruction, else a product and a sum."""
    return primitive("fma", x, coerce(y, x.type), coerce(z, x.type))


def with_fma(x: Expr, y: Expr) -> Expr:
    """`x` where the target has the instruction for `fma`, else `y`: two ways to the same number, near enough."""
    return x if x is y else primitive("with_fma", x, y)


def abs_(x: Expr) -> Expr:
    """Absolute value; the most negative integer wraps to itself, unsigned is unchanged."""
    if x.type in FLOATS and x.op in ("neg", "abs"):
        x = x.args[0]
    return x if x.type in UNSIGNED else primitive("abs", x)


def sqrt(x: Expr) -> Expr:
    return primitive("sqrt", x)


def floor(x: Expr) -> Expr:
    return primitive("floor", x)


def ceil(x: Expr) -> Expr:
    return primitive("ceil", x)


def trunc(x: Expr) -> Expr:
    return primitive("trunc", x)


def rint(x: Expr) -> Expr:
    """Round half to even."""
    return primitive("rint", x)


def copysign(x: Expr | float, y: Expr) -> Expr:
    """Magnitude of `x`, sign of `y`."""
    return primitive("copysign", coerce(x, y.type), y)


def frem(x: Expr, y: Expr | float) -> Expr:
    """x - trunc(x / y) * y, exactly (C's fmod): NaN for y = 0 and for infinite x."""
    return primitive("frem", x, coerce(y, x.type))


# 1.5 * 2**mantissa: a small integer added to it stands in its low bits
MAGIC = {"f64": 1.5 * 2.0**52, "f32": 1.5 * 2.0**23}


def scale(x: Expr, t: Expr) -> Expr:
    """x * 2**n, rounded once, t = MAGIC + n, where 2**(n/2) is a normal number."""
    return primitive("scale", x, t)


def half(x: Expr) -> Expr:
    """The float16 number nearest to `x`, as f32: what is left of it after a store. f64 is rounded once, too."""
    if x.op == "const":
        try:
            return const(struct.unpack("<e", struct.pack("<e", x.value))[0], "f32")
        except OverflowError:
            return const(math.copysign(math.inf, x.value), "f32")
    if x.type == "f64":
        # to odd: cut, and the last bit tells that there was more
        near = cast(x, "f32")
        back = cast(near, "f64")
        cut = sub(bitcast(near, "i32"), cast(gt(abs_(back), abs_(x)), "i32"))
        x = bitcast(or_(cut, cast(ne(back, x), "i32")), "f32")
    return x if x.op == "half" else primitive("half", x)


def idiv(x: Expr, y: Expr) -> Expr:
    """Integer division that truncates; the divisor must be safe (not 0, not -1 under the most negative x)."""
    return primitive("idiv", x, coerce(y, x.type))


def irem(x: Expr, y: Expr) -> Expr:
    """Remainder of `idiv`, under the same condition."""
    return primitive("irem", x, coerce(y, x.type))


def shl(x: Expr, y: Expr | int) -> Expr:
    """Shift left; the amount must be below the width."""
    return primitive("shl", x, coerce(y, x.type))


def lshr(x: Expr, y: Expr | int) -> Expr:
    """Logical shift right; the amount must be below the width."""
    return primitive("lshr", x, coerce(y, x.type))


def ashr(x: Expr, y: Expr | int) -> Expr:
    """Arithmetic shift right; the amount must be below the width."""
    return primitive("ashr", x, coerce(y, x.type))


def and_(x: Expr, y: Expr) -> Expr:
    known = _known_truth(x, y, False)
    return primitive("and", x, y) if known is None else known


def or_(x: Expr, y: Expr) -> Expr:
    known = _known_truth(x, y, True)
    return primitive("or", x, y) if known is None else known


def _known_truth(x: Expr, y: Expr, decides: bool) -> Expr | None:
    """What a junction of truth values comes to if one is a constant; `decides` is the value that settles it."""
    if x.type != "bool" or y.type != "bool":
        return None
    for a, b in ((x, y), (y, x)):
        if a.op == "const":
            return a if a.value == decides else b
    return None


def xor(x: Expr, y: Expr) -> Expr:
    return primitive("xor", x, y)


def not_(x: Expr) -> Expr:
    return primitive("not", x)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip


def _compare(op: str, x: Expr, y: Expr) -> Expr:
    """A comparison; one of whole numbers whose answer is known is a constant."""
    if x.type == y.type and x.type in INTS:
        if x is y:
            return const(op in ("eq", "le", "ge"), "bool")
        if x.op == "const" and y.op == "const":
            return const(_COMPARISONS[op](x.value, y.value), "bool")
    return primitive(op, x, y)


def eq(x: Expr, y: Expr | float) -> Expr:
    return _compare("eq", x, coerce(y, x.type))


def ne(x: Expr, y: Expr | float) -> Expr:
    """Not equal; true when an operand is NaN."""
    return _compare("ne", x, coerce(y, x.type))


def lt(x: Expr, y: Expr | float) -> Expr:
    return _compare("lt", x, coerce(y, x.type))


def le(x: Expr, y: Expr | float) -> Expr:
    return _compare("le", x, coerce(y, x.type))


def gt(x: Expr, y: Expr | float) -> Expr:
    return _compare("gt", x, coerce(y, x.type))


def ge(x: Expr, y: Expr | float) -> Expr:
    return _compare("ge", x, coerce(y, x.type))


def isnan(x: Expr) -> Expr:
    return ne(x, x)


def select(cond: Expr, x: Expr | float, y: Expr | float) -> Expr:
    """`x` where `cond` holds, else `y`; one of them may be a Python number."""
    like = x if isinstance(x, Expr) else y
    if not isinstance(like, Expr):
        raise TypeError("select of two Python numbers has no type")
    x, y = coerce(x, like.type), coerce(y, like.type)
    if cond.type != "bool" or x.type != y.type:
        raise TypeError(f"select of {cond.type}, {x.type}, {y.type}")
    if x is y:
        return x
    if cond.op == "const":
        return x if cond.value else y
    return _intern("select", x.type, (cond, x, y))


def rare(cond: Expr, x: Expr, y: Expr) -> Expr:
    """`select` for conditions that seldom hold: compiled code computes `x` only if one holds in any lane.

    What `x` needs and nothing else stays behind that test; several parts of one slow path are cheapest as one `rare`.
    """
    chosen = select(cond, x, y)
    return _intern("rare", x.type, chosen.args) if chosen.op == "select" and chosen.args == (cond, x, y) else chosen


def cast(x: Expr, type_: str) -> Expr:
    """Convert the number. Float to int truncates; the value must be in range (see `scalar.conversion`)."""
    if x.type == type_:
        return x
    if x.op == "const" and not (x.type in FLOATS and type_ not in FLOATS):
        return const(x.value, type_)
    if type_ == "bool":
        return ne(x, 0)
    return _intern("cast", type_, (x,))


def bitcast(x: Expr, type_: str) -> Expr:
    """Reinterpret the bits; sizes must agree."""
    if ITEMSIZE[x.type] != ITEMSIZE[type_]:
        raise TypeError(f"bitcast of {x.type} to {type_}")
    return x if x.type == type_ else _intern("bitcast", type_, (x,))


def minimum(x: Expr, y: Expr) -> Expr:
    """NaN where an operand is NaN."""
    picked = select(lt(x, y), x, y)
    return select(isnan(x), x, picked) if x.type in FLOATS else picked


def maximum(x: Expr, y: Expr) -> Expr:
    """NaN where an operand is NaN."""
    picked = select(gt(x, y), x, y)
    return select(isnan(x), x, picked) if x.type in FLOATS else picked


def form(op: str, type_: str, args: tuple[Expr, ...] = (), value: object = None) -> Expr:
    """An expression of a language around this one, such as that of the bodies of items: no program may hold it."""
    return _intern(op, type_, args, value)


_SIMPLIFYING: dict[str, Callable[..., Expr]] = {
    "add": add, "sub": sub, "mul": mul, "neg": neg, "abs": abs_, "half": half, "with_fma": with_fma, "and": and_,
    "or": or_, "eq": eq, "ne": ne, "lt": lt, "le": le, "gt": gt, "ge": ge, "select": select, "rare": rare,
}  # fmt: skip


def rebuilt(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same operation on other operands, simplified as if it were written for them."""
    make = _SIMPLIFYING.get(node.op)
    if make is not None:
        return make(*args)
    if node.op in PRIMITIVES:
        return primitive(node.op, *args)
    if node.op in ("cast", "bitcast"):
        return (cast if node.op == "cast" else bitcast)(args[0], node.type)
    return form(node.op, node.type, args, node.value)


def int_of(type_: str) -> str:
    """The signed integer type as wide as `type_`."""
    return f"i{8 * ITEMSIZE[type_]}"


def postorder(roots: tuple[Expr, ...]) -> Iterator[Expr]:
    """Every expression below `roots` once, arguments first; iterative."""
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.args))


# What mentions more names is looked through each time: those of each part of a long chain would be quadratically many.
_MANY = 32
_TOO_MANY = ("",)


def names(*roots: Expr) -> Iterable[str]:
    """The names that expressions mention, each once, in the order of `postorder`.

    >>> x = name("x", "f64")
    >>> list(names(x + name("y", "f64"), x * 2))
    ['x', 'y']
    """
    found: dict[str, None] = {}
    for root in roots:
        own = _mentioned(root)
        if own is _TOO_MANY:
            return dict.fromkeys(str(n.value) for n in postorder(roots) if n.op == "name")
        if len(roots) == 1:
            return own
        found.update(dict.fromkeys(own))
    return found


def _mentioned(root: Expr) -> tuple[str, ...]:
    """The names below `root`, found once for each expression; `_TOO_MANY` in place of many."""
    stack = [root]
    while stack:
        node = stack[-1]
        if node._names is None:
            missing = [a for a in node.args if a._names is None]
            if missing:
                stack += reversed(missing)
                continue
            node._names = _joined([a._names or () for a in node.args]) if node.args else ()
            if node.op == "name":
                node._names = (node.value,)
        stack.pop()
    assert root._names is not None
    return root._names


def _joined(parts: list[tuple[str, ...]]) -> tuple[str, ...]:
    longest = max(parts, key=len)
    if all(part is longest or not part for part in parts):
        return longest
    if any(part is _TOO_MANY for part in parts):
        return _TOO_MANY
    joined = tuple(dict.fromkeys(n for part in parts for n in part))
    return joined if len(joined) <= _MANY else _TOO_MANY


def to_text(root: Expr) -> str:
    """A one-line form, for golden texts and messages."""
    done: dict[int, str] = {}
    for node in postorder((root,)):
        if node.op == "const":
            text = f"{node.value!r}:{node.type}" if node.type != "i64" else str(node.value)
        elif node.op == "name":
            text = str(node.value)
        elif node.op in ("cast", "bitcast"):
            text = f"{node.op}.{node.type}({done[id(node.args[0])]})"
        else:
            text = f"{node.op}({', '.join(done[id(a)] for a in node.args)})"
        done[id(node)] = text
    return done[id(root)]
