"""Where names live that older programs import from other places: ONE table of modules, ONE table of late attributes.

`MOVED` maps documented names of modules to where those modules are in this package. `ALIASES` maps the name of a module that does not exist here to the places where its names live now; those of
`ON_DEMAND` come into being when they are imported. `LATE` lists the names that a module of a lower layer shows although
a higher layer defines them (``T.grad``), `LAZY` those that a module finds when they are first asked for.
`theano.legacy.names.aliases` makes modules and attributes of the tables.
"""

from __future__ import annotations

_DTYPES = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"
)

# A documented module of Theano -> the module of this package that it is: both names give the same object.
MOVED: dict[str, str] = {
    "theano.compat": "theano.legacy.compat",
    "theano.compat.clients": "theano.legacy.compat.clients",
    "theano.compile.debugmode": "theano.check.debugmode",
    "theano.compile.monitormode": "theano.check.monitormode",
    "theano.compile.nanguardmode": "theano.check.nanguardmode",
    "theano.compile.profiling": "theano.compile.times.profiling",
    "theano.compile.sharedvalue": "theano.compile.shared_variables.variables",
    "theano.configdefaults": "theano.base.flag_table",
    "theano.configparser": "theano.base.flags",
    "theano.d3viz": "theano.show.graphs",
    "theano.d3viz.d3viz": "theano.show.graphs.d3viz",
    "theano.d3viz.formatting": "theano.show.graphs.formatting",
    "theano.explanation": "theano.show.explanation",
    "theano.graph.params_type": "theano.legacy.c_code.params_type",
    "theano.graph.sched": "theano.legacy.graph.sched",
    "theano.graph.unify": "theano.legacy.graph.unify",
    "theano.misc.doubleop": "theano.legacy.misc.doubleop",
    "theano.misc.frozendict": "theano.legacy.misc.frozendict",
    "theano.misc.may_share_memory": "theano.legacy.misc.may_share_memory",
    "theano.misc.ordered_set": "theano.legacy.misc.ordered_set",
    "theano.misc.pkl_utils": "theano.legacy.misc.pkl_utils",
    "theano.misc.safe_asarray": "theano.legacy.misc.safe_asarray",
    "theano.misc.strutil": "theano.legacy.misc.strutil",
    "theano.notebooks": "theano.show.notebooks",
    "theano.progress": "theano.base.progress",
    "theano.run": "theano.legacy.compat.run",
    "theano.scalar.basic_sympy": "theano.legacy.c_code.sympy_ops",
    "theano.sparse.sandbox.sp": "theano.legacy.sparse.sandbox",
    "theano.tensor.blas": "theano.tensor.linalg.blas",
    "theano.tensor.extra_ops": "theano.tensor.pointwise.extra_ops",
    "theano.tensor.fourier": "theano.legacy.tensor.fourier",
    "theano.tensor.inplace": "theano.legacy.tensor.inplace",
    "theano.tensor.io": "theano.legacy.tensor.io",
    "theano.tensor.nlinalg": "theano.tensor.linalg.nlinalg",
    "theano.tensor.nnet.abstract_conv": "theano.tensor.nnet.convolution.functions",
    "theano.tensor.nnet.bn": "theano.tensor.nnet.normalising.bn",
    "theano.tensor.nnet.conv": "theano.legacy.nnet.conv",
    "theano.tensor.nnet.conv3d2d": "theano.legacy.nnet.conv3d2d",
    "theano.tensor.nnet.corr": "theano.legacy.nnet.corr",
    "theano.tensor.nnet.corr3d": "theano.legacy.nnet.corr3d",
    "theano.tensor.nnet.upsampling": "theano.tensor.nnet.convolution.upsampling",
    "theano.tensor.signal.downsample": "theano.legacy.tensor.downsample",
    "theano.tensor.slinalg": "theano.tensor.linalg.slinalg",
    "theano.tensor.sort": "theano.tensor.sorting.sort",
    "theano.tensor.subtensor": "theano.tensor.indexing.subtensor",
    "theano.tests": "theano.legacy.tests",
    "theano.tests.breakpoint": "theano.legacy.tests.breakpoint",
    "theano.tests.disturb_mem": "theano.legacy.tests.disturb_mem",
    "theano.tests.main": "theano.legacy.tests.main",
    "theano.tests.record": "theano.legacy.tests.record",
    "theano.tests.unittest_tools": "theano.legacy.tests.unittest_tools",
    "theano.typed_list": "theano.legacy.typed_list",
    "theano.typed_list.basic": "theano.legacy.typed_list.basic",
    "theano.typed_list.inplace": "theano.legacy.typed_list.inplace",
    "theano.typed_list.type": "theano.legacy.typed_list.type",
}

