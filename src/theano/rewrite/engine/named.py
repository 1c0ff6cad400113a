"""The names that Theano gives to what our rules do, so that ``mode.excluding("local_subtensor_merge")`` finds the rule.

A rule has its own name and, as tags, the names here. Often one rule does what several rewrites of Theano's do; it is
left out if one of them is.

Names of rewrites that we have no rule for (those that fuse loops, choose libraries or work in
place: `lower/` decides such things) are accepted everywhere, as names that nobody knows are, and do nothing.
docs/deviations.md lists them, with reasons.
"""

from __future__ import annotations

_BY_RULE = {
    # arithmetic
    "collect_terms": "local_add_canonizer local_add_specialize",
    "collect_factors": "local_mul_canonizer local_mul_specialize local_mul_to_sqr local_pow_canonicalize "
    "local_pow_specialize local_neg_neg local_neg_div_neg local_mul_zero local_div_to_inv",
    "distribute": "local_greedy_distributor",
    "abs(x) * abs(y) -> abs(x * y)": "local_abs_merge",
    "size_of_multiple": "local_abs_lift",
    "useless_identity": "local_useless_elemwise",
    "useless_cast": "local_cast_cast",
    "switch_known": "local_useless_switch",
    "logic_with_constants": "local_useless_elemwise_comparison",
    "second_is_fill": "local_fill_to_alloc",
    "fill_sinks": "local_fill_sink",
    "dimshuffle_lifted": "local_dimshuffle_lift",
    "useless_alloc": "local_useless_alloc",
    # shapes and indices
    "length_of_expression": "ShapeOpt local_shape_i_lift",
    "shape_of_expression": "ShapeOpt local_shape_to_shape_i",
    "useless_reshape": "local_useless_reshape local_reshape_chain",
    "useless_rebroadcast": "local_useless_rebroadcast local_rebroadcast_lift",
    "useless_assert": "local_remove_useless_assert",
    "useless_subtensor": "local_useless_subtensor",
    "subtensor_of_subtensor": "local_subtensor_merge",
    "subtensor_of_elemwise": "local_subtensor_lift",
    "subtensor_of_dot": "local_subtensor_of_dot",
    "subtensor_of_set": "local_subtensor_inc_subtensor",
    "subtensor_of_fill": "local_subtensor_of_alloc",
    "element_of_vector": "local_subtensor_make_vector",
    "useless_join": "local_join_1",
    # reductions and products
    "reduction_of_unit_axes": "local_reduce_broadcastable",
    "sum_of_scaled": "local_sum_prod_mul_by_scalar local_sum_mul_by_scalar",
    "reduction_of_fill": "local_opt_alloc",
    "reduction_of_reduction": "local_op_of_op local_sum_sum",
    "reduction_of_dimshuffle": "local_sum_prod_div_dimshuffle local_sum_div_dimshuffle",
    "transpose_of_dot": "local_lift_transpose_through_dot",
    "max_without_argmax": "local_max_and_argmax",
    "min_from_max": "local_max_to_min",
    "product_added": "BlasOpt gemm_optimizer",
    "scaled_operand": "BlasOpt local_dot22_to_dot22scalar",
    "scaled_stack_product": "BlasOpt",
    "log_of_product": "local_log_prod_sqr",
    "product_with_inverse": "inv_as_solve",
    "system_of_known_structure": "tag_solve_triangular psd_solve_with_chol",
    "determinant_of_known_structure": "local_det_chol",
    # stability
    "log(1 + x) -> log1p(x)": "local_log1p",
    "log(exp(x) + exp(y)) -> maximum(x, y) + softplus(-abs(x - y))": "local_log_add",
    "log_sum_exp": "local_log_sum_exp",
    "exp(x) - 1 -> expm1(x)": "local_expm1",
    "log1p(exp(x)) -> softplus(x)": "log1pexp_to_softplus",
    "log(sigmoid(x)) -> -softplus(-x)": "logsigm_to_softplus",
    "log1p(-sigmoid(x)) -> -softplus(x)": "log1msigm_to_softplus log1p_neg_sigmoid",
    "1 - sigmoid(x) -> sigmoid(-x)": "local_1msigmoid",
    "1 / (1 + exp(x)) -> sigmoid(-x)": "local_inv_1_plus_exp",
    "exp(x) * sigmoid(-x) -> sigmoid(x)": "local_exp_over_1_plus_exp local_sigm_times_exp",
    "1 - erf(x) -> erfc(x)": "local_one_minus_erf local_one_plus_neg_erf",
    "1 - erfc(x) -> erf(x)": "local_one_minus_erfc",
    "log(erfc(x)) -> switch(lt(x, 1), log1p(-erf(x)), log(erfcx(x)) - sqr(x))": "local_log_erfc",
    "exp(-sqr(x)) / erfc(x) -> 1 / erfcx(x)": "local_grad_log_erfc_neg",
    "softmax_from_exp": "softmax_simplifier",
    "log_of_softmax": "local_logsoftmax local_log_softmax",
    "crossentropy_of_softmax": "crossentropy_to_crossentropy_with_softmax_with_bias "
    "crossentropy_to_crossentropy_with_softmax",
    # loops
    "invariants_of_scan": "scanOp_pushout_nonseqs_ops scan_pushout",
    "outputs_without_recurrence": "scanOp_pushout_seqs_ops scan_pushout",
    "products_before_loop": "scanOp_pushout_seqs_ops scan_pushout",
    "products_after_loop": "scanOp_pushout_output scan_pushout",
    "sums_after_loop": "scan_pushout_dot1 scan_pushout",
    "loops_over_same_steps": "scanOp_merge",
    "repeated_arguments_of_scan": "scanOp_merge_inouts",
    "last_steps_of_scan": "scanOp_save_mem",
    "keep_what_is_read": "scanOp_save_mem",
}

NAMED = {rule: frozenset(names.split()) for rule, names in _BY_RULE.items()}
"""Theano's names by the name of our rule."""
