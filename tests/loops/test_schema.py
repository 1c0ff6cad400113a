"""What is derived from the fields of statements, for all of them; and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import Golden
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.identity import identity
from theano.loops.schema import (
    ARGUMENT,
    BASE,
    BLOCK,
    DATA,
    EMPTIED,
    FILLED,
    NAME,
    OWN,
    PART,
    SCHEMA,
    SLOT,
    VALUE,
    Described,
    Stmt,
    defined_names,
    expressions,
    rebuilt,
    statement,
    used_names,
    walk,
)
from theano.loops.text import statement_text
from theano.loops.visitor import ALL, KERNEL, Visitor

ROLES = {
    VALUE: "expression", ARGUMENT: "argument", NAME: "defines", BASE: "memory", BLOCK: "block", PART: "part",
    SLOT: "slot", FILLED: "slot, filled", EMPTIED: "slot, emptied", DATA: "data",
}  # fmt: skip
# What stands for data, by the names of fields.
GIVEN: dict[str, Any] = {
    "type": "f64", "kind": "serial", "op": "add", "symbol": "dproduct", "kernel": st.Kernel("k0", [], []),
    "written": True, "cache": 2, "unroll": 1, "apart": False, "least": 100, "finish": True, "alone": False,
}  # fmt: skip


def sample(cls: type[Any], numbers: Any = None) -> Any:
    """A record whose fields differ."""
    numbers = numbers or itertools.count(1)

    def one(field: Any) -> Any:
        k = next(numbers)
        if field.role == VALUE:
            known = field.type if field.type not in ("", OWN) else "f64"
            return ex.name(f"e{k}", known)
        if field.role == PART:
            return sample(field.of, numbers)
        if field.role == ARGUMENT:
            return (f"p{k}", ex.name(f"e{k}", "i64"), "f64")
        if field.role == BLOCK:
            return hs.Poll()
        return {NAME: f"d{k}", BASE: f"p{k}"}.get(field.role, GIVEN.get(field.name, k))

    fields = SCHEMA[cls].fields
    return cls(**{f.name: ([one(f)] if f.role != VALUE else (one(f),)) if f.many else one(f) for f in fields})


def described() -> str:
    lines = []
    for cls, schema in SCHEMA.items():
        marks = ["main"] * issubclass(cls, hs.HostStmt) + ["may fail"] * schema.may_fail
        marks += ["needs Python"] * schema.needs_python
        lines.append(cls.__name__ + (f" ({', '.join(marks)})" if marks else ""))
        for f in schema.fields:
            of = f.of.__name__ if f.of else {OWN: "its own type"}.get(f.type, f.type)
            how = [ROLES[f.role], of, "many" * f.many, "or none" * f.optional, "inside" * f.inside]
            lines.append(f"    {f.name}: {', '.join(filter(None, how))}")
    return "\n".join(lines) + "\n"


def test_all(golden: Golden) -> None:
    golden(described(), "schema")


def test_lines(golden: Golden) -> None:
    lines = []
    for cls in ALL:
        stmt = sample(cls)
        used = " ".join(dict.fromkeys(name for name, _ in used_names(stmt)))
        defined = " ".join(defined_names(stmt))
        lines += [statement_text(stmt), f"    uses {used or 'nothing'}, defines {defined or 'nothing'}"]
    golden("\n".join(lines) + "\n", "lines")


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_rebuilt(cls: type[Stmt]) -> None:
    stmt = sample(cls)
    same = rebuilt(stmt, lambda e: e)
    assert identity(same) == identity(stmt) and same is not stmt
    one = rebuilt(stmt, lambda e: ex.name("z", e.type))
    assert [e.value for e in expressions(one)] == ["z"] * len(expressions(stmt))
    assert defined_names(one) == defined_names(stmt)


def test_blocks_are_walked_and_rebuilt() -> None:
    inner = st.If(ex.name("c", "bool"), [st.Let("a", ex.name("x", "f64"))], [hs.Poll()])
    loop = st.For("i", ex.name("n", "i64"), "serial", [inner, hs.Commit()])
    assert [type(s).__name__ for s in walk([loop])] == ["For", "If", "Let", "Poll", "Commit"]
    doubled = rebuilt(loop, lambda e: ex.add(e, e) if e.type == "f64" else e)
    assert statement_text(list(walk([doubled]))[2]) == "a = x + x"
    assert statement_text(list(walk([loop]))[2]) == "a = x"


@pytest.mark.parametrize("kind", ["dict[str, Expr]", "Argument", "tuple[Int, ...] | None", "Stmt", "Unheard"])
def test_unknown_kinds_of_fields_are_refused(kind: str) -> None:
    with pytest.raises(TypeError, match="Odd.value: .* is no kind of field"):
        statement()(type("Odd", (Stmt,), {"__annotations__": {"value": kind}}))


def test_types_that_nobody_tells_are_refused() -> None:
    with pytest.raises(TypeError, match="Odd does not say what type"):
        statement()(type("Odd", (Stmt,), {"__annotations__": {"value": "Typed"}}))


class Undeclared(st.Let):
    """Inherits from a statement, but nobody has said what it holds."""


@pytest.mark.parametrize("reading", [expressions, defined_names, lambda s: list(walk([s])), identity])
def test_what_is_not_declared_is_refused(reading: Any) -> None:
    with pytest.raises(TypeError, match="Undeclared"):
        reading(Undeclared("a", ex.name("x", "f64")))


class Counting(Visitor):
    """A target for kernels only."""

    def __init__(self) -> None:
        self.count = 0

    def let(self, stmt: Stmt) -> None:
        self.count += 1

    load = store = prefetch = if_ = local = let

    def for_(self, stmt: st.For) -> None:
        self.block(stmt.body)


def test_a_target_needs_the_statements_of_kernels_only() -> None:
    target, n = Counting(), ex.name("n", "i64")
    target.block([st.For("i", n, "serial", [st.Let("a", n), st.Local("b", 8)])])
    assert target.count == 2
    assert {SCHEMA[cls].method for cls in KERNEL} == {"let", "load", "store", "prefetch", "for_", "if_", "local"}
    with pytest.raises(TypeError, match="Counting has no statement Commit"):
        target.block([hs.Commit()])


def test_a_target_that_lacks_one_is_refused() -> None:
    with pytest.raises(TypeError, match="Incomplete says nothing of CallKernel, Slices, Check"):

        class Incomplete(Counting):
            handles = ALL


def test_parts_are_declared() -> None:
    assert all(issubclass(cls, Described) for cls in SCHEMA)
    assert [cls.__name__ for cls in SCHEMA if cls not in ALL] == ["View", "Carried", "Kernel", "Ranges", "Program"]