# alias -> places, searched in turn. "name=module:attribute" renames one thing.
ALIASES: dict[str, tuple[str, ...]] = {
    "theano.misc": (),
    "theano.gof": (
        "theano.graph",
        "theano.graph.features",
        "theano.rewrite",
        "Container=theano.compile.sharedvalue:Container",
        "Env=theano.graph:FunctionGraph",
        "hashtype=theano.legacy.graph.helpers:hashtype",
        "object2=theano.legacy.graph.old_helpers:object2",
        "theano.compile.linkers",
        "theano.compile.wrap_linkers",
        "theano.graph.destroyhandler",
        "theano.legacy.c_code.external_c",
        "theano.graph.params_type",
        "theano.legacy.c_code.enum_type",
        "theano.legacy.c_code.cdata_type",
    ),
    "theano.gof.params_type": ("theano.graph.params_type", "theano.legacy.c_code.enum_type", "theano.graph"),
    "theano.gof.cc": (
        "theano.compile.linkers",
        "theano.compile.wrap_linkers",
        "config=theano.configdefaults:config",
    ),
    "theano.gof.compilelock": ("theano.legacy.compat.compile_lock", "config=theano.configdefaults:config"),
    "theano.gof.destroyhandler": (
        "theano.graph.destroyhandler",
        "config=theano.configdefaults:config",
        "theano.graph.errors",
    ),
    "theano.gof.fg": ("theano.graph", "theano.graph.fgraph", "config=theano.configdefaults:config"),
    "theano.gof.graph": (
        "NoParams=theano.graph.nodes:NoParams",
        "is_same_graph_with_merge=theano.graph:is_same_graph",
        "nodes_constructed=theano.graph.nodes:nodes_constructed",
        "inputs=theano.graph:graph_inputs",
        "ops=theano.graph:list_of_nodes",
        "theano.graph",
        "theano.graph.walk",
        "theano.graph.connection",
    ),
    "theano.gof.link": (
        "Container=theano.compile.sharedvalue:Container",
        "raise_with_op=theano.compile.errors:raise_with_op_of_thunk",
        "theano.compile.linkers",
        "theano.compile.wrap_linkers",
        "Type=theano.graph:Type",
    ),
    "theano.gof.null_type": ("theano.graph.null_type",),
    "theano.gof.op": (
        "theano.graph.op",
        "theano.legacy.graph.debug",
        "theano.legacy.c_code.external_c",
        "theano.graph",
    ),
    "theano.gof.sched": (
        "_toposort=theano.graph.sched:_toposort",
        "theano.graph.sched",
        "list_of_nodes=theano.graph:list_of_nodes",
    ),
    "theano.gof.toolbox": (
        "theano.graph.features",
        "BadOptimization=theano.compile.debugmode:BadOptimization",
        "config=theano.configdefaults:config",
    ),
    "theano.gof.type": (
        "PureType=theano.graph:Type",
        "object2=theano.legacy.graph.old_helpers:object2",
        "theano.graph.type",
        "theano.legacy.c_code.enum_type",
        "theano.legacy.c_code.cdata_type",
        "theano.graph",
    ),
    "theano.gof.utils": (
        "theano.legacy.graph.old_helpers",
        "theano.legacy.graph.helpers",
        "theano.graph.errors",
        "scratchpad=theano.graph:Scratchpad",
        "theano.graph",
    ),
    "theano.gof.opt": (
        "_metadict=theano.legacy.graph.old_helpers:Left",  # in pickles of functions
        "theano.rewrite",
        "theano.graph.features",
        "config=theano.configdefaults:config",
        "InconsistencyError=theano.graph:InconsistencyError",
        "LocalMetaOptimizer=theano.legacy.compile.meta_optimizer:LocalMetaOptimizer",
        "LocalMetaOptimizerSkipAssertionError=theano.legacy.compile.meta_optimizer:LocalMetaOptimizerSkipAssertionError",
    ),
    "theano.gof.optdb": (
        "theano.rewrite",
        "config=theano.configdefaults:config",
        "DefaultOrderedDict=theano.compat:DefaultOrderedDict",
    ),
    "theano.gof.vm": (
        "VM_Linker=theano.compile.linkers:VM_Linker",
        "theano.legacy.compile.thunk_vm",
        "config=theano.configdefaults:config",
    ),
    # Where later versions of Theano kept them.
    "theano.graph.basic": ("walk=theano.graph.walk:walk", "theano.graph"),
    "theano.graph.fg": ("theano.graph",),
    "theano.graph.utils": ("theano.graph.errors", "scratchpad=theano.graph:Scratchpad"),
    "theano.compile.function_module": (
        "theano.compile",
        "theano.compile.executable",
        "theano.compile.maker",
        "theano.compile.errors",
        "alias_root=theano.graph.walk:alias_root",
        "infer_reuse_pattern=theano.graph.destroyhandler:infer_reuse_pattern",
        "Supervisor=theano.graph.features:Supervisor",
        "_constructor_Function=theano.legacy.compat.older_graphs:read_function",  # in pickles
    ),
    "theano.compile.pfunc": ("theano.compile", "theano.compile.rebuild", "theano.legacy.compile.collect_shared"),
    # Of Theano-PyMC. Not on demand, for then they would become attributes of a module in which a function uses `pfunc`.
    "theano.compile.function.pfunc": ("theano.compile", "theano.compile.rebuild", "theano.legacy.compile.collect_shared"),
    "theano.compile.function.types": (
        "theano.compile",
        "theano.compile.executable",
        "theano.compile.maker",
        "theano.compile.errors",
    ),
    # Where functions in older pickles look for them.
    "theano.rewrite.database": ("theano.rewrite.engine.database",),
    "theano.rewrite.softmax_op": ("theano.tensor.nnet.softmax_along",),
    "theano.raise_op": ("theano.tensor.checks.raise_op",),
    "theano.updates": ("theano.compile.shared_variables.updates", "Updates=theano.compile.shared_variables.updates:OrderedUpdates"),
    "theano.utils": ("theano.graph.errors", "theano.graph"),
    "theano.version": (
        "version=theano:__version__",
        "short_version=theano:__version__",
        "full_version=theano:__version__",
    ),
    "theano.scalar.basic": ("theano.scalar",),
    "theano.scalar.basic_scipy": (
        "theano.scalar",
        "grad_not_implemented=theano.graph.null_type:grad_not_implemented",
    ),
    "theano.scalar.sharedvar": (
        "Scalar=theano.scalar:Scalar",
        "ScalarSharedVariable=theano.compile.shared_variables.tensors:ScalarSharedVariable",
        "SharedVariable=theano.compile.sharedvalue:SharedVariable",
        "shared=theano.compile.shared_variables.tensors:scalar_constructor",
    ),
    "theano.scan_module": ("theano.scan",),
    "theano.scan_module.scan": ("theano.scan.function", "theano.scan"),
    "theano.scan_module.scan_checkpoints": ("theano.scan.checkpoints",),
    "theano.scan_module.scan_op": ("theano.scan.op", "theano.scan"),
    "theano.scan_module.scan_utils": (
        "theano.scan.returned",
        "theano.legacy.scan.utils",
        "theano.graph",
        "clone=theano.graph:clone_replace",
        "map_variables=theano.compile.mapping:map_variables",
    ),
    "theano.scan_module.scan_views": ("theano.scan.views", "theano.scan"),
    "theano.tensor.basic": (
        "_scal_elemwise=theano.tensor.pointwise.math:_scal_elemwise",
        "_allclose=theano.legacy.tensor.old_functions:_allclose",
        "_dot=theano.tensor.linalg.dot:dot_op",
        *(f"_convert_to_{dtype}=theano.legacy.tensor.old_functions:_convert_to_{dtype}" for dtype in _DTYPES.split()),
        "theano.tensor",
    ),
    "theano.tensor.nnet.nnet": (
        "ScalarSoftsign=theano.legacy.scalar.classes:ScalarSoftsign",
        "scalar_softsign=theano.scalar:softsign",
        "theano.tensor.nnet",
    ),
    "theano.tensor.nnet.sigm": (
        "ScalarSigmoid=theano.legacy.scalar.classes:ScalarSigmoid",
        "ScalarSoftplus=theano.legacy.scalar.classes:ScalarSoftplus",
        "UltraFastScalarSigmoid=theano.legacy.scalar.classes:UltraFastScalarSigmoid",
        "scalar_sigmoid=theano.scalar:sigmoid",
        "scalar_softplus=theano.scalar:softplus",
        "ultra_fast_scalar_sigmoid=theano.scalar:ultra_fast_sigmoid",
        "theano.legacy.nnet.product_trees",
        "theano.tensor.nnet",
    ),
    "theano.tensor.opt": (
        "ShapeFeature=theano.tensor.checks.shape_feature:ShapeFeature",
        "assert_=theano.tensor.checks.assertion:assert_op",
        "make_vector=theano.legacy.tensor.old_functions:make_vector",
        "theano.rewrite",
        "theano.tensor.checks.assertion",
        "theano.tensor.shaping.shape",
        "theano.tensor.checks.static_value",
        "theano.tensor",
    ),
    "theano.sandbox.rng_mrg": (
        "theano.random.mrg",
        "theano.tensor.random.mrg31k3p",
        "theano.tensor.random.mrg_uniform",
        "MRG_RandomStream=theano.random.mrg:MRG_RandomStreams",
        "DotModulo=theano.legacy.tensor.composed_ops:DotModulo",
        "mrg_random_make_inplace=theano.legacy.rewrite.random_inplace:mrg_random_make_inplace",
    ),
    "theano.sandbox.linalg": ("theano.tensor.nlinalg", "theano.tensor.slinalg", "psd=theano.rewrite.hints:psd"),
    "theano.sandbox.linalg.ops": (
        "theano.tensor.nlinalg",
        "theano.tensor.slinalg",
        "theano.rewrite.hints",
        "theano.legacy.misc.linalg_rewrites",
        "theano.tensor.opt",
        "theano.tensor.blas",
        "theano.tensor.elemwise",
    ),
    "theano.sandbox.multinomial": (
        "theano.tensor.random.mrg_uniform",
        "MultinomialWOReplacementFromUniform=theano.tensor.random.mrg_uniform:ChoiceFromUniform",
    ),
    "theano.sandbox.neighbours": ("theano.tensor.nnet.neighbours",),
    "theano.sandbox.softsign": ("theano.tensor.nnet", "theano.tensor"),
    "theano.tensor.raw_random": (
        "theano.tensor.random.draws",
        "theano.tensor.random.function",
        "theano.tensor.random.state",
        "theano.tensor.random.base",
        "_infer_ndim_bcast=theano.tensor.random.size:infer_ndim_bcast",
        "random_make_inplace=theano.legacy.rewrite.random_inplace:random_make_inplace",
    ),
    "theano.tensor.shared_randomstreams": ("theano.random.shared_streams",),
    "theano.tensor.sharedvar": (
        "load_shared_variable=theano.compile.shared_variables.tensors:tensor_constructor",
        "theano.compile.shared_variables.tensors",
        "theano.compile",
    ),
    "theano.tensor.utils": (
        "shape_of_variables=theano.tensor.checks.shape_feature:shape_of_variables",
        "hash_from_ndarray=theano.legacy.graph.helpers:hash_from_ndarray",
        "theano.tensor",
    ),
    "theano.tensor.xlogx": (
        "XlogX=theano.legacy.scalar.classes:XlogX",
        "XlogY0=theano.legacy.scalar.classes:XlogY0",
        "scalar_xlogx=theano.scalar:xlogx",
        "scalar_xlogy0=theano.scalar:xlogy0",
        "theano.tensor.pointwise.math",
        "theano.tensor",
    ),
    "theano.tensor.var": (
        "TensorConstantSignature=theano.legacy.graph.old_helpers:Left",  # in pickles of functions
        "equal_slices=theano.legacy.tensor.old_functions:equal_slices",
        "theano.tensor.variable",
        "theano.tensor",
    ),
}

