"""From expressions to functions: `function`, `shared`, `In`, `Out`, `Mode`, and what belongs to them."""

from __future__ import annotations

from theano.compile import evaluate, linked, perform_vm
from theano.compile.builders import OpFromGraph, io_connection_pattern
from theano.compile.errors import AliasedMemoryError, UnusedInputError, raise_with_op
from theano.compile.executable import Function
from theano.compile.function import function, function_dump, pfunc
from theano.compile.io import In, Out, Param, SymbolicInput, SymbolicOutput
from theano.compile.maker import FunctionMaker, convert_function_input, orig_function
from theano.compile.mode import (
    FAST_COMPILE,
    FAST_RUN,
    OPT_FAST_COMPILE,
    OPT_FAST_RUN,
    OPT_FAST_RUN_STABLE,
    OPT_MERGE,
    OPT_NONE,
    OPT_O2,
    OPT_O3,
    OPT_STABILIZE,
    OPT_UNSAFE,
    Mode,
    get_default_mode,
    get_mode,
    optdb,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    register_linker,
    register_mode,
    register_optimizer,
)
from theano.compile.native import executor
from theano.compile.ops import (
    DeepCopyOp,
    FromFunctionOp,
    OutputGuard,
    Rebroadcast,
    Shape,
    Shape_i,
    SpecifyShape,
    ViewOp,
    as_op,
    deep_copy_op,
    register_deep_copy_op_c_code,
    register_rebroadcast_c_code,
    register_shape_c_code,
    register_shape_i_c_code,
    register_specify_shape_c_code,
    register_view_op_c_code,
    shape,
    specify_shape,
    view_op,
)
from theano.compile.rebuild import iter_over_pairs
from theano.compile.shared_variables.tensors import TensorSharedVariable
from theano.compile.shared_variables.updates import OrderedUpdates
from theano.compile.shared_variables.variables import Container, SharedVariable, shared, shared_constructor
from theano.compile.times import profile_mode
from theano.compile.times.profiling import ProfileStats, ScanProfileStats
