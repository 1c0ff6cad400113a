"""How `pp` says Theano's operations: the table, and the few printers that a format string cannot describe."""

from __future__ import annotations

from typing import Any, Final

from theano.graph import Constant, Variable
from theano.printing.printers import (
    IgnorePrinter,
    OperatorPrinter,
    PatternPrinter,
    PiecePrinter,
    Pieces,
    PPrinter,
    call_pieces,
    default_printer,
)
from theano.scalar.op import TABLE
from theano.tensor.elemwise import DimShuffle
from theano.tensor.indexing.subtensor import Subtensor
from theano.tensor.linalg.dot import Dot
from theano.tensor.shaping.join import Join
from theano.tensor.shaping.shape import MakeVector

__all__ = ["pp", "pprint"]

# Scalar operations that are not printed as `name(x, y)`.
_SCALAR: Final[dict[str, PiecePrinter]] = {
    "add": OperatorPrinter("+", -2, "either"),
    "sub": OperatorPrinter("-", -2, "left"),
    "mul": OperatorPrinter("*", -1, "either"),
    "true_div": OperatorPrinter("/", -1, "left"),
    "int_div": OperatorPrinter("//", -1, "left"),
    "pow": OperatorPrinter("**", 1, "right"),
    "neg": OperatorPrinter("-", 0, "either"),
    "abs_": PatternPrinter("|%(0)s|"),
    "second": PatternPrinter("fill(%(0)s, %(1)s)"),
    "identity": IgnorePrinter(),
}


class ScalarPrinter(PiecePrinter):
    """`name(x, y)` with the name of an element-wise operation; a conversion by the name of its dtype."""

    def pieces(self, output: Variable) -> Pieces:
        node: Any = output.owner
        op = node.op.scalar_op
        target = getattr(op, "target", None)
        if target is None and TABLE.get(op.name) is not op:
            return default_printer.pieces(output)  # made by fusion: str(op) tells what it does
        return call_pieces(target or op.name, node.inputs)


class DimShufflePrinter(PiecePrinter):
    """Axes added on the left are not said, the transpose is `.T`, others are said in full."""

    def pieces(self, output: Variable) -> Pieces:
        node: Any = output.owner
        order = tuple(node.op.new_order)
        (x,) = node.inputs
        ndim = x.type.ndim
        added = len(order) - ndim
        if added >= 0 and order == ("x",) * added + tuple(range(ndim)):
            return [x]
        if order == (1, 0):
            return [x, ".T"]
        return ["DimShuffle{" + ", ".join(map(str, order)) + "}(", x, ")"]


class SubtensorPrinter(PiecePrinter):
    """`x[i, a:b]`: an index by what it is, the parts of a slice by their dtype."""

    def pieces(self, output: Variable) -> Pieces:
        node: Any = output.owner
        x, *rest = node.inputs
        left = iter(rest)
        parts: Pieces = [x, "["]
        for i, entry in enumerate(node.op.idx_list):
            if i:
                parts.append(", ")
            if isinstance(entry, slice):
                start, stop, step = (
                    "" if part is None else str(next(left).type.dtype)
                    for part in (entry.start, entry.stop, entry.step)
                )
                parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
                continue
            index = next(left)
            parts.append(f"Constant{{{index.data}}}" if isinstance(index, Constant) else index)
        parts.append("]")
        return parts


class CallPrinter(PiecePrinter):
    """The inputs in brackets, after a name."""

    def __init__(self, name: str, brackets: str = "()") -> None:
        self.name = name
        self.brackets = brackets

    def pieces(self, output: Variable) -> Pieces:
        node: Any = output.owner
        return call_pieces(self.name, node.inputs, self.brackets)


# Op classes with a form of their own.
_CLASSES: Final[dict[type, PiecePrinter]] = {
    DimShuffle: DimShufflePrinter(),
    Subtensor: SubtensorPrinter(),
    MakeVector: CallPrinter("", "[]"),
    Join: CallPrinter("join"),
    Dot: OperatorPrinter("\\dot", -1, "left"),
}


def _make_pprint() -> PPrinter:
    made = PPrinter()
    made.printers_dict.update((TABLE[name], printer) for name, printer in _SCALAR.items())
    made.scalar_printer = ScalarPrinter()
    made.class_printers.update(_CLASSES)
    return made


pprint: Final = _make_pprint()
pp: Final = pprint