# The same, of packages that are loaded when they are used: such an alias comes into being when it is imported.
ON_DEMAND: dict[str, tuple[str, ...]] = {
    "theano.gof.unify": ("theano.graph.unify",),
    "theano.scan_module.scan_opt": ("theano.legacy.compile.scan_rewrites",),
    "theano.tensor.opt_uncanonicalize": (
        "CAReduce=theano.tensor.reductions.reduction:CAReduce",
        "DimShuffle=theano.tensor.elemwise:DimShuffle",
        "Subtensor=theano.tensor.subtensor:Subtensor",
        "copy_stack_trace=theano.gof.opt:copy_stack_trace",
        "register_uncanonicalize=theano.tensor.opt:register_uncanonicalize",
    ),
    "theano.typed_list.opt": (
        "Append=theano.typed_list:Append",
        "Extend=theano.typed_list:Extend",
        "Insert=theano.typed_list:Insert",
        "Remove=theano.typed_list:Remove",
        "Reverse=theano.typed_list:Reverse",
        "TopoOptimizer=theano.gof.opt:TopoOptimizer",
        "typed_list_inplace_opt=theano.typed_list.inplace:typed_list_inplace_opt",
    ),
    "theano.tensor.blas_c": (
        "CGemv=theano.tensor.blas:Gemv",
        "CGer=theano.tensor.blas:Ger",
        "cgemv_inplace=theano.tensor.blas:gemv_inplace",
        "cgemv_no_inplace=theano.tensor.blas:gemv_no_inplace",
        "cger_inplace=theano.tensor.blas:ger_destructive",
        "cger_no_inplace=theano.tensor.blas:ger",
        "check_force_gemv_init=theano.legacy.tensor.old_functions:check_force_gemv_init",
        "theano.tensor.blas",
    ),
    "theano.tensor.blas_scipy": (
        "ScipyGer=theano.tensor.blas:Ger",
        "scipy_ger_inplace=theano.tensor.blas:ger_destructive",
        "scipy_ger_no_inplace=theano.tensor.blas:ger",
        "theano.tensor.blas",
    ),
    "theano.misc.cpucount": ("cpuCount=theano.legacy.names.flag_sources:cpuCount",),
    "theano.sandbox.solve": ("solve=theano.tensor.slinalg:solve",),
    "theano.sparse.basic": (
        "_is_sparse_variable=theano.sparse.variable:is_sparse_variable",
        "_is_sparse=theano.sparse.values:is_sparse",
        "_is_dense=theano.sparse.older_names:is_dense",
        "_is_dense_variable=theano.sparse.older_names:is_dense_variable",
        "_mtypes=theano.sparse.older_names:mtypes",
        "_mtype_to_str=theano.sparse.older_names:mtype_to_str",
        "theano.sparse",
        "theano.gradient",
    ),
    "theano.sparse.opt": (
        "CSMGradC=theano.sparse.csm:CSMGrad",
        "csm_grad_c=theano.sparse.csm:csm_grad",
        "theano.sparse",
        "theano.rewrite",
    ),
    "theano.sparse.sandbox": (),
    "theano.sparse.sandbox.sp2": ("theano.random.sparse_draws",),
    "theano.sparse.sharedvar": ("theano.compile.shared_variables.sparse",),
    "theano.sandbox.blocksparse": ("theano.tensor.nnet.blocksparse",),
    "theano.tensor.nnet.ctc": ("theano.scan.ctc",),
    "theano.tensor.nnet.Conv3D": ("theano.legacy.nnet.volumes",),
    "theano.tensor.nnet.ConvGrad3D": ("theano.legacy.nnet.volumes",),
    "theano.tensor.nnet.ConvTransp3D": ("theano.legacy.nnet.volumes",),
    "theano.sparse.utils": ("theano.sparse.variable", "hash_from_code=theano.legacy.graph.helpers:hash_from_code"),
}

