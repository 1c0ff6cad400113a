"""What the fields of statements hold. Whatever is done with all statements alike follows from it.

A statement is a class decorated by `statement`, which reads the annotations of its fields: the names of types below,
alone or as ``tuple[X, ...]``, ``list[X]`` or ``X | None``. So the annotations say which expressions a statement has and
of which types, which names it defines and for whom, what memory it uses and which blocks stand in it. From them come
`walk`, `expressions`, `defined_names`, `used_names`, `rebuilt`, keys of equal kernels (`identity`), lines of text
(`text`) and the first half of what `verify` checks. What is not declared, or has fields of other kinds, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from keyword import iskeyword
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn, TypeVar

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops.expr import Expr

__all__ = [
    "SCHEMA", "Argument", "Base", "Count", "Described", "Emptied", "Field", "Filled", "Index", "InnerName",
    "InnerTruth", "InnerTyped", "Int", "Name", "Pointer", "Schema", "Slot", "Stmt", "Truth", "Typed",
    "defined_names", "emptied_slots", "expressions", "filled_slots", "leaves", "part", "rebuilt", "statement",
    "used_memory", "used_names", "walk",
]  # fmt: skip

T = TypeVar("T", bound="Described")

# -- what fields may hold: `Expr` is an expression of any type -----------------------------------------------
Int = Expr  # one of type i64
Truth = Expr  # one of type bool
Typed = Expr  # one of the type that `type` of the same record says
InnerTyped = Expr  # the same, computed at the end of the statement's block
InnerTruth = Expr
Argument = Expr | tuple[str, Expr, str]  # a number, or memory from an element on: base, offset, type of the elements
Name = str  # a name that is defined by the statement, for those after it; its type is what `type` says
Pointer = str  # the same, for memory
Count = str  # the same, of type i64; may be empty: there is none
Index = str  # a name of type i64 for the statement's block only
InnerName = str  # the same, of the type that `type` says
Base = str  # a name of memory that is used
Slot = int  # a place for an object
Filled = int  # one that the statement fills
Emptied = int  # one that is empty after it
_PLAIN = ("int", "str", "bool", "Kernel", "tuple[str, str]")  # data; a kernel that a statement names is not part of it

# How a field is treated.
VALUE, ARGUMENT, NAME, BASE, BLOCK, PART, SLOT, FILLED, EMPTIED, DATA = range(10)
OWN = "own"  # in place of a type: what `type` of the same record says


class Field(NamedTuple):
    """A field of a statement, or of a part of one.

    Parameters
    ----------
    role : what it holds, `VALUE` to `DATA`.
    many : whether a tuple or list of it.
    optional : whether it may be None.
    type : of an expression or a name; `OWN`, or "" where any is right.
    inside : whether it belongs into the statement's block.
    of : the class of a part.
    """

    name: str
    role: int
    many: bool = False
    optional: bool = False
    type: str = ""
    inside: bool = False
    of: Any = None


_KINDS: dict[str, tuple[int, str, bool]] = {
    "Expr": (VALUE, "", False), "Int": (VALUE, "i64", False), "Truth": (VALUE, "bool", False),
    "Typed": (VALUE, OWN, False), "InnerTyped": (VALUE, OWN, True), "InnerTruth": (VALUE, "bool", True),
    "Argument": (ARGUMENT, "", False), "Name": (NAME, OWN, False), "Pointer": (NAME, "ptr", False),
    "Count": (NAME, "i64", False), "Index": (NAME, "i64", True), "InnerName": (NAME, OWN, True),
    "Base": (BASE, "ptr", False), "Stmt": (BLOCK, "", False), "Slot": (SLOT, "", False),
    "Filled": (FILLED, "", False), "Emptied": (EMPTIED, "", False),
    **dict.fromkeys(_PLAIN, (DATA, "", False)),
}  # fmt: skip

_Add = Callable[[list[Any], Any], None]


class Schema(Record):
    """What is known about a class of statements, or of their parts.

    Parameters
    ----------
    method : the name of the methods that are for it.
    text, may_fail, needs_python : as `statement` has been told.
    key : gives the class and the fields of a record (those of a part in its place), but no blocks and lists of parts.
    parts : fields that are lists of parts.
    expressions : for each field with expressions how these are added to a list.
    """

    method: str
    text: str
    may_fail: bool
    needs_python: bool
    fields: tuple[Field, ...]
    names: tuple[str, ...]
    blocks: tuple[str, ...]
    key: Callable[[Any], tuple[object, ...]]
    parts: tuple[str, ...]
    expressions: tuple[tuple[str, _Add], ...]


class _Schemas(dict[type, Schema]):
    def __missing__(self, cls: type) -> NoReturn:
        raise TypeError(f"{cls.__name__} is not declared to be a statement (see theano.loops.schema)")


SCHEMA = _Schemas()


class Described(Record):
    """What has a schema."""


class Stmt(Described):
    """A statement: what stands in blocks."""


def statement(text: str = "", may_fail: bool = False, needs_python: bool = False) -> Callable[[type[T]], type[T]]:
    """Declare a statement.

    Parameters
    ----------
    text : its line, with fields in braces, unless `loops.text` knows how to write it.
    may_fail : whether it may leave the program.
    needs_python : whether it touches Python's objects or the pool of workspaces.
    """
    return lambda cls: _declared(cls, text, may_fail, needs_python)


def part(cls: type[T]) -> type[T]:
    """Declare a part of statements or programs."""
    return _declared(cls)


def _declared(cls: type[T], text: str = "", may_fail: bool = False, needs_python: bool = False) -> type[T]:
    """Derive the schema of a class from its annotations."""
    fields = tuple(_field(cls, name, kind) for name, kind in vars(cls).get("__annotations__", {}).items())
    if any(f.type == OWN for f in fields) and not hasattr(cls, "type"):
        raise TypeError(f"{cls.__name__} does not say what type its names and expressions have")
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__)[1:]
    SCHEMA[cls] = Schema(
        f"{words}_" if iskeyword(words) else words,
        text,
        may_fail,
        needs_python,
        fields,
        tuple(f.name for f in fields),
        tuple(f.name for f in fields if f.role == BLOCK),
        _key(_paths(fields)),
        tuple(f.name for f in fields if f.role == PART and f.many),
        tuple((f.name, _EXPRESSIONS[f[1:4]]) for f in fields if f.role in (VALUE, ARGUMENT, PART)),
    )
    return cls


def _field(cls: type, name: str, kind: str) -> Field:
    one, optional = kind.removesuffix(" | None"), kind.endswith(" | None")
    many = one.startswith("tuple[") and one.endswith(", ...]") or one.startswith("list[")
    if many:
        one = one[one.index("[") + 1 : -1].removesuffix(", ...")
    of = next((known for known in SCHEMA if known.__name__ == one), None)
    role, type_, inside = _KINDS.get(one, (PART, "", False))
    known = one in _KINDS or of is not None
    if role in (VALUE, ARGUMENT, PART):
        known = known and (role, many, optional) in _EXPRESSIONS
    elif role == BLOCK:
        known = many and not optional
    if not known:
        raise TypeError(f"{cls.__name__}.{name}: {kind} is no kind of field (see theano.loops.schema)")
    return Field(name, role, many, optional, type_, inside, of if role == PART else None)


# -- prepared for each class ---------------------------------------------------------------------------------
def _paths(fields: tuple[Field, ...]) -> list[str]:
    """How to get at all fields but blocks and lists of parts, and at those of parts."""
    paths = []
    for f in fields:
        if f.of is not None and not (f.many or f.optional):
            paths += [f"{f.name}.{path}" for path in _paths(SCHEMA[f.of].fields)]
        elif f.role != BLOCK and not (f.role == PART and f.many):
            paths.append(f.name)
    return paths


def _key(paths: list[str]) -> Callable[[Any], tuple[object, ...]]:
    return attrgetter("__class__", *paths) if paths else lambda record: (type(record),)


def _add_optional(found: list[Expr], value: Expr | None) -> None:
    if value is not None:
        found.append(value)


def _add_arguments(found: list[Expr], args: list[Argument]) -> None:
    found.extend(arg[1] if isinstance(arg, tuple) else arg for arg in args)


def _add_of_part(found: list[Expr], value: Described) -> None:
    for name, add in SCHEMA[type(value)].expressions:
        add(found, getattr(value, name))


def _add_of_optional_part(found: list[Expr], value: Described | None) -> None:
    if value is not None:
        _add_of_part(found, value)


def _add_of_parts(found: list[Expr], values: list[Described]) -> None:
    for value in values:
        _add_of_part(found, value)


# By role, many and optional.
_EXPRESSIONS: dict[tuple[int, bool, bool], _Add] = {
    (VALUE, False, False): list.append, (VALUE, False, True): _add_optional, (VALUE, True, False): list.extend,
    (ARGUMENT, True, False): _add_arguments, (PART, False, False): _add_of_part,
    (PART, False, True): _add_of_optional_part, (PART, True, False): _add_of_parts,
}  # fmt: skip

_Change = Callable[[Expr], Expr]


def _argument(arg: Argument, change: _Change) -> Argument:
    return (arg[0], change(arg[1]), arg[2]) if isinstance(arg, tuple) else change(arg)


def _each(one: Callable[[Any, _Change], Any]) -> Callable[[Any, _Change], Any]:
    return lambda values, change: type(values)([one(value, change) for value in values])


def rebuilt(record: T, change: _Change) -> T:
    """A statement with other expressions, in the blocks inside it too."""
    given = {}
    for f in SCHEMA[type(record)].fields:
        value, new = getattr(record, f.name), _REMADE.get((f.role, f.many))
        given[f.name] = value if new is None else new(value, change)
    return type(record)(**given)


def _one(value: Expr | None, change: _Change) -> Expr | None:
    return None if value is None else change(value)


def _part(value: Described | None, change: _Change) -> Described | None:
    return None if value is None else rebuilt(value, change)


_REMADE: dict[tuple[int, bool], Callable[[Any, _Change], Any]] = {
    (VALUE, False): _one, (VALUE, True): _each(_one), (ARGUMENT, True): _each(_argument), (PART, False): _part,
    (PART, True): _each(_part), (BLOCK, True): _each(_part),
}  # fmt: skip


# -- readings ------------------------------------------------------------------------------------------------
def walk(block: list[Stmt]) -> Iterator[Stmt]:
    """Every statement of a block and of the blocks inside it."""
    stack = list(reversed(block))
    while stack:
        stmt = stack.pop()
        yield stmt
        for name in reversed(SCHEMA[type(stmt)].blocks):
            stack.extend(reversed(getattr(stmt, name)))


def expressions(stmt: Described) -> list[Expr]:
    """The expressions that a statement itself holds, without those of the blocks in it."""
    found: list[Expr] = []
    for name, add in SCHEMA[type(stmt)].expressions:
        add(found, getattr(stmt, name))
    return found


def leaves(record: Any) -> Iterator[tuple[Field, Any, str]]:
    """Everything in a statement but its blocks: the field, what is there, and its type (see `Field`)."""
    for f in SCHEMA[type(record)].fields:
        value = getattr(record, f.name)
        if value is None or f.role == BLOCK:
            continue
        for one in value if f.many else (value,):
            if f.role == PART:
                yield from leaves(one)
            else:
                yield f, one, record.type if f.type == OWN else f.type


def defined_names(stmt: Described) -> tuple[str, ...]:
    """The names that a statement defines, inside or after it."""
    return tuple(value for f, value, _ in leaves(stmt) if f.role == NAME and value)


def used_names(stmt: Described) -> Iterator[tuple[str, str]]:
    """The names that a statement itself uses, and their types: those in expressions first, then memory."""
    for node in ex.postorder(tuple(expressions(stmt))):
        if node.op == "name":
            yield str(node.value), node.type
    yield from ((name, "ptr") for name in used_memory(stmt))


def used_memory(stmt: Described) -> Iterator[str]:
    """The names of memory that a statement itself uses."""
    for f, value, _ in leaves(stmt):
        if f.role == BASE:
            yield value
        elif f.role == ARGUMENT and isinstance(value, tuple):
            yield value[0]


def filled_slots(block: list[Stmt]) -> list[int]:
    """The slots into which the statements of a block put objects, each once."""
    return _slots(block, FILLED)


def emptied_slots(block: list[Stmt]) -> list[int]:
    """The slots that statements of a block leave empty, each once."""
    return _slots(block, EMPTIED)


def _slots(block: list[Stmt], role: int) -> list[int]:
    fields = ((s, f) for s in walk(block) for f in SCHEMA[type(s)].fields if f.role == role)
    values = ((getattr(s, f.name), f.many) for s, f in fields)
    return list(dict.fromkeys(k for value, many in values for k in (value if many else (value,))))
