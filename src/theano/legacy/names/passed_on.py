"""Names that modules of Theano had imported from others for their own use, and programs import from there: ONE table.

`PASSED_ON` says which of them a module shows, `HOMES` where each lives. They are looked up when they are asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

# name -> "module:attribute", or a module.
HOMES: dict[str, str] = {
    "AddConfigVar": "theano.configparser:AddConfigVar",
    "AddDestroyHandler": "theano.compile.mode:AddDestroyHandler",
    "AddFeatureOptimizer": "theano.compile.mode:AddFeatureOptimizer",
    "Alloc": "theano.tensor.basic:Alloc",
    "AllocEmpty": "theano.tensor.basic:AllocEmpty",
    "Apply": "theano.gof.graph:Apply",
    "Assert": "theano.tensor.checks.assertion:Assert",
    "COp": "theano.legacy.c_code.external_c:COp",
    "Composite": "theano.scalar.basic:Composite",
    "Constant": "theano.gof.graph:Constant",
    "DebugMode": "theano.compile.debugmode:DebugMode",
    "DestroyHandler": "theano.gof.destroyhandler:DestroyHandler",
    "DimShuffle": "theano.tensor.elemwise:DimShuffle",
    "DimShufflePrinter": "theano.printing.vocabulary:DimShufflePrinter",
    "DisconnectedType": "theano.gradient:DisconnectedType",
    "EnumList": "theano.gof.type:EnumList",
    "EquilibriumOptimizer": "theano.gof.opt:EquilibriumOptimizer",
    "ExternalCOp": "theano.legacy.c_code.external_c:ExternalCOp",
    "FAST_RUN": "theano.compile.mode:FAST_RUN",
    "Function": "theano.compile.function_module:Function",
    "FunctionMaker": "theano.compile.function_module:FunctionMaker",
    "FunctionPrinter": "theano.printing:FunctionPrinter",
    "Generic": "theano.gof.type:Generic",
    "In": "theano.compile.io:In",
    "InconsistencyError": "theano.gof.fg:InconsistencyError",
    "IntegerDivisionError": "theano.scalar.basic:IntegerDivisionError",
    "Join": "theano.tensor.basic:Join",
    "MethodNotDefined": "theano.gof.utils:MethodNotDefined",
    "NoOutputFromInplace": "theano.gof.toolbox:NoOutputFromInplace",
    "NoneConst": "theano.tensor.type_other:NoneConst",
    "NoneTypeT": "theano.tensor.type_other:NoneTypeT",
    "NotScalarConstantError": "theano.tensor.basic:NotScalarConstantError",
    "NullType": "theano.gof.null_type:NullType",
    "Op": "theano.gof.op:Op",
    "OpenMPOp": "theano.legacy.c_code.external_c:OpenMPOp",
    "Optimizer": "theano.gof.opt:Optimizer",
    "OrderedSet": "theano.misc.ordered_set:OrderedSet",
    "OrderedUpdates": "theano.updates:OrderedUpdates",
    "Out": "theano.compile.io:SymbolicOutput",
    "OutputGuard": "theano.compile.ops:OutputGuard",
    "ParamsType": "theano.gof.params_type:ParamsType",
    "PrintCurrentFunctionGraph": "theano.compile.mode:PrintCurrentFunctionGraph",
    "PureOp": "theano.gof.op:PureOp",
    "ReplacementDidntRemovedError": "theano.gof.toolbox:ReplacementDidntRemovedError",
    "ScalarOp": "theano.scalar.basic:ScalarOp",
    "ScanProfileStats": "theano.compile.profiling:ScanProfileStats",
    "SequenceDB": "theano.gof.optdb:SequenceDB",
    "Shape_i": "theano.compile.ops:Shape_i",
    "SharedVariable": "theano.compile.sharedvalue:SharedVariable",
    "SliceType": "theano.tensor.type_other:SliceType",
    "SubtensorPrinter": "theano.printing.vocabulary:SubtensorPrinter",
    "Supervisor": "theano.graph.features:Supervisor",
    "T": "theano.tensor",
    "THEANO_FLAGS": "theano.legacy.names.flag_sources:THEANO_FLAGS",
    "THEANO_FLAGS_DICT": "theano.legacy.names.flag_sources:THEANO_FLAGS_DICT",
    "TensorType": "theano.tensor.type:TensorType",
    "TheanoConfigWarning": "theano.legacy.names.flag_sources:TheanoConfigWarning",
    "TopoOptimizer": "theano.gof.opt:TopoOptimizer",
    "Type": "theano.gof.type:Type",
    "Variable": "theano.gof.graph:Variable",
    "_as_scalar": "theano.legacy.tensor.old_functions:_as_scalar",
    "_dot22": "theano.legacy.tensor.composed_ops:dot22",
    "_dot22scalar": "theano.legacy.tensor.composed_ops:dot22scalar",
    "_is_real_matrix": "theano.legacy.tensor.old_functions:_is_real_matrix",
    "add": "theano.scalar.basic:add",
    "as_common_dtype": "theano.scalar.basic:as_common_dtype",
    "as_scalar": "theano.scalar.basic:as_scalar",
    "as_tensor_variable": "theano.tensor.basic:as_tensor_variable",
    "bool_t": "theano.scalar:bool",
    "builtin_bool": "builtins:bool",
    "builtin_complex": "builtins:complex",
    "builtin_float": "builtins:float",
    "builtin_int": "builtins:int",
    "c_cpp_keywords": "theano.gof.utils:c_cpp_keywords",
    "change_flags": "theano.configparser:change_flags",
    "check_equal": "theano.legacy.compile.checkers:check_equal",
    "clip": "theano.tensor.basic:clip",
    "clone": "theano.scan_module.scan_utils:clone",
    "compile": "theano.compile",
    "config": "theano.configdefaults:config",
    "config_files": "theano.legacy.names.flag_sources:config_files",
    "copy_stack_trace": "theano.gof.opt:copy_stack_trace",
    "count": "theano.legacy.names.flag_sources:count",
    "cpuCount": "theano.legacy.names.flag_sources:cpuCount",
    "cpu_contiguous": "theano.tensor.extra_ops:cpu_contiguous",
    "debugprint": "theano.printing:debugprint",
    "deep_copy_op": "theano.compile.ops:deep_copy_op",
    "disconnected_type": "theano.gradient:disconnected_type",
    "discrete_dtypes": "theano.tensor.basic:discrete_dtypes",
    "equal_computations": "theano.scan_module.scan_utils:equal_computations",
    "exclude": "theano.compile.mode:exclude",
    "fblas": "scipy.linalg.blas",
    "fetch_val_for_key": "theano.legacy.names.flag_sources:fetch_val_for_key",
    "float32": "theano.scalar.basic:float32",
    "float64": "theano.scalar.basic:float64",
    "floatX_convert": "theano.legacy.names.flag_sources:floatX_convert",
    "forced_replace": "theano.scan_module.scan_utils:forced_replace",
    "frozendict": "theano.misc.frozendict:frozendict",
    "function": "theano.compile.function:function",
    "get_canonical_form_slice": "theano.tensor.subtensor:get_canonical_form_slice",
    "get_config_hash": "theano.legacy.names.flag_sources:get_config_hash",
    "get_conv_output_shape": "theano.tensor.nnet.abstract_conv:get_conv_output_shape",
    "get_debug_values": "theano.gof.op:get_debug_values",
    "get_home_dir": "theano.legacy.names.flag_sources:get_home_dir",
    "get_info_on_inputs": "theano.legacy.compile.checkers:get_info_on_inputs",
    "get_mode": "theano.compile.mode:get_mode",
    "get_scalar_constant_value": "theano.tensor.basic:get_scalar_constant_value",
    "get_scalar_type": "theano.scalar.basic:get_scalar_type",
    "get_unbound_function": "theano.compat:get_unbound_function",
    "get_variable_trace_string": "theano.gof.utils:get_variable_trace_string",
    "gof": "theano.gof",
    "good_seed_param": "theano.legacy.names.flag_sources:good_seed_param",
    "grad_not_implemented": "theano.gradient:grad_not_implemented",
    "grad_undefined": "theano.gradient:grad_undefined",
    "graph": "theano.gof.graph",
    "hash_from_code": "theano.gof.utils:hash_from_code",
    "hash_from_ndarray": "theano.tensor.utils:hash_from_ndarray",
    "hashtype": "theano.gof.utils:hashtype",
    "have_fblas": "theano.legacy.tensor.old_functions:imported_scipy",
    "imported_scipy": "theano.legacy.tensor.old_functions:imported_scipy",
    "imported_scipy_signal": "theano.legacy.tensor.old_functions:imported_scipy_signal",
    "imported_scipy_special": "theano.legacy.tensor.old_functions:imported_scipy_special",
    "in2out": "theano.gof.opt:in2out",
    "infer_reuse_pattern": "theano.graph.destroyhandler:infer_reuse_pattern",
    "inherit_stack_trace": "theano.gof.opt:inherit_stack_trace",
    "int32": "theano.scalar.basic:int32",
    "int32_t": "theano.scalar.basic:int32",
    "int64": "theano.scalar.basic:int64",
    "int8": "theano.scalar.basic:int8",
    "int_t": "theano.scalar.basic:int32",
    "is_same_graph": "theano.gof.graph:is_same_graph",
    "local_bitwidth": "theano.legacy.names.flag_sources:local_bitwidth",
    "local_optimizer": "theano.gof.opt:local_optimizer",
    "local_useless": "theano.compile.mode:local_useless",
    "logging": "logging",
    "make_slice": "theano.tensor.type_other:make_slice",
    "maybe_add_to_os_environ_pathlist": "theano.compat:maybe_add_to_os_environ_pathlist",
    "mul": "theano.tensor.basic:mul",
    "opt": "theano.gof.opt",
    "optdb": "theano.compile.mode:optdb",
    "orig_function": "theano.compile.function_module:orig_function",
    "patternbroadcast": "theano.tensor.basic:patternbroadcast",
    "pprint": "theano.printing:pprint",
    "pre_constant_merge": "theano.gof.opt:pre_constant_merge",
    "pre_greedy_local_optimizer": "theano.gof.opt:pre_greedy_local_optimizer",
    "printing": "theano.printing",
    "python_all": "builtins:all",
    "python_any": "builtins:any",
    "python_complex": "builtins:complex",
    "python_int_bitwidth": "theano.legacy.names.flag_sources:python_int_bitwidth",
    "raise_with_op": "theano.gof.link:raise_with_op",
    "rebuild_collect_shared": "theano.compile.pfunc:rebuild_collect_shared",
    "register_canonicalize": "theano.tensor.opt:register_canonicalize",
    "register_checker": "theano.legacy.compile.checkers:register_checker",
    "register_mode": "theano.compile.mode:register_mode",
    "register_specialize_device": "theano.tensor.opt:register_specialize_device",
    "remove": "theano.gof.utils:remove",
    "safe_new": "theano.scan_module.scan_utils:safe_new",
    "scal": "theano.scalar",
    "scalar": "theano.scalar",
    "scalar_sigmoid": "theano.tensor.nnet.sigm:scalar_sigmoid",
    "sparse_block_dot": "theano.tensor.nnet.blocksparse:sparse_block_dot",
    "split_version": "theano.legacy.names.flag_sources:split_version",
    "std_fgraph": "theano.compile.maker:std_fgraph",
    "sub": "theano.scalar.basic:sub",
    "tensor": "theano.tensor",
    "theano": "theano",
    "theano_cfg": "theano.legacy.names.flag_sources:theano_cfg",
    "theano_raw_cfg": "theano.legacy.names.flag_sources:theano_raw_cfg",
    "toolbox": "theano.gof.toolbox",
    "traverse": "theano.scan_module.scan_utils:traverse",
    "true_div": "theano.scalar.basic:true_div",
    "undef": "theano.gof.utils:undef",
    "until": "theano.scan:until",
    "values_eq_approx_remove_inf": "theano.tensor.type:values_eq_approx_remove_inf",
    "values_eq_approx_remove_inf_nan": "theano.tensor.type:values_eq_approx_remove_inf_nan",
    "values_eq_approx_remove_nan": "theano.tensor.type:values_eq_approx_remove_nan",
    "view_roots": "theano.gof.graph:view_roots",
}

# module -> names
PASSED_ON: dict[str, str] = {
    "theano": "OpenMPOp opt toolbox",
    "theano.compile": (
        "AddDestroyHandler AddFeatureOptimizer DisconnectedType NullType PrintCurrentFunctionGraph Supervisor "
        "Variable check_equal config exclude get_info_on_inputs gof graph infer_reuse_pattern is_same_graph "
        "local_useless register_checker std_fgraph theano"
    ),
    "theano.compile.builders": "NullType optdb orig_function rebuild_collect_shared",
    "theano.compile.debugmode": (
        "Function FunctionMaker OutputGuard change_flags get_unbound_function raise_with_op register_mode"
    ),
    "theano.compile.function_module": "check_equal get_info_on_inputs is_same_graph register_checker",
    "theano.compile.nanguardmode": "get_mode",
    "theano.compile.pfunc": "Constant config",
    "theano.configdefaults": (
        "AddConfigVar THEANO_FLAGS_DICT count cpuCount floatX_convert get_home_dir good_seed_param local_bitwidth "
        "maybe_add_to_os_environ_pathlist python_int_bitwidth split_version"
    ),
    "theano.configparser": (
        "THEANO_FLAGS THEANO_FLAGS_DICT TheanoConfigWarning config config_files fetch_val_for_key "
        "get_config_hash theano_cfg theano_raw_cfg"
    ),
    "theano.gof": "theano",
    "theano.gof.destroyhandler": "OrderedSet",
    "theano.gof.fg": "OrderedSet get_variable_trace_string",
    "theano.gof.graph": "OrderedSet config",
    "theano.gof.link": "undef",
    "theano.gof.opt": "OrderedSet logging theano",
    "theano.gof.optdb": "OrderedSet opt",
    "theano.gof.params_type": "c_cpp_keywords",
    "theano.gof.type": "change_flags",
    "theano.gof.utils": "config",
    "theano.gradient": "DebugMode FAST_RUN Variable get_debug_values get_mode",
    "theano.graph.op": "COp ExternalCOp OpenMPOp",
    "theano.ifelse": "clone optdb",
    "theano.misc.pkl_utils": "config",
    "theano.printing": "Apply Function Op SharedVariable config",
    "theano.sandbox.linalg.ops": "imported_scipy",
    "theano.sandbox.multinomial": "as_scalar",
    "theano.sandbox.rng_mrg": "ParamsType bool_t config function int_t local_optimizer optdb",
    "theano.scalar": "builtin_bool builtin_complex builtin_float builtin_int imported_scipy_special",
    "theano.scalar.basic": "builtin_bool builtin_complex builtin_float builtin_int",
    "theano.scalar.basic_scipy": "imported_scipy_special",
    "theano.scalar.basic_sympy": "Apply ScalarOp as_scalar float32 float64 int64 remove",
    "theano.legacy.scan.utils": "until",
    "theano.scan_module.scan": "OrderedUpdates SharedVariable config safe_new traverse",
    "theano.scan_module.scan_checkpoints": "Join",
    "theano.scan_module.scan_op": (
        "AddFeatureOptimizer DisconnectedType In NoOutputFromInplace NullType Out PureOp ScanProfileStats Shape_i "
        "TensorType as_tensor_variable config forced_replace grad_undefined safe_new"
    ),
    "theano.scan_module.scan_opt": (
        "Alloc AllocEmpty DestroyHandler InconsistencyError deep_copy_op equal_computations get_scalar_constant_value "
        "pre_constant_merge pre_greedy_local_optimizer"
    ),
    "theano.scan_module.scan_utils": "rebuild_collect_shared",
    "theano.sparse": "DisconnectedType config gof grad_not_implemented grad_undefined scalar tensor theano",
    "theano.sparse.basic": "config",
    "theano.tensor": (
        "ParamsType SubtensorPrinter compile get_canonical_form_slice gof int32 int32_t printing python_all "
        "python_any python_complex scal theano"
    ),
    "theano.tensor.basic": "ParamsType int32 int32_t python_all python_any python_complex",
    "theano.tensor.blas": (
        "_as_scalar _dot22 _dot22scalar _is_real_matrix "
        "EquilibriumOptimizer FunctionPrinter InconsistencyError Optimizer ParamsType ReplacementDidntRemovedError "
        "SequenceDB bool_t config debugprint fblas have_fblas in2out inherit_stack_trace local_optimizer optdb pprint "
        "values_eq_approx_remove_inf_nan view_roots"
    ),
    "theano.tensor.elemwise": (
        "COp DimShufflePrinter OpenMPOp ParamsType change_flags frozendict get_scalar_type pprint"
    ),
    "theano.tensor.extra_ops": "DisconnectedType EnumList Generic ParamsType disconnected_type int_t",
    "theano.tensor.fft": "DisconnectedType",
    "theano.tensor.inplace": "pprint",
    "theano.tensor.nlinalg": "DisconnectedType",
    "theano.tensor.nnet": "scalar_sigmoid",
    "theano.tensor.nnet.abstract_conv": (
        "Apply Assert NotScalarConstantError Op get_scalar_constant_value imported_scipy_signal patternbroadcast"
    ),
    "theano.tensor.nnet.blocksparse": "discrete_dtypes grad_undefined",
    "theano.tensor.nnet.bn": (
        "Apply Composite Op TensorType add as_common_dtype copy_stack_trace local_optimizer "
        "register_specialize_device sub true_div"
    ),
    "theano.tensor.nnet.conv": (
        "Apply NotScalarConstantError OpenMPOp as_tensor_variable get_scalar_constant_value imported_scipy_signal "
        "patternbroadcast"
    ),
    "theano.tensor.nnet.conv3d2d": "Apply DisconnectedType Op TopoOptimizer copy_stack_trace",
    "theano.tensor.nnet.corr": (
        "Apply EnumList ParamsType TensorType as_tensor_variable get_conv_output_shape int64 int8"
    ),
    "theano.tensor.nnet.corr3d": "Apply EnumList ParamsType TensorType as_tensor_variable get_conv_output_shape int64",
    "theano.tensor.nnet.ctc": "config cpu_contiguous grad_undefined local_optimizer register_canonicalize",
    "theano.tensor.nnet.neighbours": "Apply EnumList Op grad_not_implemented grad_undefined",
    "theano.tensor.nnet.nnet": (
        "Apply DisconnectedType as_tensor_variable copy_stack_trace grad_not_implemented optdb sparse_block_dot "
        "values_eq_approx_remove_inf values_eq_approx_remove_nan"
    ),
    "theano.tensor.nnet.sigm": "NotScalarConstantError config copy_stack_trace pprint values_eq_approx_remove_inf",
    "theano.tensor.raw_random": "optdb",
    "theano.tensor.signal.pool": "Apply DisconnectedType EnumList OpenMPOp ParamsType Variable bool_t",
    "theano.tensor.slinalg": "imported_scipy",
    "theano.tensor.sort": "grad_undefined mul",
    "theano.tensor.subtensor": (
        "DimShuffle DisconnectedType MethodNotDefined NoneConst NoneTypeT NotScalarConstantError ParamsType SliceType "
        "SubtensorPrinter TensorType Type clip config get_scalar_constant_value hashtype make_slice pprint"
    ),
    "theano.tensor.type": "hashtype",
    "theano.tensor.type_other": "Apply DisconnectedType Op Type hashtype",
    "theano.tensor.utils": "hash_from_code",
    "theano.tensor.var": "IntegerDivisionError hash_from_ndarray",
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