# Where Theano-PyMC and Aesara keep what is in Theano's modules: new name -> old names. They come on demand, too.
NEWER: dict[str, tuple[str, ...]] = {
    "theano.assert_op": ("theano.tensor.checks.assertion",),
    "theano.breakpoint": ("theano.tests.breakpoint",),
    "theano.graph.opt": ("theano.gof.opt", "theano.gof.graph"),
    "theano.graph.optdb": ("theano.gof.optdb",),
    "theano.graph.toolbox": ("theano.gof.toolbox",),
    "theano.scan.opt": ("theano.scan_module.scan_opt",),
    "theano.link": ("theano.gof.link", "theano.gof.vm", "theano.gof.cc"),
    "theano.link.basic": ("theano.gof.link",),
    "theano.link.c": ("theano.gof.cc",),
    "theano.link.c.basic": ("theano.gof.cc",),
    "theano.link.c.op": ("theano.gof.op",),
    "theano.link.c.params_type": ("theano.gof.params_type",),
    "theano.link.c.type": ("theano.gof.type",),
    "theano.link.utils": ("theano.gof.link",),
    "theano.link.vm": ("theano.gof.vm",),
    "theano.scalar.math": ("theano.scalar.basic_scipy",),
    "theano.scan.basic": ("theano.scan_module.scan", "theano.scan_module"),
    "theano.tensor.basic_opt": ("theano.tensor.opt",),
    "theano.tensor.exceptions": (
        "ShapeError=theano.graph:ShapeError",
        "NotScalarConstantError=theano.tensor.checks.static_value:NotScalarConstantError",
    ),
}
ON_DEMAND.update(NEWER)

