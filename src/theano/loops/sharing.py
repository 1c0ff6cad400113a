"""Which sub-expressions of a function get a name of their own when it is written as text, and where.

An expression that is used more than once would be written out at every use, and a chain of such expressions
exponentially often. So it is named once, in the innermost open block in which all its operands are known; the
blocks inside see the name. What a branch computes stays in the branch. Long expressions are cut the same way.
"""

from __future__ import annotations

from theano.base.record import Record, field
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.schema import defined_names, expressions

# Longer operands are named: nobody reads a polynomial of degree twelve in one line.
LONG = 72


class Line(str):
    """A line of text that knows what it was written for: a statement, a part of one, an expression, or None."""

    about: object

    @classmethod
    def of(cls, text: str, about: object) -> Line:
        made = cls(text)
        made.about = about
        return made

    def __radd__(self, before: str) -> Line:
        """The line with more space before it."""
        return Line.of(before + str(self), self.about)


class Level(Record):
    """An open block: its lines so far, and the expressions that have a name in it."""

    branch: bool = False
    lines: list[str] = field(default_factory=list)
    memo: dict[int, str] = field(default_factory=dict)


class SharingPrinter:
    """Base of printers of one function (a kernel or main); `leaf`, `render` and `named` are the language."""

    prefix = "e"

    def __init__(self, block: list[st.Stmt]) -> None:
        self.levels: list[Level] = [Level()]
        self.where: dict[str, int] = {}  # the level that defines a name
        self.uses = count_uses(block)
        self.taken = {n for stmt in st.walk(block) for n in defined_names(stmt)}
        self.depths: dict[int, int] = {}
        self.counter = 0
        self.about: object = None  # what is being written

    # -- the language ------------------------------------------------------------------------------
    def leaf(self, node: Expr) -> str:
        """A constant or a name."""
        raise NotImplementedError

    def render(self, node: Expr, args: list[str]) -> str:
        """An operation on operands that have been written."""
        raise NotImplementedError

    def operands(self, node: Expr) -> tuple[Expr, ...]:
        """What is written of an operation's operands."""
        return node.args

    def named(self, name: str, node: Expr, text: str) -> str:
        """The line that gives `text` a name."""
        raise NotImplementedError

    # -- blocks and names --------------------------------------------------------------------------
    def line(self, text: str, about: object = None) -> None:
        """A line of the innermost block, for what is being written or a part of it."""
        self.levels[-1].lines.append(Line.of(text, about or self.about))

    def define(self, name: str) -> None:
        self.where[name] = len(self.levels) - 1

    def open(self, branch: bool = False) -> None:
        self.levels.append(Level(branch))

    def close(self) -> list[str]:
        """Close the innermost block; its lines."""
        lines = self.levels.pop().lines
        left = len(self.levels)
        self.depths = {k: d for k, d in self.depths.items() if d < left}
        return lines

    def fresh(self) -> str:
        while True:
            self.counter += 1
            name = f"{self.prefix}{self.counter}"
            if name not in self.taken:
                return name

    # -- expressions -------------------------------------------------------------------------------
    def depth(self, root: Expr) -> int:
        """The innermost level whose names `root` needs."""
        depths = self.depths
        stack = [root]
        while stack:  # what is known is not gone through again: parts of a long sum are quadratically many
            node = stack[-1]
            missing = [] if id(node) in depths else [a for a in node.args if id(a) not in depths]
            if missing:
                stack += missing
                continue
            stack.pop()
            if id(node) not in depths:
                own = self.where.get(str(node.value), 0) if node.op == "name" else 0
                depths[id(node)] = max((depths[id(a)] for a in node.args), default=own)
        return depths[id(root)]

    def expr(self, root: Expr) -> str:
        """The text of an expression; lines that name parts of it go to the levels they belong to."""
        done: dict[int, str] = {}
        stack = [root]
        while stack:
            node = stack[-1]
            if id(node) in done:
                stack.pop()
                continue
            if not node.args:
                done[id(node)] = self.leaf(node)
                stack.pop()
                continue
            known = next((level.memo[id(node)] for level in self.levels if id(node) in level.memo), None)
            if known is not None:
                done[id(node)] = known
                stack.pop()
                continue
            operands = self.operands(node)
            missing = [a for a in operands if id(a) not in done]
            if missing:
                stack.extend(reversed(missing))
                continue
            text = self.render(node, [done[id(a)] for a in operands])
            if self.uses.get(id(node), 0) > 1 or (len(text) > LONG and node is not root):
                text = self._name(node, text)
            done[id(node)] = text
            stack.pop()
        return done[id(root)]

    def _name(self, node: Expr, text: str) -> str:
        innermost_branch = max((k for k, level in enumerate(self.levels) if level.branch), default=0)
        level = self.levels[max(self.depth(node), innermost_branch)]
        name = level.memo[id(node)] = self.fresh()
        level.lines.append(Line.of(self.named(name, node, text), node))
        return name


def count_uses(block: list[st.Stmt]) -> dict[int, int]:
    """How often each expression is an operand of a statement or of another expression."""
    uses: dict[int, int] = {}
    stack: list[Expr] = []
    for stmt in st.walk(block):
        stack.extend(expressions(stmt))
        while stack:
            node = stack.pop()
            count = uses[id(node)] = uses.get(id(node), 0) + 1
            if count == 1:
                stack.extend(node.args)
    return uses
