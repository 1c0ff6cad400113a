"""The small mistakes: every place of a file where one can be planted, and the text that it puts there."""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Key", "Mutant", "mutants", "sample"]

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "//",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.LShift: ">>",
    ast.RShift: "<<",
}
# Their two first arguments can't be exchanged with any sense: the mistake would be found by its TypeError.
_KEEP_ORDER = {"isinstance", "cast", "range", "len", "getattr", "hasattr", "setattr"}
# Their first two arguments mean the same in either order.
_SYMMETRIC = {"max", "min", "maximum", "minimum", "add", "mul", "fma", "multiply_add", "and_", "or_", "eq"}


class Key(NamedTuple):
    """What tells a mutant from others, wherever the lines of the file move."""

    file: str
    function: str
    old: str
    new: str


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class Mutant:
    """One mistake: in `file` (relative to the package) the bytes from `start` to `end`, `old`, become `new`."""

    file: str
    function: str
    kind: str
    old: str
    new: str
    start: int
    end: int
    first: int  # lines, counted from 1: those that run when it matters
    last: int

    @property
    def key(self) -> Key:
        return Key(self.file, self.function, _one_line(self.old), _one_line(self.new))

    def apply(self, source: bytes) -> bytes:
        """`source` with the mistake."""
        return source[: self.start] + self.new.encode() + source[self.end :]


class _Finder(ast.NodeVisitor):
    """Collects the mutants inside functions; what runs at import is data, and wrong data is seen at once."""

    def __init__(self, file: str, source: bytes) -> None:
        self.file = file
        self.source = source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.scope: list[str] = []
        self.functions = 0
        self.header: tuple[int, int] | None = None  # for defaults: the lines that run when they are used
        self.found: list[Mutant] = []

    def _span(self, first: ast.AST, last: ast.AST) -> tuple[int, int]:
        a, b = self.starts[first.lineno - 1] + first.col_offset, self.starts[last.end_lineno - 1] + last.end_col_offset  # type: ignore[attr-defined]
        return a, b

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node, node)
        return self.source[start:end].decode()

    def _add(self, kind: str, node: ast.AST, new: str, last: ast.AST | None = None) -> None:
        if not self.functions:
            return
        last = last or node
        start, end = self._span(node, last)
        old = self.source[start:end].decode()
        lines = self.header or (node.lineno, last.end_lineno)  # type: ignore[attr-defined]
        self.found.append(Mutant(self.file, ".".join(self.scope), kind, old, new, start, end, *lines))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.scope.append(node.name)
        self.functions += 1
        has_docstring = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        body = node.body[has_docstring:] or node.body
        around, self.header = self.header, (body[0].lineno, body[0].end_lineno or body[0].lineno)
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)
        self.header = around
        for statement in body:
            self.visit(statement)
        self.functions -= 1
        self.scope.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.scope.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self.scope.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._add("delete raise", node, "pass")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """The wording of messages is not a mistake."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """An assertion can't fail in a program that is right."""

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1:
            left, right = self._text(node.left), self._text(node.comparators[0])
            self._add("comparison", node, f"({left} {_COMPARE[type(node.ops[0])]} {right})")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
        if type(node.op) in _BINARY and not is_text:
            self._add("operator", node, f"({self._text(node.left)} {_BINARY[type(node.op)]} {self._text(node.right)})")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add("constant", node, str(not node.value))
        elif isinstance(node.value, int):
            self._add("constant", node, f"({node.value + 1})")

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add("not", node, f"({self._text(node.operand)})")
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            self._add("sign", node, f"({self._text(node.operand)})")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        is_and = isinstance(node.op, ast.And)
        words = ("and", "or") if is_and else ("or", "and")
        self._add("and/or", node, "(" + f" {words[1]} ".join(f"({self._text(v)})" for v in node.values) + ")")
        for k in range(len(node.values)):
            rest = node.values[:k] + node.values[k + 1 :]
            self._add("drop operand", node, "(" + f" {words[0]} ".join(map(self._text, rest)) + ")")
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        if not isinstance(test, ast.Constant):
            self._add("condition", test, "True")
            self._add("condition", test, "False")

    def visit_If(self, node: ast.If) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._add("filter", test, "True")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._add("delete", node, "pass")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add("delete", node, "pass")
        self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._add("delete", node, "pass")

    def visit_Break(self, node: ast.Break) -> None:
        self._add("delete", node, "pass")

    def visit_Call(self, node: ast.Call) -> None:
        plain = not any(isinstance(a, ast.Starred) for a in node.args)
        name = self._text(node.func).rpartition(".")[2]
        if len(node.args) >= 2 and plain and name not in _KEEP_ORDER | _SYMMETRIC:
            a, b = node.args[:2]
            if self._text(a) != self._text(b):
                between = self.source[self._span(a, a)[1] : self._span(b, b)[0]].decode()
                self._add("exchange arguments", a, self._text(b) + between + self._text(a), last=b)
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg != "strict":  # of `zip`: an assertion
            self.visit(node.value)

    def visit_Slice(self, node: ast.Slice) -> None:
        if node.lower is not None and node.upper is not None:
            self._add("slice", node, f"{self._text(node.lower)}:")
            self._add("slice", node, f":{self._text(node.upper)}")
        self.generic_visit(node)


def mutants(file: str, source: bytes) -> list[Mutant]:
    """All mutants of the text `source` of `file`, in its order."""
    finder = _Finder(file, source)
    finder.visit(ast.parse(source))
    return finder.found


def _is_valid(mutant: Mutant, source: bytes) -> bool:
    text = mutant.apply(source)
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return text != source


def _of_file(file: str, source: bytes, seed: str) -> Iterator[Mutant]:
    """Mutants in an order by chance, one for a line, kinds in turn."""
    found = mutants(file, source)
    random.Random(f"{seed}:{file}").shuffle(found)
    turns: Counter[str] = Counter()
    lines = set()
    ordered = []
    for mutant in found:
        turns[mutant.kind] += 1
        ordered.append((turns[mutant.kind], mutant))
    for _, mutant in sorted(ordered, key=lambda pair: pair[0]):
        if mutant.first not in lines and _is_valid(mutant, source):
            lines.add(mutant.first)
            yield mutant


def sample(sources: Sequence[tuple[str, bytes]], number: int, seed: str) -> list[Mutant]:
    """`number` mutants of `sources` (file, text): one of each file, then a second of each, and so on.

    The order of the files is one by chance too, so that any beginning of the list is spread over all of them.
    """
    pending = [_of_file(file, source, seed) for file, source in sources]
    random.Random(seed).shuffle(pending)
    chosen: list[Mutant] = []
    while pending:
        for queue in list(pending):
            mutant = next(queue, None)
            if mutant is None:
                pending.remove(queue)
            elif len(chosen) == number:
                return chosen
            else:
                chosen.append(mutant)
    return chosen