# Modules of Theano before 1.0, which programs of that time import. They come on demand, too.
OLDER: dict[str, tuple[str, ...]] = {
    "theano.compat.python2x": ("theano.compat", "all=builtins:all", "any=builtins:any", "Counter=collections:Counter"),
    "theano.compile.profilemode": ("theano.compile.times.profile_mode",),
    "theano.gof.env": ("Env=theano.graph:FunctionGraph", "InconsistencyError=theano.graph:InconsistencyError"),
    "theano.gof.python25": (
        "theano.compat",
        "all=builtins:all",
        "any=builtins:any",
        "combinations=itertools:combinations",
        "maxsize=sys:maxsize",
        "product=itertools:product",
    ),
    "theano.lazycond": ("theano.ifelse",),
}
ON_DEMAND.update(OLDER)

# Modules that are attributes of their parents although those have a function of that name.
ALWAYS_MODULES = frozenset({"theano.tensor.xlogx"})

# module -> names, each "names of one module: that module". A name that is there already stays.
LATE: dict[str, dict[str, str]] = {
    "theano.tensor": {
        "theano.gradient": "Lop Rop consider_constant grad grad_not_implemented grad_undefined hessian "
        "jacobian numeric_grad DisconnectedType",
        "theano.graph": "Apply Constant Generic Op Type Variable MethodNotDefined ShapeError",
        "theano.legacy.graph.helpers": "hashtype",
        "theano.printing": "min_informative_str pprint",
        "theano.configdefaults": "config",
        "theano.compile": "shared",
        "theano.compile.shared_variables.tensors": "_shared",
        "theano.check.verify_grad": "verify_grad",
        "theano.tensor.type_other": "NoneConst NoneTypeT none_type_t",
    },
    "theano.tensor.elemwise": {
        "theano.tensor.reductions.reduction": "All Any CAReduce CAReduceDtype Prod ProdWithoutZeros Sum",
        "theano.tensor.type": "TensorType",
        "theano.tensor.variable": "TensorConstant",
    },
    "theano.tensor.extra_ops": {"theano.tensor.shaping.diagonal": "fill_diagonal fill_diagonal_offset"},
    "theano.tensor.subtensor": {
        "theano.tensor.indexing.indexing": "take",
        "theano.tensor.indexing.advanced_subtensor": "AdvancedIncSubtensor AdvancedIncSubtensor1 "
        "AdvancedSubtensor AdvancedSubtensor1 advanced_inc_subtensor1 advanced_set_subtensor1 advanced_subtensor1",
    },
    "theano.compile": {"theano.check.debugmode": "DebugMode", "theano.check.nanguardmode": "NanGuardMode"},
    "theano.gradient": {"theano.check.verify_grad": "mode_not_slow verify_grad", "theano": "tensor"},
    "theano.scan.hooks": {
        "theano.compile.steps": "compile_step",
        "theano.compile.shared_variables.updates": "OrderedUpdates",
    },
}

