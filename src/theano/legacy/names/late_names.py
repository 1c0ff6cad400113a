"""Names that a module shows although another one defines them: ONE table of those set at once, ONE of those found late.

`LATE` lists the names that a module of a lower layer shows although a higher layer defines them (``T.grad``), `LAZY`
those that a module finds when they are first asked for. `theano.legacy.names.aliases` makes attributes of the tables.
"""

from __future__ import annotations

# module -> names, each "names of one module: that module". A name that is there already stays.
LATE: dict[str, dict[str, str]] = {
    "theano.tensor": {
        "theano.gradient": (
            "Lop Rop consider_constant grad grad_not_implemented grad_undefined hessian jacobian numeric_grad "
            "DisconnectedType"
        ),
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
    "theano.tensor.extra_ops": {
        "theano.tensor.shaping.diagonal": "fill_diagonal fill_diagonal_offset",
    },
    "theano.tensor.subtensor": {
        "theano.tensor.indexing.indexing": "take",
        "theano.tensor.indexing.advanced_subtensor": (
            "AdvancedIncSubtensor AdvancedIncSubtensor1 AdvancedSubtensor AdvancedSubtensor1 advanced_inc_subtensor1 "
            "advanced_set_subtensor1 advanced_subtensor1"
        ),
    },
    "theano.compile": {
        "theano.check.debugmode": "DebugMode",
        "theano.check.nanguardmode": "NanGuardMode",
    },
    "theano.gradient": {
        "theano.check.verify_grad": "mode_not_slow verify_grad",
        "theano": "tensor",
    },
    "theano.scan.hooks": {
        "theano.compile.steps": "compile_step",
        "theano.compile.shared_variables.updates": "OrderedUpdates",
    },
}

# The same, but the place is imported when one of its names is first asked for. "*" are the names of its `__all__`; a
# name that is given as the module's own is a package inside.
LAZY: dict[str, dict[str, str]] = {
    "theano.graph": {
        "theano.graph": "opt optdb toolbox",
    },
    "theano.rewrite": {
        "theano.legacy.rewrite.merging": (
            "FromFunctionOptimizer MergeFeature MergeOptimizer inplace_optimizer is_same_graph_with_merge merge_dict "
            "optimizer pre_constant_merge"
        ),
        "theano.legacy.rewrite.navigators": (
            "EquilibriumOptimizer NavigatorOptimizer OpKeyOptimizer TopoOptimizer in2out out2in "
            "pre_greedy_local_optimizer"
        ),
        "theano.legacy.rewrite.node_rewrites": (
            "FromFunctionLocalOptimizer LocalOptGroup LocalOptimizer OpRemove OpSub check_chain local_optimizer"
        ),
        "theano.legacy.rewrite.pattern_sub": "PatternSub",
        "theano.legacy.rewrite.registration": (
            "register_canonicalize register_specialize register_specialize_device register_stabilize "
            "register_uncanonicalize register_useless"
        ),
        "theano.legacy.rewrite.stack_traces": (
            "CheckStackTraceOptimization CheckStrackTraceFeature check_stack_trace copy_stack_trace "
            "inherit_stack_trace"
        ),
        "theano.legacy.rewrite.user_databases": "EquilibriumDB LocalGroupDB ProxyDB TopoDB",
    },
    "theano.graph.serialise": {
        "theano.legacy.compat.older_graphs": "read_node",
    },
    "theano.progress": {
        "theano.printing.loop_steps": "steps",
    },
    "theano.typed_list": {
        "theano.typed_list": "opt",
    },
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
    "theano.compile.rebuild": {
        "theano.legacy.compile.collect_shared": "rebuild_collect_shared",
    },
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
        "theano.tensor.nnet": (
            "Conv3D ConvGrad3D ConvTransp3D abstract_conv blocksparse conv conv3d2d corr corr3d ctc neighbours"
        ),
        "theano.tensor.nnet.abstract_conv": (
            "abstract_conv2d conv2d_grad_wrt_inputs conv2d_transpose conv3d separable_conv2d"
        ),
        "theano.tensor.nnet.convolution.images": "conv2d",
        "theano.tensor.nnet.conv": "ConvOp",
        "theano.tensor.nnet.attending": "attention",
        "theano.tensor.nnet.dropped": "dropout",
        "theano.legacy.nnet.gradient_ops": "*",
        "theano.tensor.inplace": "sigmoid_inplace ultra_fast_sigmoid_inplace",
        "theano.tensor.nnet.normalising.layer_norms": "layer_norm rms_norm",
        "theano.tensor.nnet.losses.sampled": "sampled_softmax_crossentropy",
        "theano.legacy.nnet.prepended": (
            "Prepend_scalar_constant_to_each_row Prepend_scalar_to_each_row prepend_0_to_each_row "
            "prepend_1_to_each_row prepend_scalar_to_each_row"
        ),
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
        "theano.legacy.tensor.composed_ops": (
            "AllocDiag DiffOp Flatten Mean PermuteRowElements ScalarFromTensor TensorFromScalar Tile "
            "scalar_from_tensor tensor_from_scalar"
        ),
        "theano.tensor.indexing.advanced_subtensor": "Nonzero",
        "theano.legacy.tensor.old_functions": (
            "AdvancedBooleanIncSubtensor AdvancedBooleanSubtensor BaseAdvancedIncSubtensor BaseAdvancedSubtensor "
            "adv_index_broadcastable_pattern advanced_boolean_inc_subtensor advanced_boolean_set_subtensor "
            "advanced_boolean_subtensor advanced_inc_subtensor advanced_set_subtensor advanced_subtensor "
            "alloc_validate_shape as_index_variable check_advanced_indexing_dimensions check_and_reject_bool "
            "check_equal_numpy complex_matrix_types make_constant complex_scalar_types complex_types "
            "complex_vector_types constructor extract_constant float16_atol float16_rtol float32_atol float32_rtol "
            "float64_atol float64_rtol float_matrix_types float_scalar_types float_types float_vector_types "
            "get_idx_list int_matrix_types int_scalar_types int_types int_vector_types numpy_scalar register_transfer "
            "transfer"
        ),
        "theano.tensor.io": "LoadFromDisk load",
        "theano.legacy.tensor.messages": (
            "MPIRecv MPIRecvWait MPISend MPISendWait irecv isend key_to_cmp mpi_cmps mpi_enabled mpi_keys "
            "mpi_send_wait_cmp mpi_send_wait_key mpi_tag_cmp mpi_tag_key recv send"
        ),
        "theano.scan.vectorized": "vectorize",
        "theano.tensor.indexing.slices": (
            "MakeSlice SliceConstant SliceType as_int_none_variable make_slice slicetype"
        ),
        "theano.tensor.shaping.arranging": (
            "atleast_1d atleast_2d atleast_3d broadcast_to expand_dims flip fliplr flipud matrix_transpose meshgrid "
            "moveaxis rollaxis rot90 take_along_axis"
        ),
        "theano.tensor.shaping.padding": "pad",
        "theano.tensor.shaping.stacks": "array_split column_stack dstack hstack vstack",
        "theano.tensor.linalg.einstein": "einsum",
        "theano.tensor.making.filled": "empty empty_like full full_like geomspace identity linspace logspace vander",
        "theano.tensor.reductions.nan_reductions": (
            "nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmin nanprod nanstd nansum nanvar"
        ),
        "theano.tensor.reductions.numeric": (
            "average convolve corrcoef correlate count_nonzero cross ediff1d interp isin logsumexp polyval trapezoid "
            "vdot"
        ),
        "theano.tensor.sorting.order_statistics": "median nanmedian nanpercentile nanquantile percentile quantile",
    },
    "theano.tensor.signal": {
        "theano.tensor.signal": "downsample",
    },
    "theano.tensor.blas": {
        "theano.legacy.tensor.composed_ops": "Dot22 Dot22Scalar",
        "theano.tensor.linalg.dot": "BatchedDot batched_dot_op",
    },
    "theano.tensor.extra_ops": {
        "theano.legacy.tensor.composed_ops": (
            "Bartlett CumprodOp CumsumOp DiffOp FillDiagonal FillDiagonalOffset RavelMultiIndex UnravelIndex "
            "bartlett_ fill_diagonal_ fill_diagonal_offset_"
        ),
    },
    "theano.tensor.elemwise": {
        "theano.legacy.tensor.mul_without_zeros": "MulWithoutZeros mul_without_zeros",
    },
    "theano.tensor.type_other": {
        "theano.tensor.indexing.slices": (
            "MakeSlice SliceConstant SliceType as_int_none_variable make_slice slicetype"
        ),
    },
    "theano.tensor.subtensor": {
        "theano.legacy.tensor.canonical_slice": "get_canonical_form_slice",
        "theano.legacy.tensor.old_functions": (
            "AdvancedBooleanIncSubtensor AdvancedBooleanSubtensor BaseAdvancedIncSubtensor BaseAdvancedSubtensor "
            "adv_index_broadcastable_pattern advanced_boolean_inc_subtensor advanced_boolean_set_subtensor "
            "advanced_boolean_subtensor advanced_inc_subtensor advanced_set_subtensor advanced_subtensor "
            "as_index_variable check_advanced_indexing_dimensions check_and_reject_bool get_idx_list make_constant"
        ),
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
        "theano.tensor.checks.declared_shapes": (
            "Rebroadcast SpecifyShape addbroadcast patternbroadcast specify_shape unbroadcast"
        ),
        "theano.tensor.shaping.reshaping": "Reshape flatten is_flat reshape",
        "theano.tensor.shaping.axes": (
            "dimshuffle shape_padaxis shape_padleft shape_padright squeeze swapaxes transpose"
        ),
    },
    "theano.tensor.making.alloc": {
        "theano.tensor.making.ranges": "ARange arange arange_length integer_range_dtype unknown_or_length",
        "theano.tensor.making.triangles": "Eye Tri eye identity_like tri tril triu",
    },
    "theano.tensor.reductions.reduction": {
        "theano.tensor.reductions.extremes": (
            "Argmax Max MaxAndArgmax Min Supremum argmax argmin max max_and_argmax min supremum"
        ),
    },
    "theano.tensor.shaping.arranging": {
        "theano.tensor.shaping.padding": "pad",
        "theano.tensor.shaping.stacks": "array_split column_stack dstack hstack vstack",
    },
    "theano.tensor.linalg.factors": {
        "theano.tensor.linalg.eigen": "Eig Eigh EighGrad LostParts eig eigh to_triangle warn_of_lost_parts",
    },
    "theano.tensor.signal.pool": {
        "theano.tensor.signal.pool_ops": "out_length",
    },
    "theano.sparse.arithmetic": {
        "theano.sparse.scaling": (
            "ColScaleCSC MulSV RowScaleCSC StructuredAddSV check_length col_scale mul_s_v row_scale "
            "structured_add_s_v sums_by_column"
        ),
        "theano.sparse.multiplication": "MulSD MulSS mul mul_s_d mul_s_s",
    },
    "theano.sparse.products.dot": {
        "theano.sparse.products.true_products": "TrueDot true_dot",
        "theano.sparse.products.scaled_products": "Usmm usmm",
        "theano.sparse.products.sampled_products": "SamplingDot sampling_dot",
    },
    "theano.sparse.indexing": {
        "theano.sparse.single_elements": (
            "GetItem2Lists GetItem2ListsGrad GetItemScalar get_item_2lists get_item_2lists_grad get_item_scalar"
        ),
        "theano.sparse.subscripts": "part_of",
    },
}
