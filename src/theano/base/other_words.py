"""Names that NumPy, SciPy or other libraries of arrays have for what has another name here: ONE table.

Who comes from there tries them first. They stay unknown, as they would mean something slightly different, but the
AttributeError says what to write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["advised", "no_attribute"]

_Class = TypeVar("_Class", bound=type)

_A_VALUE = "x.eval({...}) for the value of an expression, x.get_value() for that of a shared variable: NumPy arrays"
_NO_VALUE = "x.eval({...}): only shared variables (theano.shared) hold a value"
_STREAMS = "theano.random.RandomStreams(seed=0).normal((2, 3)), and others of its methods"
_LINALG = (
    "theano.tensor.nlinalg.matrix_inverse, theano.tensor.nlinalg.det, theano.tensor.nlinalg.svd, "
    "theano.tensor.slinalg.solve, theano.tensor.slinalg.cholesky, and others of these two modules"
)
_MATMUL = "x @ y, or theano.tensor.matmul(x, y)"
# Where NumPy and SciPy have both, one of two modules has it here.
_OF_MATRICES = {
    "theano.tensor.nlinalg": {
        **{name: f"theano.tensor.slinalg.{name}" for name in ("cholesky", "eigvalsh", "kron", "expm")},
        "multi_dot": "theano.tensor.nlinalg.matrix_dot(x, y, z)",
        "matrix_rank": "(theano.tensor.nlinalg.svd(x, compute_uv=False) > tolerance).sum()",
        "eigvals": "theano.tensor.nlinalg.eig(x)[0]",
    },
    "theano.tensor.slinalg": {
        **{name: f"theano.tensor.nlinalg.{name}" for name in ("det", "eig", "eigh", "svd", "pinv", "norm", "lstsq")},
        **{name: f"theano.tensor.nlinalg.{name}" for name in ("slogdet", "trace", "diag")},
        "qr": "theano.tensor.nlinalg.qr(x)",
        **dict.fromkeys(("lu_factor", "lu_solve", "lu"), "theano.tensor.slinalg.solve(A, b)"),
        "cho_factor": "theano.tensor.slinalg.cholesky(A)",
    },
}
_TRIANGULAR = "theano.tensor.slinalg.solve_lower_triangular(A, b), theano.tensor.slinalg.solve_upper_triangular(A, b)"
for _names in _OF_MATRICES.values():
    _names["inv"] = "theano.tensor.nlinalg.matrix_inverse(x)"
    _names["solve_triangular"] = _TRIANGULAR
_GRAD = "theano.grad(cost, parameters), which gives expressions"
_DTYPE = "'{0}', as in x.astype('{0}')"
_VMAP = "theano.tensor.vectorize(f, signature='(n)->()'), or theano.map(f, [xs])[0]"
_LAYER = "expressions of shared variables, as theano.tensor.dot(x, w) + b: there are no classes of layers"
_CHOSEN = "theano.tensor.switch(mask, value, x)"
_ONE_HOT = "theano.tensor.extra_ops.to_one_hot(x, classes)"
_PARTS = "theano.tensor.set_subtensor(x[indices], y), theano.tensor.inc_subtensor(x[indices], y)"
_ONLY_CPU = "x: functions run on the CPU"
_POOL = "theano.tensor.signal.pool.pool_2d(x, (2, 2), ignore_border=True)"
_REPLACE = "theano.clone(expression, replace={old: new})"

# What has no such name ("tensor": all variables that stand for arrays) -> name -> what to write instead.
_WORDS: dict[str, dict[str, str]] = {
    "theano": {
        "clone_replace": _REPLACE,
        "replace": _REPLACE,
        "jit": "theano.function([inputs], outputs)",
        **dict.fromkeys(("random_streams", "manual_seed"), _STREAMS),
        "vmap": _VMAP,
        "value_and_grad": "theano.function([inputs], [cost, *theano.grad(cost, parameters)])",
        "no_grad": "theano.function([inputs], outputs): a function without gradients among its outputs computes none",
        "from_numpy": "theano.shared(value), or theano.tensor.constant(value)",
        "variable": "theano.shared(value), or for an input theano.tensor.matrix('x')",
    },
    "theano.tensor": {
        **{name: f"theano.tensor.nnet.{name}" for name in ("relu", "elu", "softmax", "conv2d", "conv3d")},
        **{name: _DTYPE.format(name) for name in ("float16", "float32", "float64", "int8", "int64", "uint8")},
        **dict.fromkeys(("randn", "rand", "normal", "uniform", "RandomStreams"), _STREAMS),
        **{name: f"numpy.{name}" for name in ("pi", "e", "inf", "nan")},
        "gradient": _GRAD,
        "gradients": _GRAD,
        "unique": "theano.tensor.extra_ops.Unique()(x)",
        "newaxis": "None, as in x[:, None]",
        "array": "theano.tensor.constant(value), or theano.shared(value) for what functions change",
        "placeholder": "theano.tensor.matrix('x') and its relatives",
        "dropout": "theano.tensor.nnet.dropout(x, p, streams)",
        "cond": "theano.ifelse.ifelse(condition, a, b)",
        "if_else": "theano.ifelse.ifelse(condition, a, b)",
        "while_loop": "theano.scan",
        "reduce_sum": "theano.tensor.sum(x, axis)",
        "reduce_mean": "theano.tensor.mean(x, axis)",
        "reduce_max": "theano.tensor.max(x, axis)",
        **dict.fromkeys(("mm", "bmm"), _MATMUL),
        **dict.fromkeys(("inverse", "solve", "det", "cholesky"), _LINALG),
        "logdet": "theano.tensor.nlinalg.slogdet(x)[1]",
        **dict.fromkeys(("cat", "concat"), "theano.tensor.concatenate([x, y], axis)"),
        "clamp": "theano.tensor.clip(x, low, high)",
        "masked_fill": _CHOSEN,
        "select": "theano.tensor.switch(condition, x, y), one in the other",
        "gather": "x[indices], or theano.tensor.take_along_axis(x, indices, axis)",
        "scatter": _PARTS,
        "segment_sum": "theano.tensor.inc_subtensor(theano.tensor.zeros((n,))[segments], x)",
        "chunk": "theano.tensor.split(x, lengths, n)",
        "vmap": _VMAP,
        "one_hot": _ONE_HOT,
        "argwhere": "theano.tensor.nonzero(x)",
        "log_softmax": "theano.tensor.nnet.logsoftmax(x)",
        "silu": "theano.tensor.nnet.silu(x)",
        "expit": "theano.tensor.nnet.sigmoid(x)",
        **dict.fromkeys(("stop_gradient", "detach", "no_grad"), "theano.gradient.disconnected_grad(x)"),
        "trapz": "theano.tensor.trapezoid(y, x)",
        "lgamma": "theano.tensor.gammaln(x)",
        "digamma": "theano.tensor.psi(x)",
        "sign": "theano.tensor.sgn(x)",
        "floor_divide": "theano.tensor.int_div(x, y), or x // y",
        "remainder": "theano.tensor.mod(x, y), or x % y",
        "fix": "theano.tensor.trunc(x)",
        "isfinite": "abs(x) < numpy.inf",
        "hypot": "theano.tensor.sqrt(x**2 + y**2)",
        **{name: f"numpy.{name}" for name in ("iinfo", "finfo")},
    },
    **_OF_MATRICES,
    "theano.tensor.nnet": {
        "tanh": "theano.tensor.tanh",
        "linear": "theano.tensor.dot(x, w) + b",
        **dict.fromkeys(("Module", "Linear", "Conv2d", "LSTM", "GRU", "Sequential"), _LAYER),
        **dict.fromkeys(("Embedding", "embedding"), "table[indices], where table = theano.shared(value)"),
        **dict.fromkeys(("swish", "SiLU"), "theano.tensor.nnet.silu(x)"),
        "leaky_relu": "theano.tensor.nnet.relu(x, alpha)",
        "log_softmax": "theano.tensor.nnet.logsoftmax(x)",
        "one_hot": _ONE_HOT,
        "mse_loss": "theano.tensor.sqr(x - y).mean()",
        "l1_loss": "abs(x - y).mean()",
        "binary_cross_entropy": "theano.tensor.nnet.binary_crossentropy(probabilities, y).mean()",
        "binary_cross_entropy_with_logits": "theano.tensor.nnet.sigmoid_binary_crossentropy(scores, y).mean()",
        "nll_loss": "-theano.tensor.nnet.logsoftmax(x)[theano.tensor.arange(y.shape[0]), y].mean()",
        "ctc_loss": "theano.tensor.nnet.ctc.ctc(frames, labels, lengths)",
        "scaled_dot_product_attention": "theano.tensor.nnet.attention(query, key, value, mask)",
        **dict.fromkeys(("max_pool_2d", "max_pool2d", "pool_2d", "avg_pool2d"), _POOL),
        "cross_entropy": "theano.tensor.nnet.categorical_crossentropy(probabilities, classes).mean()",
        "batch_norm": "theano.tensor.nnet.batch_normalization_train(x, gamma, beta)",
    },
    "theano.tensor.linalg": dict.fromkeys(
        ("cholesky", "cond", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "lstsq", "matrix_power", "matrix_rank",
         "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "svd"), _LINALG
    ),
    "theano.tensor.random": dict.fromkeys(
        ("normal", "uniform", "randn", "rand", "randint", "seed", "binomial", "choice", "RandomStreams"), _STREAMS
    ),
    "tensor": {
        **dict.fromkeys(("item", "numpy", "tolist", "tobytes"), _A_VALUE),
        **dict.fromkeys(("get_value", "set_value"), _NO_VALUE),
        **dict.fromkeys(("get_values", "set_values"), "x.get_value(), x.set_value(v), of shared variables"),
        **dict.fromkeys(("backward", "requires_grad", "grad"), _GRAD),
        **{name: f"theano.tensor.nnet.{name}(x)" for name in ("relu", "sigmoid", "softmax")},
        **{name: f"theano.tensor.{name}(x)" for name in ("logsumexp", "flip")},
        **{name: f"x.astype({dtype!r})" for name, dtype in (
            ("float", "float32"), ("double", "float64"), ("half", "float16"), ("long", "int64"), ("int", "int32"),
        )},
        **dict.fromkeys(("cuda", "cpu", "to", "contiguous"), _ONLY_CPU),
        **dict.fromkeys(("at", "scatter_add", "scatter_add_", "index_add_"), _PARTS),
        **dict.fromkeys(("masked_fill", "masked_fill_"), _CHOSEN),
        **dict.fromkeys(("expand", "broadcast_to"), "theano.tensor.broadcast_to(x, shape)"),
        "gather": "theano.tensor.take_along_axis(x, indices, axis)",
        "index_select": "x[indices], or theano.tensor.take(x, indices, axis)",
        "topk": "theano.tensor.topk(x, k)",
        "chunk": "theano.tensor.split(x, lengths, n)",
        **dict.fromkeys(("numel", "nelement"), "x.size"),
        "dim": "x.ndim",
        "detach": "theano.gradient.disconnected_grad(x)",
        "append": "theano.tensor.concatenate([x, [value]])",
        "extend": "theano.tensor.concatenate([x, y])",
        "cast": "x.astype(dtype), or theano.tensor.cast(x, dtype)",
        "to_numpy": _A_VALUE,
        "view": "x.reshape(shape)",
        "permute": "x.transpose(axes), or x.dimshuffle(axes)",
        "unsqueeze": "x[:, None], or theano.tensor.expand_dims(x, axis)",
        **dict.fromkeys(("matmul", "mm", "bmm"), _MATMUL),
    },
    "sparse": {
        **dict.fromkeys(("todense", "A", "to_dense"), "x.toarray()"),
        "nnz": "x.data.shape[0]",
        "mean": "theano.sparse.sp_sum(x) / (x.shape[0] * x.shape[1])",
        **{name: f"x.data.{name}(), of the stored elements" for name in ("max", "min")},
        "multiply": "x * y",
        "power": "theano.sparse.structured_pow(x, exponent)",
    },
    "streams": {
        **dict.fromkeys(("randn", "standard_normal"), "streams.normal((2, 3))"),
        **dict.fromkeys(("rand", "random", "random_sample"), "streams.uniform((2, 3))"),
        **dict.fromkeys(
            ("randint", "integers"),
            "theano.random.RandomStreams(seed=0).random_integers(size, low, high), where high is included",
        ),
        "shuffle": (
            "theano.random.RandomStreams(seed=0).shuffle_row_elements(x), "
            "or theano.random.RandomStreams(seed=0).permutation(n=n) for indices"
        ),
        "bernoulli": "streams.binomial((2, 3), n=1, p=p)",
    },
}


def no_attribute(kind: str, name: str, thing: Any = None) -> AttributeError:
    """The error that `thing` (by default the module called `kind`) has no attribute of that name.

    Parameters
    ----------
    kind : str
        Which part of the table tells of it.
    name : str
        What was asked for.
    thing : object, optional
        Whose attribute was asked for.

    Returns
    -------
    AttributeError
        Python adds "Did you mean" by itself.
    """
    whose = f"module {kind!r}" if thing is None else f"{type(thing).__name__!r} object"
    instead = _WORDS.get(kind, {}).get(name)
    text = f"{whose} has no attribute {name!r}"
    return AttributeError(f"{text}: write {instead}" if instead else text, name=name, obj=thing)


def advised(kind: str) -> Callable[[_Class], _Class]:
    """A decorator of classes whose objects the table calls `kind`: their AttributeErrors say what to write.

    Type checkers don't see the ``__getattr__``, else no misspelt name would be a mistake for them.
    """

    def find(self: Any, name: str) -> Any:
        if hasattr(type(self), name):  # a property, whose own AttributeError led here: raise that
            return object.__getattribute__(self, name)
        raise no_attribute(kind, name, self)

    def decorated(cls: _Class) -> _Class:
        cls.__getattr__ = find  # type: ignore[attr-defined]
        return cls

    return decorated
