"""Names, order and defaults of the parameters that programs for Theano 1.0 pass by position or by name."""

import importlib
import inspect

import pytest

import theano

SIGNATURES = {
    "theano.clone": "(output, replace=None, strict=True, share_inputs=True, copy_inputs=None)",
    "theano.foldl": "(fn, sequences, outputs_info, non_sequences=None, mode=None, name=None)",
    "theano.foldr": "(fn, sequences, outputs_info, non_sequences=None, mode=None, name=None)",
    "theano.function": "(inputs, outputs=None, mode=None, updates=None, givens=None, no_default_updates=False, "
    "accept_inplace=False, name=None, rebuild_strict=True, allow_input_downcast=None, profile=None, "
    "on_unused_input=None)",
    "theano.function_dump": "(filename, inputs, outputs=None, mode=None, updates=None, givens=None, "
    "no_default_updates=False, accept_inplace=False, name=None, rebuild_strict=True, allow_input_downcast=None, "
    "profile=None, on_unused_input=None, extra_tag_to_remove=None)",
    "theano.map": "(fn, sequences, non_sequences=None, truncate_gradient=-1, go_backwards=False, mode=None, name=None)",
    "theano.reduce": "(fn, sequences, outputs_info, non_sequences=None, go_backwards=False, mode=None, name=None)",
    "theano.scan": "(fn, sequences=None, outputs_info=None, non_sequences=None, n_steps=None, truncate_gradient=-1, "
    "go_backwards=False, mode=None, name=None, profile=False, allow_gc=None, strict=False, return_list=False)",
    "theano.scan_checkpoints": "(fn, sequences=(), outputs_info=None, non_sequences=(), name='checkpointscan_fn', "
    "n_steps=None, save_every_N=10, padding=True)",
    "theano.shared": "(value, name=None, strict=False, allow_downcast=None, **kwargs)",
    "theano.compile.SharedVariable": "(name, type, value, strict, allow_downcast=None, container=None)",
    "theano.compile.SharedVariable.get_value": "(self, borrow=False, return_internal_type=False)",
    "theano.compile.SharedVariable.set_value": "(self, new_value, borrow=False)",
    "theano.compile.SharedVariable.zero": "(self, borrow=False)",
    "theano.compile.In": "(variable, name=None, value=None, update=None, mutable=None, strict=False, "
    "allow_downcast=None, autoname=True, implicit=None, borrow=None, shared=False)",
    "theano.compile.Out": "(variable, borrow=False)",
    "theano.compile.function_module.Function.copy": "(self, share_memory=False, swap=None, delete_updates=False, "
    "name=None, profile=None)",
    "theano.compile.pfunc": "(params, outputs=None, mode=None, updates=None, givens=None, "
    "no_default_updates=False, accept_inplace=False, name=None, rebuild_strict=True, allow_input_downcast=None, "
    "profile=None, on_unused_input=None, output_keys=None)",
    "theano.gof.graph.ancestors": "(variable_list, blockers=None)",
    "theano.gof.graph.clone": "(i, o, copy_inputs=True, copy_orphans=None)",
    "theano.gof.graph.inputs": "(variable_list, blockers=None)",
    "theano.gof.graph.io_toposort": "(inputs, outputs, orderings=None, clients=None)",
    "theano.gof.graph.general_toposort": "(outputs, deps, debug_print=False, compute_deps_cache=None, "
    "deps_cache=None, clients=None)",
    "theano.gof.graph.orphans": "(i, o)",
    "theano.gof.graph.stack_search": "(start, expand, mode='bfs', build_inv=False)",
    "theano.gof.graph.variables": "(i, o)",
    "theano.gof.graph.variables_and_orphans": "(i, o)",
    "theano.gof.graph.view_roots": "(r)",
    "theano.gof.fg.FunctionGraph.add_input": "(self, input)",
    "theano.gof.fg.FunctionGraph.change_input": "(self, node, i, new_r, reason=None)",
    "theano.gof.fg.FunctionGraph.clients": "(self, r)",
    "theano.gof.fg.FunctionGraph.replace": "(self, r, new_r, reason=None, verbose=None)",
    "theano.sandbox.rng_mrg.MRG_RandomStreams": "(seed=12345, use_cuda=None)",
    "theano.sandbox.rng_mrg.MRG_RandomStreams.binomial": "(self, size=None, n=1, p=0.5, ndim=None, dtype='int64', "
    "nstreams=None, **kwargs)",
    "theano.sandbox.rng_mrg.MRG_RandomStreams.choice": "(self, size=1, a=None, replace=True, p=None, ndim=None, "
    "dtype='int64', nstreams=None, **kwargs)",
    "theano.sandbox.rng_mrg.MRG_RandomStreams.multinomial": "(self, size=None, n=1, pvals=None, ndim=None, "
    "dtype='int64', nstreams=None, **kwargs)",
    "theano.sandbox.rng_mrg.MRG_RandomStreams.normal": "(self, size, avg=0.0, std=1.0, ndim=None, dtype=None, "
    "nstreams=None, truncate=False, **kwargs)",
    "theano.sandbox.rng_mrg.MRG_RandomStreams.uniform": "(self, size, low=0.0, high=1.0, ndim=None, dtype=None, "
    "nstreams=None, **kwargs)",
    "theano.tensor.raw_random.RandomFunction": "(fn, outtype, inplace=False, ndim_added=0)",
    **{
        f"theano.tensor.{place}.{name}": f"({first}, size=None, {rest})"
        for place, first in (("raw_random", "random_state"), ("shared_randomstreams.RandomStreams", "self"))
        for name, rest in {
            "binomial": "n=1, p=0.5, ndim=None, dtype='int64', prob=None",
            "choice": "a=2, replace=True, p=None, ndim=None, dtype='int64'",
            "multinomial": "n=1, pvals=(0.5, 0.5), ndim=None, dtype='int64'",
            "normal": "avg=0.0, std=1.0, ndim=None, dtype=None",
            "permutation": "n=1, ndim=None, dtype='int64'",
            "poisson": f"lam={'None' if first == 'self' else '1.0'}, ndim=None, dtype='int64'",
            "random_integers": "low=0, high=1, ndim=None, dtype='int64'",
            "uniform": "low=0.0, high=1.0, ndim=None, dtype=None",
        }.items()
    },
    **{
        f"theano.sparse.{name}": signature
        for name, signature in {
            "CSM": "(format, kmap=None)",
            "CSMProperties": "(kmap=None)",
            "DenseFromSparse": "(structured=True)",
            "HStack": "(format=None, dtype=None)",
            "Remove0": "(inplace=False)",
            "SparseConstant": "(type, data, name=None)",
            "SparseFromDense": "(format)",
            "SparseType": "(format, dtype)",
            "SpSum": "(axis=None, sparse_grad=True)",
            "TrueDot": "(grad_preserves_dense=True)",
            "as_sparse_or_tensor_variable": "(x, name=None)",
            "as_sparse_variable": "(x, name=None)",
            "basic.csr_matrix": "(name=None, dtype=None)",
            "cast": "(variable, dtype)",
            "col_scale": "(x, s)",
            "hstack": "(blocks, format=None, dtype=None)",
            "matrix": "(format, name=None, dtype=None)",
            "sandbox.sp.convolve": "(kerns, kshp, nkern, images, imgshp, step=(1, 1), bias=None, mode='valid', "
            "flatten=True)",
            "sandbox.sp2.Binomial": "(format, dtype)",
            "shared": "(value, name=None, strict=False, allow_downcast=None, borrow=False, format=None)",
            "sharedvar.sparse_constructor": "(value, name=None, strict=False, allow_downcast=None, borrow=False, "
            "format=None)",
            "sp_sum": "(x, axis=None, sparse_grad=False)",
            "sparse_random_inputs": "(format, shape, n=1, out_dtype=None, p=0.5, gap=None, explicit_zero=False, "
            "unsorted_indices=False)",
            "structured_dot": "(x, y)",
            "structured_dot_grad": "(sparse_A, dense_B, ga)",
            "structured_pow": "(x, y)",
            "true_dot": "(x, y, grad_preserves_dense=True)",
            "type.SparseType.filter": "(self, value, strict=False, allow_downcast=None)",
            "verify_grad_sparse": "(op, pt, structured=False, *args, **kwargs)",
        }.items()
    },
    "theano.tensor.basic.get_scalar_constant_value": "(orig_v, elemwise=True, only_process_constants=False, "
    "max_recur=10)",
    **{
        f"theano.scan_module.scan_utils.{name}": signature
        for name, signature in {
            "expand_empty": "(tensor_var, size)",
            "get_updates_and_outputs": "(ls)",
            "isNaN_or_Inf_or_None": "(x)",
            "map_variables": "(replacer, graphs, additional_inputs=())",
            "safe_new": "(x, tag='', dtype=None)",
            "traverse": "(out, x, x_copy, d, visited=None)",
        }.items()
    },
}


def found(name):
    """What a dotted name means; a module only where no attribute has that name."""
    first, *rest = name.split(".")
    thing, path = importlib.import_module(first), first
    for part in rest:
        path = f"{path}.{part}"
        thing = getattr(thing, part) if hasattr(thing, part) else importlib.import_module(path)
    return thing


@pytest.mark.parametrize("name", SIGNATURES)
def test_parameters(name):
    signature = inspect.signature(found(name))
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    assert str(inspect.Signature(plain)) == SIGNATURES[name]


def test_as_string_takes_its_arguments_by_name():
    x = theano.tensor.dscalar("x")
    texts = theano.gof.graph.as_string(i=[x], o=[-x], leaf_formatter=str)
    assert texts == ["Elemwise{neg,no_inplace}(x)"]
