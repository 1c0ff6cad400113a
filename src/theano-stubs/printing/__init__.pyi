# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.compile.counts.memory import MemoryPlan as MemoryPlan
from theano.graph.nodes import Node as Node
from theano.printing import dot_text as dot_text
from theano.printing import min_informative as min_informative
from theano.printing import print_op as print_op
from theano.printing import printers as printers
from theano.printing import vocabulary as vocabulary
from theano.printing.print_op import Print as Print
from theano.printing.printers import DefaultPrinter as DefaultPrinter
from theano.printing.printers import DefaultPrinter as _DefaultPrinter
from theano.printing.printers import FunctionPrinter as FunctionPrinter
from theano.printing.printers import IgnorePrinter as IgnorePrinter
from theano.printing.printers import LeafPrinter as LeafPrinter
from theano.printing.printers import LeafPrinter as _LeafPrinter
from theano.printing.printers import OperatorPrinter as OperatorPrinter
from theano.printing.printers import PPrinter as PPrinter
from theano.printing.printers import PPrinter as _PPrinter
from theano.printing.printers import PatternPrinter as PatternPrinter
from theano.printing.printers import PrinterState as PrinterState
from theano.show.plans.planned import PlannedBytes as PlannedBytes
from theano.tensor import min_informative_str as min_informative_str

VALID_ASSOC: _ty.Any
def ccode(f: _ty.Any, name: str = 'theano_function', fma: bool = True) -> str: ...
def debugprint(obj: _ty.Any, depth: int = -1, print_type: bool = False, file: _ty.Any = None, ids: str = 'CHAR', stop_on_name: bool = False, done: dict[_ty.Any, str] | None = None, print_storage: bool = False, print_clients: bool = False, used_ids: dict[_ty.Any, str] | None = None) -> _ty.Any: ...
default_printer: _DefaultPrinter
dprint = debugprint
def hex_digest(x: _ty.Any) -> str: ...
def items(f: _ty.Any) -> str: ...
leaf_printer: _LeafPrinter
def loop_program(f: _ty.Any) -> str: ...
def memory_plan(f: _ty.Any, *args: _ty.Any, shapes: _Sequence[_Sequence[int]] | None = None) -> _ty.Any: ...
def planned_bytes(f: _ty.Any, *args: _ty.Any, shapes: _Sequence[_Sequence[int]] | None = None) -> _ty.Any: ...
def position_independent_str(obj: _ty.Any) -> str: ...
pp: _PPrinter
pprint: _PPrinter
pydot_imported: bool
pydot_imported_msg: str
def pydotprint(fct: _ty.Any, outfile: str | None = None, compact: bool = True, format: str = 'png', with_ids: bool = False, high_contrast: bool = True, cond_highlight: _ty.Any = None, colorCodes: _ty.Any = None, max_label_size: int = 70, scan_graphs: bool = False, var_with_name_simple: bool = False, print_output_file: bool = True, return_image: bool = False) -> _ty.Any: ...
def schedule(f: _ty.Any, *args: _ty.Any, shapes: _Sequence[_Sequence[int]] | None = None) -> str: ...
def var_descriptor(obj: _ty.Any, _prev_obs: dict[_ty.Any, str] | None = None, _tag_generator: _ty.Any = None) -> str: ...
