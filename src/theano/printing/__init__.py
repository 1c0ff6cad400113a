"""Graphs as text and pictures, and the op that prints while a function runs."""

from __future__ import annotations

from theano.printing.debugprint import debugprint
from theano.printing.min_informative import min_informative_str
from theano.printing.print_op import Print
from theano.printing.printers import (
    VALID_ASSOC,
    DefaultPrinter,
    FunctionPrinter,
    IgnorePrinter,
    LeafPrinter,
    OperatorPrinter,
    PatternPrinter,
    PPrinter,
    PrinterState,
    default_printer,
    leaf_printer,
)
from theano.printing.pydotprint import pydotprint
from theano.printing.vocabulary import pp, pprint

dprint = debugprint

__all__ = [
    "VALID_ASSOC",
    "DefaultPrinter",
    "FunctionPrinter",
    "IgnorePrinter",
    "LeafPrinter",
    "OperatorPrinter",
    "PPrinter",
    "PatternPrinter",
    "Print",
    "PrinterState",
    "debugprint",
    "default_printer",
    "dprint",
    "leaf_printer",
    "min_informative_str",
    "pp",
    "pprint",
    "pydotprint",
]
