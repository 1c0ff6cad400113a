"""Names that modules of Theano had imported from others for their own use, and programs import from there: ONE table.

`PASSED_ON` says which of them a module shows, `HOMES` where each lives. They are looked up when they are asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

# name -> "module:attribute", or a module.
HOMES: dict[str, str] = {
    "AddConfigVar": "theano.configparser:AddConfigVar",
    "Apply": "theano.gof.graph:Apply",
    "COp": "theano.gof.op:COp",
    "Constant": "theano.gof.graph:Constant",
    "DebugMode": "theano.compile.debugmode:DebugMode",
    "DimShuffle": "theano.tensor.elemwise:DimShuffle",
    "DimShufflePrinter": "theano.printing.vocabulary:DimShufflePrinter",
    "DisconnectedType": "theano.gradient:DisconnectedType",
    "EnumList": "theano.gof.type:EnumList",
    "EquilibriumOptimizer": "theano.gof.opt:EquilibriumOptimizer",
    "FAST_RUN": "theano.compile.mode:FAST_RUN",
    "Function": "theano.compile.function_module:Function",
    "FunctionPrinter": "theano.printing:FunctionPrinter",
    "Generic": "theano.gof.type:Generic",
    "In": "theano.compile.io:In",
    "InconsistencyError": "theano.gof.fg:InconsistencyError",
    "Join": "theano.tensor.basic:Join",
    "MethodNotDefined": "theano.gof.utils:MethodNotDefined",
    "NoneConst": "theano.tensor.type_other:NoneConst",
    "NoneTypeT": "theano.tensor.type_other:NoneTypeT",
    "NotScalarConstantError": "theano.tensor.basic:NotScalarConstantError",
    "NullType": "theano.gof.null_type:NullType",
    "Op": "theano.gof.op:Op",
    "OpenMPOp": "theano.gof.op:OpenMPOp",
    "Optimizer": "theano.gof.opt:Optimizer",
    "OrderedSet": "theano.misc.ordered_set:OrderedSet",
    "OrderedUpdates": "theano.updates:OrderedUpdates",
    "Out": "theano.compile.io:SymbolicOutput",
    "ParamsType": "theano.gof.params_type:ParamsType",
    "PureOp": "theano.gof.op:PureOp",
    "ScanProfileStats": "theano.compile.profiling:ScanProfileStats",
    "Shape_i": "theano.compile.ops:Shape_i",
    "SharedVariable": "theano.compile.sharedvalue:SharedVariable",
    "SliceType": "theano.tensor.type_other:SliceType",
    "SubtensorPrinter": "theano.printing.vocabulary:SubtensorPrinter",
    "T": "theano.tensor",
    "TensorType": "theano.tensor.type:TensorType",
    "Type": "theano.gof.type:Type",
    "Variable": "theano.gof.graph:Variable",
    "as_tensor_variable": "theano.tensor.basic:as_tensor_variable",
    "bool_t": "theano.scalar:bool",
    "c_cpp_keywords": "theano.gof.utils:c_cpp_keywords",
    "change_flags": "theano.configparser:change_flags",
    "clip": "theano.tensor.basic:clip",
    "clone": "theano.scan_module.scan_utils:clone",
    "compile": "theano.compile",
    "config": "theano.configdefaults:config",
    "debugprint": "theano.printing:debugprint",
    "disconnected_type": "theano.gradient:disconnected_type",
    "forced_replace": "theano.scan_module.scan_utils:forced_replace",
    "frozendict": "theano.misc.frozendict:frozendict",
    "function": "theano.compile.function:function",
    "get_canonical_form_slice": "theano.tensor.subtensor:get_canonical_form_slice",
    "get_debug_values": "theano.gof.op:get_debug_values",
    "get_mode": "theano.compile.mode:get_mode",
    "get_scalar_constant_value": "theano.tensor.basic:get_scalar_constant_value",
    "get_scalar_type": "theano.scalar.basic:get_scalar_type",
    "gof": "theano.gof",
    "grad_undefined": "theano.gradient:grad_undefined",
    "graph": "theano.gof.graph",
    "hash_from_code": "theano.gof.utils:hash_from_code",
    "hash_from_ndarray": "theano.tensor.utils:hash_from_ndarray",
    "hashtype": "theano.gof.utils:hashtype",
    "in2out": "theano.gof.opt:in2out",
    "int32": "theano.scalar.basic:int32",
    "int32_t": "theano.scalar.basic:int32",
    "int_t": "theano.scalar.basic:int32",
    "is_same_graph": "theano.gof.graph:is_same_graph",
    "local_optimizer": "theano.gof.opt:local_optimizer",
    "make_slice": "theano.tensor.type_other:make_slice",
    "maybe_add_to_os_environ_pathlist": "theano.compat:maybe_add_to_os_environ_pathlist",
    "mul": "theano.tensor.basic:mul",
    "opt": "theano.gof.opt",
    "optdb": "theano.compile.mode:optdb",
    "orig_function": "theano.compile.function_module:orig_function",
    "pprint": "theano.printing:pprint",
    "printing": "theano.printing",
    "python_all": "builtins:all",
    "python_any": "builtins:any",
    "python_complex": "builtins:complex",
    "rebuild_collect_shared": "theano.compile.pfunc:rebuild_collect_shared",
    "safe_new": "theano.scan_module.scan_utils:safe_new",
    "scal": "theano.scalar",
    "theano": "theano",
    "toolbox": "theano.gof.toolbox",
    "traverse": "theano.scan_module.scan_utils:traverse",
    "values_eq_approx_remove_inf_nan": "theano.tensor.type:values_eq_approx_remove_inf_nan",
    "view_roots": "theano.gof.graph:view_roots",
}

# module -> names
PASSED_ON: dict[str, str] = {
    "theano": "OpenMPOp opt toolbox",
    "theano.compile": "DisconnectedType NullType Variable config gof graph is_same_graph theano",
    "theano.compile.builders": "NullType optdb orig_function rebuild_collect_shared",
    "theano.compile.function_module": "is_same_graph",
    "theano.compile.nanguardmode": "get_mode",
    "theano.compile.pfunc": "Constant config",
    "theano.configdefaults": "AddConfigVar maybe_add_to_os_environ_pathlist",
    "theano.gof": "theano",
    "theano.gof.graph": "OrderedSet config",
    "theano.gof.params_type": "c_cpp_keywords",
    "theano.gof.type": "change_flags",
    "theano.gof.utils": "config",
    "theano.gradient": "DebugMode FAST_RUN Variable get_debug_values get_mode",
    "theano.ifelse": "clone optdb",
    "theano.misc.pkl_utils": "config",
    "theano.printing": "Apply Function Op SharedVariable config",
    "theano.sandbox.rng_mrg": "ParamsType bool_t config function int_t local_optimizer optdb",
    "theano.scan_module.scan": "OrderedUpdates SharedVariable config safe_new traverse",
    "theano.scan_module.scan_checkpoints": "Join",
    "theano.scan_module.scan_op": (
        "DisconnectedType In NullType Out PureOp ScanProfileStats Shape_i TensorType as_tensor_variable config "
        "forced_replace grad_undefined safe_new"
    ),
    "theano.scan_module.scan_utils": "rebuild_collect_shared",
    "theano.tensor": (
        "ParamsType SubtensorPrinter compile get_canonical_form_slice gof int32 int32_t printing python_all "
        "python_any python_complex scal theano"
    ),
    "theano.tensor.basic": "ParamsType int32 int32_t python_all python_any python_complex",
    "theano.tensor.blas": (
        "EquilibriumOptimizer FunctionPrinter InconsistencyError Optimizer ParamsType bool_t config debugprint in2out "
        "local_optimizer optdb pprint values_eq_approx_remove_inf_nan view_roots"
    ),
    "theano.tensor.elemwise": (
        "COp DimShufflePrinter OpenMPOp ParamsType change_flags frozendict get_scalar_type pprint"
    ),
    "theano.tensor.extra_ops": "DisconnectedType EnumList Generic ParamsType disconnected_type int_t",
    "theano.tensor.fft": "DisconnectedType",
    "theano.tensor.inplace": "pprint",
    "theano.tensor.nlinalg": "DisconnectedType",
    "theano.tensor.raw_random": "optdb",
    "theano.tensor.sort": "grad_undefined mul",
    "theano.tensor.subtensor": (
        "DimShuffle DisconnectedType MethodNotDefined NoneConst NoneTypeT NotScalarConstantError ParamsType SliceType "
        "SubtensorPrinter TensorType Type clip config get_scalar_constant_value hashtype make_slice pprint"
    ),
    "theano.tensor.type": "hashtype",
    "theano.tensor.type_other": "Apply DisconnectedType Op Type hashtype",
    "theano.tensor.utils": "hash_from_code",
    "theano.tensor.var": "hash_from_ndarray",
    "theano.typed_list": "Apply Constant Op SliceType T Variable theano",
}


def find(module: str, name: str) -> Any:
    """What ``module.name`` of the table is; None if the table does not know it.

    >>> find("theano.tensor.elemwise", "pprint") is theano.printing.pprint, find("theano.tensor.elemwise", "nothing")
    (True, None)
    """
    if name not in PASSED_ON.get(module, "").split():
        return None
    place, _, attribute = HOMES[name].partition(":")
    found = importlib.import_module(place)
    return getattr(found, attribute) if attribute else found
