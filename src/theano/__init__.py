"""A modern implementation of Theano: symbolic expressions, gradients, native functions.

>>> import theano, theano.tensor as T
>>> x = T.dscalar("x")
>>> f = theano.function([x], T.grad(x**3, x))
>>> f(4)
array(48.)
"""

from __future__ import annotations

import theano as theano  # ``theano.theano``, which programs have in their imports
from theano.base.garbage import collector_rests as _collector_rests

with _collector_rests(all_stays=True):
    from theano import check, compile, gradient, ifelse, legacy, printing, random, scalar, tensor

    legacy.install()
from theano.base.flag_table import config
from theano.base.flags import change_flags
from theano.base.notebook_form import notebook_shell as _notebook_shell
from theano.compile import (
    FunctionMaker,
    In,
    Mode,
    OpFromGraph,
    OrderedUpdates,
    Out,
    Param,
    ProfileStats,
    SymbolicInput,
    SymbolicOutput,
    as_op,
    function,
    function_dump,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    shared,
)
from theano.compile.shared_variables.variables import Container
from theano.gradient import Lop, Rop, grad, subgraph_grad
from theano.graph import (
    Apply,
    Constant,
    FunctionGraph,
    Generic,
    InconsistencyError,
    Op,
    Type,
    Variable,
    generic,
)
from theano.graph import clone_replace as clone
from theano.printing import pp, pprint
from theano.scan import foldl, foldr, map, reduce, scan, scan_checkpoints
from theano.tensor import dot, get_scalar_constant_value
from theano.tensor import nnet as _nnet

if (_shell := _notebook_shell()) is not None:
    _shell.extension_manager.load_extension("theano")  # as ``%load_ext theano``: short errors

# As packages and as SemVer write it: PyMC3 reads it by the latter.
__version__ = "2.0.0-dev0"

__all__ = [
    "Apply",
    "Constant",
    "Container",
    "FunctionGraph",
    "FunctionMaker",
    "Generic",
    "In",
    "InconsistencyError",
    "Lop",
    "Mode",
    "Op",
    "OpFromGraph",
    "OrderedUpdates",
    "Out",
    "Param",
    "ProfileStats",
    "Rop",
    "SymbolicInput",
    "SymbolicOutput",
    "Type",
    "Variable",
    "as_op",
    "change_flags",
    "clone",
    "compile",
    "config",
    "dot",
    "foldl",
    "foldr",
    "function",
    "function_dump",
    "generic",
    "get_scalar_constant_value",
    "grad",
    "gradient",
    "ifelse",
    "map",
    "pp",
    "pprint",
    "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers",
    "printing",
    "random",
    "reduce",
    "scalar",
    "scan",
    "scan_checkpoints",
    "shared",
    "subgraph_grad",
    "tensor",
]