# The same, but the place is imported when one of its names is first asked for. "*" are the names of its `__all__`; a
# name that is given as the module's own is a package inside.
LAZY: dict[str, dict[str, str]] = {
    "theano.graph": {"theano.graph": "opt optdb toolbox"},
    "theano.rewrite": {
        "theano.legacy.rewrite.merging": "FromFunctionOptimizer MergeFeature MergeOptimizer inplace_optimizer is_same_graph_with_merge "
        "merge_dict optimizer pre_constant_merge",
        "theano.legacy.rewrite.navigators": "EquilibriumOptimizer NavigatorOptimizer OpKeyOptimizer TopoOptimizer in2out out2in "
        "pre_greedy_local_optimizer",
        "theano.legacy.rewrite.node_rewrites": "FromFunctionLocalOptimizer LocalOptGroup LocalOptimizer OpRemove OpSub check_chain local_optimizer",
        "theano.legacy.rewrite.pattern_sub": "PatternSub",
        "theano.legacy.rewrite.registration": "register_canonicalize register_specialize register_specialize_device register_stabilize "
        "register_uncanonicalize register_useless",
        "theano.legacy.rewrite.stack_traces": "CheckStackTraceOptimization CheckStrackTraceFeature check_stack_trace copy_stack_trace "
        "inherit_stack_trace",
        "theano.legacy.rewrite.user_databases": "EquilibriumDB LocalGroupDB ProxyDB TopoDB",
    },
    "theano.graph.serialise": {"theano.legacy.compat.older_graphs": "read_node"},
    "theano.progress": {"theano.printing.loop_steps": "steps"},
    "theano.typed_list": {"theano.typed_list": "opt"},
    "theano": {
        "theano": "breakpoint compat d3viz explanation link notebooks sparse tests typed_list",
        "theano.tests.main": "test",
        "theano.show.explanation.explain": "explain",
        "theano.printing": "dprint",
        "theano.versions": "show_versions",
        "theano.show.notebooks.errors": "load_ipython_extension unload_ipython_extension",
        "theano.sparse.rows": "sparse_grad",
        "theano.legacy.misc.safe_asarray": "_asarray",
        "theano.compile.linkers": "CLinker Linker LocalLinker OpWiseCLinker PerformLinker VM_Linker",
        "theano.compile.wrap_linkers": "DualLinker WrapLinker WrapLinkerMany",
        "theano.legacy.graph.debug": "debug_assert",
        "theano.legacy.graph.old_helpers": "object2",
        "theano.compile.times.profile_mode": "ProfileMode",
    },
    "theano.compile": {
        "theano.legacy.compile.collect_shared": "rebuild_collect_shared",
        "theano.graph.walk": "alias_root",
        "theano.compile.linkers": "*",
        "theano.compile": "monitormode",
        "theano.compile.monitormode": "MonitorMode",
        "theano.compile.times.profile_mode": "ProfileMode",
        "theano.compile.wrap_linkers": "*",
    },
    "theano.compile.debugmode": {
        "theano.compile.executable": "Function",
        "theano.compile.maker": "FunctionMaker std_fgraph",
        "theano.compile.mode": "register_mode",
        "theano.compile.ops": "OutputGuard",
        "theano.configparser": "change_flags",
        "theano.graph.destroyhandler": "infer_reuse_pattern",
        "theano.compat": "get_unbound_function",
        "theano.printing": "debugprint",
        "theano.printing.debugprint": "char_from_number",
    },
    "theano.compile.rebuild": {"theano.legacy.compile.collect_shared": "rebuild_collect_shared"},
    "theano.scalar": {
        "theano.legacy.scalar.classes": "*",
        "theano.scalar.composite": "Composite",
        "theano.legacy.scalar.preferences": "*",
        "theano.legacy.tensor.scalar_variables": "*",
        "theano.scalar.rounding": "round_half_away_from_zero_ round_half_away_from_zero_vec",
        "theano.scalar.dtypes": "NumpyAutocaster autocast_float_as",
        "theano.graph": "Apply Constant FunctionGraph Op Type Variable",
        "theano.graph.null_type": "DisconnectedType grad_not_implemented grad_undefined",
        "theano": "gof printing theano",
        "theano.gof": "utils",
        "theano.printing": "pprint",
        "theano.configdefaults": "config",
    },
    "theano.tensor.nnet": {
        "theano.tensor.nnet": "Conv3D ConvGrad3D ConvTransp3D abstract_conv blocksparse conv conv3d2d corr corr3d ctc "
        "neighbours",
        "theano.tensor.nnet.abstract_conv": "abstract_conv2d conv2d_grad_wrt_inputs conv2d_transpose conv3d "
        "separable_conv2d",
        "theano.tensor.nnet.convolution.images": "conv2d",
        "theano.tensor.nnet.conv": "ConvOp",
        "theano.tensor.nnet.attending": "attention",
        "theano.tensor.nnet.dropped": "dropout",
        "theano.legacy.nnet.gradient_ops": "*",
        "theano.tensor.inplace": "sigmoid_inplace ultra_fast_sigmoid_inplace",
        "theano.tensor.nnet.normalising.layer_norms": "layer_norm rms_norm",
        "theano.tensor.nnet.losses.sampled": "sampled_softmax_crossentropy",
        "theano.legacy.nnet.prepended": "Prepend_scalar_constant_to_each_row Prepend_scalar_to_each_row "
        "prepend_0_to_each_row prepend_1_to_each_row prepend_scalar_to_each_row",
        "theano.legacy.nnet.volumes": "conv3D convGrad3D convTransp3D",
    },
    "theano.tensor.nnet.bn": {
        "theano.legacy.compat.older_graphs": "BNComposite",  # in pickles
        "theano.legacy.nnet.bn_ops": "AbstractBatchNormInference AbstractBatchNormTrain AbstractBatchNormTrainGrad",
        "theano.scalar": "mul",
    },
    "theano.tensor": {
        "theano.tensor": "blas_c blas_scipy fourier inplace io opt_uncanonicalize signal",
        "theano.tensor.making.triangles": "Tri",
        "theano.tensor.checks.static_value": "EmptyConstantError",
        "theano.tensor.subtensor": "AdvancedBooleanIndexingError AdvancedIndexingError",
        "theano.tensor.indexing.choose": "Choose",
        "theano.legacy.tensor.composed_ops": "AllocDiag DiffOp Flatten Mean PermuteRowElements ScalarFromTensor "
        "TensorFromScalar Tile scalar_from_tensor tensor_from_scalar",
        "theano.tensor.indexing.advanced_subtensor": "Nonzero",
        "theano.legacy.tensor.old_functions": "AdvancedBooleanIncSubtensor AdvancedBooleanSubtensor BaseAdvancedIncSubtensor "
        "BaseAdvancedSubtensor adv_index_broadcastable_pattern advanced_boolean_inc_subtensor "
        "advanced_boolean_set_subtensor advanced_boolean_subtensor advanced_inc_subtensor advanced_set_subtensor "
        "advanced_subtensor alloc_validate_shape as_index_variable check_advanced_indexing_dimensions check_and_reject_bool "
        "check_equal_numpy complex_matrix_types make_constant "
        "complex_scalar_types complex_types complex_vector_types constructor extract_constant float16_atol "
        "float16_rtol float32_atol float32_rtol float64_atol float64_rtol float_matrix_types float_scalar_types "
        "float_types float_vector_types get_idx_list int_matrix_types int_scalar_types int_types int_vector_types "
        "numpy_scalar register_transfer transfer",
        "theano.tensor.io": "LoadFromDisk load",
        "theano.legacy.tensor.messages": "MPIRecv MPIRecvWait MPISend MPISendWait irecv isend key_to_cmp mpi_cmps mpi_enabled "
        "mpi_keys mpi_send_wait_cmp mpi_send_wait_key mpi_tag_cmp mpi_tag_key recv send",
        "theano.scan.vectorized": "vectorize",
        "theano.tensor.indexing.slices": "MakeSlice SliceConstant SliceType as_int_none_variable make_slice slicetype",
        "theano.tensor.shaping.arranging": "atleast_1d atleast_2d atleast_3d broadcast_to expand_dims flip fliplr flipud "
        "matrix_transpose meshgrid moveaxis rollaxis rot90 take_along_axis",
        "theano.tensor.shaping.padding": "pad",
        "theano.tensor.shaping.stacks": "array_split column_stack dstack hstack vstack",
        "theano.tensor.linalg.einstein": "einsum",
        "theano.tensor.making.filled": "empty empty_like full full_like geomspace identity linspace logspace vander",
        "theano.tensor.reductions.nan_reductions": "nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmin nanprod "
        "nanstd nansum nanvar",
        "theano.tensor.reductions.numeric": "average convolve corrcoef correlate count_nonzero cross ediff1d interp isin "
        "logsumexp polyval trapezoid vdot",
        "theano.tensor.sorting.order_statistics": "median nanmedian nanpercentile nanquantile percentile quantile",
    },
    "theano.tensor.signal": {"theano.tensor.signal": "downsample"},
    "theano.tensor.blas": {
        "theano.legacy.tensor.composed_ops": "Dot22 Dot22Scalar",
        "theano.tensor.linalg.dot": "BatchedDot batched_dot_op",
    },
    "theano.tensor.extra_ops": {
        "theano.legacy.tensor.composed_ops": "Bartlett CumprodOp CumsumOp DiffOp FillDiagonal FillDiagonalOffset "
        "RavelMultiIndex UnravelIndex bartlett_ fill_diagonal_ fill_diagonal_offset_",
    },
    "theano.tensor.elemwise": {"theano.legacy.tensor.mul_without_zeros": "MulWithoutZeros mul_without_zeros"},
    "theano.tensor.type_other": {
        "theano.tensor.indexing.slices": "MakeSlice SliceConstant SliceType as_int_none_variable make_slice slicetype",
    },
    "theano.tensor.subtensor": {
        "theano.legacy.tensor.canonical_slice": "get_canonical_form_slice",
        "theano.legacy.tensor.old_functions": "AdvancedBooleanIncSubtensor AdvancedBooleanSubtensor BaseAdvancedIncSubtensor "
        "BaseAdvancedSubtensor adv_index_broadcastable_pattern advanced_boolean_inc_subtensor "
        "advanced_boolean_set_subtensor advanced_boolean_subtensor advanced_inc_subtensor advanced_set_subtensor "
        "advanced_subtensor as_index_variable check_advanced_indexing_dimensions check_and_reject_bool get_idx_list "
        "make_constant",
    },
    "theano.printing": {
        "theano.show.plans.inspect": "ccode items loop_program",
        "theano.graph.nodes": "Node",
        "theano.printing.digests": "hex_digest position_independent_str",
        "theano.printing.pydot_there": "pydot_imported pydot_imported_msg",
        "theano.printing.min_informative": "_TagGenerator var_descriptor",
        "theano.show.plans.planned": "MemoryPlan PlannedBytes memory_plan planned_bytes schedule",
    },
    "theano.tensor.shaping.shape": {
        "theano.tensor.checks.declared_shapes": "Rebroadcast SpecifyShape addbroadcast patternbroadcast specify_shape unbroadcast",
        "theano.tensor.shaping.reshaping": "Reshape flatten is_flat reshape",
        "theano.tensor.shaping.axes": "dimshuffle shape_padaxis shape_padleft shape_padright squeeze swapaxes transpose",
    },
    "theano.tensor.making.alloc": {
        "theano.tensor.making.ranges": "ARange arange arange_length integer_range_dtype unknown_or_length",
        "theano.tensor.making.triangles": "Eye Tri eye identity_like tri tril triu",
    },
    "theano.tensor.reductions.reduction": {
        "theano.tensor.reductions.extremes": "Argmax Max MaxAndArgmax Min Supremum argmax argmin max max_and_argmax min "
        "supremum",
    },
    "theano.tensor.shaping.arranging": {
        "theano.tensor.shaping.padding": "pad",
        "theano.tensor.shaping.stacks": "array_split column_stack dstack hstack vstack",
    },
    "theano.tensor.linalg.factors": {
        "theano.tensor.linalg.eigen": "Eig Eigh EighGrad LostParts eig eigh to_triangle warn_of_lost_parts",
    },
    "theano.tensor.signal.pool": {"theano.tensor.signal.pool_ops": "out_length"},
    "theano.sparse.arithmetic": {
        "theano.sparse.scaling": "ColScaleCSC MulSV RowScaleCSC StructuredAddSV check_length col_scale mul_s_v "
        "row_scale structured_add_s_v sums_by_column",
        "theano.sparse.multiplication": "MulSD MulSS mul mul_s_d mul_s_s",
    },
    "theano.sparse.products.dot": {
        "theano.sparse.products.true_products": "TrueDot true_dot",
        "theano.sparse.products.scaled_products": "Usmm usmm",
        "theano.sparse.products.sampled_products": "SamplingDot sampling_dot",
    },
    "theano.sparse.indexing": {
        "theano.sparse.single_elements": "GetItem2Lists GetItem2ListsGrad GetItemScalar get_item_2lists "
        "get_item_2lists_grad get_item_scalar",
        "theano.sparse.subscripts": "part_of",
    },
}
