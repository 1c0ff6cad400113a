"""The machinery of `pp`: printers, which say a node as text and variables, and the table that picks one.

A printer answers with *pieces*: strings, and variables that are still to be said. `PPrinter` works them off
with a stack of its own, so that the depth of a graph does not matter, and joins the text once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from theano.graph import FunctionGraph, PureOp, Variable
from theano.graph.shown import told
from theano.scalar.op import ScalarOp
from theano.tensor.elemwise import Elemwise

__all__ = [
    "DefaultPrinter",
    "FunctionPrinter",
    "IgnorePrinter",
    "LeafPrinter",
    "OperatorPrinter",
    "PPrinter",
    "PatternPrinter",
    "PiecePrinter",
    "PrinterState",
    "default_printer",
    "leaf_printer",
]

Piece = Any  # a string, or a Variable
Pieces = list[Piece]


class PrinterState:
    """What a printer is handed besides the variable: the `PPrinter`, and any properties.

    Parameters
    ----------
    props : PrinterState or dict, optional
        Properties.
    **more_props
        Further properties; each becomes an attribute.

    Examples
    --------
    >>> PrinterState(pprinter=theano.pp, precedence=0).precedence
    0
    """

    def __init__(self, props: Any = None, **more_props: Any) -> None:
        self.memo: dict[Variable, str] = {}
        if isinstance(props, PrinterState):
            self.__dict__.update(props.__dict__)
        elif props:
            self.__dict__.update(props)
        self.__dict__.update(more_props)


class Printer(Protocol):
    """What `PPrinter.assign` takes."""

    def process(self, output: Variable, pstate: Any) -> str:
        """The text of `output`."""


class PiecePrinter:
    """Base of our printers: a subclass defines `pieces`."""

    def pieces(self, output: Variable) -> Pieces:
        """Strings and variables which, said one after the other, say `output`."""
        raise NotImplementedError(f"{type(self).__name__} defines no pieces")

    def process(self, output: Variable, pstate: Any = None) -> str:
        """The text of `output`."""
        pprinter: PPrinter = pstate.pprinter
        return pprinter.join(self.pieces(output))


class OperatorPrinter(PiecePrinter):
    """Infix, prefix for one input; always in parentheses.

    `precedence` and `assoc` are kept for programs that read them.

    Parameters
    ----------
    operator : str
        What stands between the inputs.
    precedence : int
        See above.
    assoc : {"left", "right", "either"}
        See above.

    Raises
    ------
    ValueError
        `assoc` is none of these.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.pp.clone_assign(T.maximum, OperatorPrinter("max", -2))(T.maximum(x, 1))
    '(x max TensorConstant{1})'
    """

    def __init__(self, operator: str, precedence: int, assoc: str = "left") -> None:
        if assoc not in VALID_ASSOC:
            raise ValueError(f"assoc must be one of {sorted(VALID_ASSOC)}, found {assoc!r}")
        self.operator = operator
        self.precedence = precedence
        self.assoc = assoc

    def pieces(self, output: Variable) -> Pieces:
        inputs = _node(output).inputs
        if len(inputs) == 1:
            return ["(" + self.operator, inputs[0], ")"]
        parts: Pieces = ["("]
        for i, x in enumerate(inputs):
            if i:
                parts.append(f" {self.operator} ")
            parts.append(x)
        parts.append(")")
        return parts


class PatternPrinter(PiecePrinter):
    """A format string with `%(0)s` for the first input; one pattern an output.

    Parameters
    ----------
    *patterns : str
        One for each output of the node; or pairs of one and precedences, which are not looked at.

    Examples
    --------
    >>> theano.pp.clone_assign(T.sqr, PatternPrinter("%(0)s^2"))(T.sqr(T.dscalar("x")))
    'x^2'
    """

    def __init__(self, *patterns: Any) -> None:
        # A pair (pattern, precedences of the inputs) is accepted as Theano does.
        self.patterns = tuple(p if isinstance(p, str) else p[0] for p in patterns)

    def pieces(self, output: Variable) -> Pieces:
        node = _node(output)
        pattern = self.patterns[node.outputs.index(output)]
        # Formatting with marks and splitting at them leaves the work on the format string to Python.
        text = pattern % {str(i): f"\0{i}\0" for i in range(len(node.inputs))}
        return [part if k % 2 == 0 else node.inputs[int(part)] for k, part in enumerate(text.split("\0"))]


class FunctionPrinter(PiecePrinter):
    """`name(inputs)`; one name an output.

    Parameters
    ----------
    *names : str
        One for each output of the node.

    Examples
    --------
    >>> theano.pp.clone_assign(T.exp, FunctionPrinter("e"))(T.exp(T.dscalar("x")))
    'e(x)'
    """

    def __init__(self, *names: str) -> None:
        self.names = names

    def pieces(self, output: Variable) -> Pieces:
        node = _node(output)
        return call_pieces(self.names[node.outputs.index(output)], node.inputs)


class IgnorePrinter(PiecePrinter):
    """Says a node as its first input.

    Examples
    --------
    >>> theano.pp.clone_assign(T.exp, IgnorePrinter())(T.exp(T.dscalar("x")))
    'x'
    """

    def pieces(self, output: Variable) -> Pieces:
        return [_node(output).inputs[0]]


class LeafPrinter(PiecePrinter):
    """Says a leaf by its name, or else by its type.

    Examples
    --------
    >>> theano.pp(T.dscalar("x"))
    'x'
    """

    def pieces(self, output: Variable) -> Pieces:
        return [str(output)]


class DefaultPrinter(PiecePrinter):
    """`op(inputs)`, with the number of the output if there are several.

    Examples
    --------
    >>> theano.pp.clone_assign(T.exp, DefaultPrinter())(T.exp(T.dscalar("x")))
    'Elemwise{exp,no_inplace}(x)'
    """

    def pieces(self, output: Variable) -> Pieces:
        node = output.owner
        if node is None:
            return leaf_printer.pieces(output)
        name = told(node.op) if len(node.outputs) == 1 else f"{told(node.op)}.{output.index}"
        return call_pieces(name, node.inputs)


def call_pieces(name: str, arguments: Iterable[Piece], brackets: str = "()") -> Pieces:
    """`name(a, b, c)`."""
    parts: Pieces = [name + brackets[0]]
    for i, x in enumerate(arguments):
        if i:
            parts.append(", ")
        parts.append(x)
    parts.append(brackets[1])
    return parts


def _node(output: Variable) -> Any:
    if output.owner is None:
        raise TypeError(f"{output} is a leaf: this printer says nodes")
    return output.owner


VALID_ASSOC = {"left", "right", "either"}

leaf_printer = LeafPrinter()
default_printer = DefaultPrinter()

Condition = Callable[[Any, Variable], Any]


class PPrinter:
    """Pretty printer: picks a printer for each node and joins what they say.

    Parameters
    ----------
    variable : Variable, or several
        What an object of this class is called with.

    Returns
    -------
    str
        The text.

    Raises
    ------
    TypeError
        Something else is to be printed.

    Examples
    --------
    >>> theano.pp(T.exp(T.dscalar("x")) + 1)
    '(exp(x) + TensorConstant{1})'
    """

    def __init__(self) -> None:
        # Asked in this order: conditions; an op; the scalar operation of an Elemwise; the class of an op.
        self.printers: list[tuple[Condition, Printer]] = []
        self.printers_dict: dict[Any, Printer] = {}
        self.scalar_printer: Printer = default_printer
        self.class_printers: dict[type, Printer] = {}

    def assign(self, condition: Any, printer: Printer) -> None:
        """Use `printer` for an op, or for variables for which `condition(pstate, variable)` holds.

        The condition assigned last is asked first.
        """
        if isinstance(condition, PureOp | ScalarOp) or not callable(condition):
            self.printers_dict[condition] = printer
        elif isinstance(condition, type):
            self.class_printers[condition] = printer
        else:
            self.printers.insert(0, (condition, printer))

    def clone(self) -> PPrinter:
        """A copy, to assign other printers to."""
        copied = PPrinter()
        copied.printers = list(self.printers)
        copied.printers_dict = dict(self.printers_dict)
        copied.scalar_printer = self.scalar_printer
        copied.class_printers = dict(self.class_printers)
        return copied

    def clone_assign(self, condition: Any, printer: Printer) -> PPrinter:
        """A copy with one printer more."""
        copied = self.clone()
        copied.assign(condition, printer)
        return copied

    def printer_of(self, v: Variable, pstate: Any = None) -> Printer:
        """The printer in charge of `v`."""
        for condition, printer in self.printers:
            if condition(pstate, v):
                return printer
        node = v.owner
        if node is None:
            return leaf_printer
        op = node.op
        printers = self.printers_dict
        known = printers.get(op)
        if known is not None:
            return known
        if isinstance(op, Elemwise):
            return printers.get(op.scalar_op, self.scalar_printer)
        return self.class_printers.get(type(op), default_printer)

    def process(self, r: Variable, pstate: Any = None) -> str:
        """The text of `r`."""
        return self.join([r], pstate)

    def join(self, pieces: Sequence[Piece], pstate: Any = None) -> str:
        """The text of `pieces`."""
        state = PrinterState(pprinter=self) if pstate is None else pstate
        said: list[str] = []
        stack: list[Piece] = list(reversed(pieces))
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                said.append(piece)
                continue
            printer = self.printer_of(piece, state)
            if isinstance(printer, PiecePrinter):
                stack.extend(reversed(printer.pieces(piece)))
            else:
                said.append(printer.process(piece, state))
        return "".join(said)

    def process_graph(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        updates: Any = None,
        display_inputs: bool = False,
    ) -> str:
        """Text of several outputs, one a line, with updates as `name <- text`."""
        targets = {new: old for old, new in dict(updates or {}).items()}
        lines = ["inputs: " + ", ".join(map(str, inputs))] if display_inputs else []
        for out in [*outputs, *(new for new in targets if new not in outputs)]:
            prefix = f"{targets[out]} <- " if out in targets else ""
            lines.append(prefix + self.process(out))
        return "\n".join(lines)

    def __call__(self, *args: Any) -> str:
        if len(args) == 1:
            (arg,) = args
            if isinstance(arg, Variable):
                return self.process(arg)
            fgraph = (
                arg
                if isinstance(arg, FunctionGraph)
                else getattr(getattr(arg, "maker", None), "fgraph", None)
            )
            if fgraph is not None:
                return self.process_graph(fgraph.inputs, fgraph.outputs)
        elif len(args) in (2, 3) and isinstance(args[0], list | tuple):
            return self.process_graph(*args)
        raise TypeError(f"pp cannot print {args!r}")
