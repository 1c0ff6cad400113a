"""An example of every operation that has inputs of floating point, for the tests of gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from theano.tensor.extra_ops import CumOp, RepeatOp, SearchsortedOp, cpu_contiguous
from theano.tensor.nnet.conv3d2d import diagonal_subtensor, inc_diagonal_subtensor
from theano.tensor.sort import TopKOp

import theano
import theano.tensor as T
from theano import gradient, scalar
from theano.compile.ops import DeepCopyOp, OutputGuard
from theano.ifelse import ifelse
from theano.scan.buffer import BufferGradient, StateBuffer
from theano.tensor import blas, fft, nlinalg, nnet, slinalg
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.elemwise import elemwise
from theano.tensor.indexing.segments import OfLength, SoundRows, scatter_sum, segment_spread, segment_sum
from theano.tensor.linalg import factors
from theano.tensor.linalg.systems import InverseProduct
from theano.tensor.nnet.convolution import ops as conv
from theano.tensor.nnet.neighbours import Images2Neibs, SumOfNeibs
from theano.tensor.reductions.extremes import Argmax, Max, Min, Supremum
from theano.tensor.reductions.products import ProductOfOthers
from theano.tensor.reductions.recurrence import LinearRecurrence
from theano.tensor.reductions.reduction import ProdWithoutZeros
from theano.tensor.signal.pool import (
    AveragePoolGrad,
    DownsampleFactorMaxGradGrad,
    MaxPoolGrad,
    MaxPoolRop,
    Pool,
)
from theano.tensor.sparse_rows import product_at


class Example(NamedTuple):
    """What `make` gives for variables is differentiated by those whose value in `points` is of floating point."""

    make: Callable[..., Any]
    points: list[np.ndarray]


def _numbers(low: float, high: float, *shape: int) -> np.ndarray:
    seed = abs(hash((low, high, shape))) % 2**31
    return np.random.RandomState(seed).uniform(low, high, shape)


V, W = _numbers(0.6, 1.9, 4), _numbers(-1.7, -0.4, 4)
M, N = _numbers(0.4, 1.8, 3, 4), _numbers(-1.6, 1.6, 4, 3)
B, C = _numbers(-1, 1, 2, 3, 4), _numbers(-1, 1, 2, 4, 2)
S = _numbers(-0.4, 0.6, 3, 3) + 2 * np.eye(3)
H = S + S.T
LABELS = np.array([1, 0, 3])
X = np.array(0.7)

# Where the operations of the scalar table are differentiated.
_POINTS: dict[str, list[list[float]]] = {
    "arccosh": [[1.3, 2.2]],
    "gamma": [[0.7, 1.3]],
    "gammaln": [[0.7, 2.3]],
    "psi": [[0.7, 2.3]],
    "tri_gamma": [[0.7, 2.3]],
    "polygamma": [[1.0, 2.0], [0.7, 1.4]],
    "gammainc": [[1.6, 2.5], [0.7, 1.4]],
    "gammaincc": [[1.6, 2.5], [0.7, 1.4]],
    "gammal": [[1.6, 2.5], [0.7, 1.4]],
    "gammau": [[1.6, 2.5], [0.7, 1.4]],
    "chi2sf": [[0.7, 1.4], [1.6, 2.5]],
    "jv": [[1.0, 2.0], [0.7, 1.4]],
    "iv": [[1.0, 2.0], [0.7, 1.4]],
    "clip": [[0.2, 0.7], [0.4, 0.5], [0.6, 0.9]],
    "switch": [[0.0, 0.7], [0.4, 0.5], [0.6, 0.9]],
    "sgn": [[-0.4, 0.7]],
    "erfcinv": [[0.4, 1.3]],
}
WHOLE_NUMBERS = frozenset({"and_", "or_", "xor", "invert", "left_shift", "right_shift"})


def _scalar_example(name: str) -> Example:
    op = scalar.TABLE[name]
    points = _POINTS.get(name)
    if points is None:
        several = [[0.35, 0.8], [0.55, 0.45], [0.25, 0.6]]
        points = several[: {-1: 3}.get(op.nin, op.nin)]
    return Example(lambda *x: elemwise(op)(*x), [np.array(p) for p in points])


def _casts(x: Any) -> Any:
    return [elemwise(scalar.convert_to(d))(x) for d in ("float64", "complex128", "int32", "bool")]


def _loop(x: Any, a: Any, b: Any) -> Any:
    return theano.scan(lambda x, s, b: [s * x + b, x * b], sequences=x, outputs_info=[a, None], non_sequences=b)[0]


EXAMPLES: dict[str, Example] = {
    **{name: _scalar_example(name) for name in scalar.TABLE if name not in WHOLE_NUMBERS and name[:4] != "Cast"},
    "choice": Example(lambda v, w: T.switch(T.real(v) > 1, v * w, w), [V, W]),
    "parts": Example(lambda v, w: [T.complex(T.real(v), T.imag(w)), T.angle(v), abs(w)], [V, W]),
    "casts": Example(_casts, [V]),
    "broadcasting": Example(lambda m, v, c: m * v + c, [M, V, _numbers(-1, 1, 3, 1)]),
    "dimshuffle": Example(lambda m: m.dimshuffle(1, "x", 0), [M]),
    "sum": Example(lambda m: [m.sum(), m.sum(axis=0), m.sum(axis=1, keepdims=True)], [M]),
    "prod": Example(lambda m: [m.prod(), m.prod(axis=0)], [M]),
    "prod of zeros": Example(lambda m: m.prod(axis=1), [np.array([[0.0, 2, 3], [0, 0, 2], [1, 2, 3]])]),
    "prod without zeros": Example(lambda m: ProdWithoutZeros(axis=0)(m), [M]),
    "product of others": Example(
        lambda m: [ProductOfOthers((1,), m.dtype)(m), ProductOfOthers(None, m.dtype)(m)],
        [np.array([[0.0, 2, 3], [2, 1, 2]])],
    ),
    "shifted recurrence": Example(lambda a, b: LinearRecurrence(1, shifted=True)(a, b), [M, N.T]),
    "linear recurrence": Example(lambda a, b: LinearRecurrence(1)(a, b), [M, N.T]),
    "sums of rows": Example(
        lambda m: [segment_sum(m, [0, 1, 1, 3]), segment_spread(m, [0, 2, 2, 5], 5), scatter_sum(m, [1, 0, 1], 4)], [M]
    ),
    "products of rows": Example(
        lambda v, w: product_at(v, [0, 1, 1, 0], [0, 2, 4], w, [2, 0, 0, 1], [0, 1, 4], [0, 2, 1], [0, 2, 3], 3), [V, W]
    ),
    "sound rows": Example(
        lambda v: [OfLength()(v, 4), SoundRows()(T.constant([1, 2, 0, 0]), T.constant([0, 4]), 4, v)[2]], [V]
    ),
    "long linear recurrence": Example(
        lambda a, b: LinearRecurrence(0)(a, b), [_numbers(-1, 1, 12), _numbers(0, 1, 12)]
    ),
    "mean": Example(lambda m: [T.mean(m), T.mean(m, axis=0)], [M]),
    "var": Example(lambda m: [T.var(m), T.std(m, axis=0)], [M]),
    "max": Example(lambda m: [*T.max_and_argmax(m, axis=1), T.min(m), T.argmax(m, axis=0)], [M]),
    "max alone": Example(lambda m: [Max()(m), Min((0,))(m), Supremum((1,))(m), Argmax((0,))(m)], [M]),
    "all, any": Example(lambda m: [T.all(m), T.any(m, axis=0)], [M]),
    "dot of vectors": Example(lambda v, w: T.dot(v, w), [V, W]),
    "dot of matrix and vector": Example(lambda m, v: T.dot(m, v), [M, V]),
    "dot of vector and matrix": Example(lambda v, n: T.dot(v, n), [V, N]),
    "dot of matrices": Example(lambda m, n: T.dot(m, n), [M, N]),
    "dot with itself": Example(lambda m: T.dot(m, m.T), [M]),
    "outer": Example(lambda v, w: T.outer(v, w), [V, W]),
    "dot of a matrix, from the right": Example(lambda v, m: T.dot(m, v), [V, M]),
    "batched_dot": Example(lambda b, c: T.batched_dot(b, c), [B, C]),
    "matmul": Example(lambda b, c: [b @ c, T.addbroadcast(b[:1], 0) @ c], [B, C]),
    "matmul of a stack and a matrix": Example(lambda b, n: [b @ n, n.T @ b.dimshuffle(0, 2, 1)], [B, N]),
    "tensordot": Example(lambda b, n: T.tensordot(b, n, axes=[[2], [0]]), [B, N]),
    "batched_tensordot": Example(lambda b, c: T.batched_tensordot(b, c, axes=[[2], [1]]), [B, C]),
    "gemv": Example(lambda y, a, m, x, b: blas.Gemv()(y, a, m, x, b), [N[0], X, M, V, X]),
    "gemm": Example(lambda z, a, x, y, b: blas.Gemm()(z, a, x, y, b), [S, X, M, N, X]),
    "ger": Example(lambda m, a, x, y: blas.Ger()(m, a, x, y), [M, X, N[0], V]),
    "cumsum": Example(lambda m: [T.cumsum(m), T.cumsum(m, axis=1)], [M]),
    "cumprod": Example(lambda m: [T.cumprod(m), T.cumprod(m, axis=1)], [M]),
    "cumprod of zeros": Example(lambda v: CumOp(0, "mul")(v), [np.array([2.0, 0, 3, 0, 5])]),
    "diff": Example(lambda m: T.diff(m, 2), [M]),
    "repeat": Example(
        lambda m: [T.repeat(m, 2, axis=0), RepeatOp(1)(m, T.constant([1, 0, 2, 1])), RepeatOp()(m, [1] * 12)], [M]
    ),
    "trace": Example(lambda m: nlinalg.trace(T.dot(m, m)), [S]),
    "matrix_inverse": Example(lambda m: nlinalg.matrix_inverse(m), [S]),
    "pinv": Example(lambda m: nlinalg.pinv(m), [M]),
    "det": Example(lambda m: nlinalg.det(m), [S]),
    "slogdet": Example(lambda m: nlinalg.slogdet(m), [S]),
    "lstsq": Example(lambda m, b: nlinalg.lstsq()(m, b, -1), [N, M[:2].T]),
    "lstsq of a vector": Example(lambda m, b: nlinalg.lstsq()(m, b, -1)[:2], [N, V]),
    "lstsq without solution of its own": Example(lambda m, b: nlinalg.lstsq()(m, b, -1)[0], [M, S[0]]),
    "stacks of matrices": Example(
        lambda a, b: [
            slinalg.cholesky(T.batched_dot(a, T.conj(a).dimshuffle(0, 2, 1))), slinalg.solve(a, b),
            slinalg.solve_lower_triangular(a[0], b), nlinalg.matrix_inverse(a), nlinalg.slogdet(a)[1],
        ],
        [np.stack([S, H]), _numbers(-1, 1, 2, 3, 2)],
    ),
    "cho_solve": Example(lambda a, b: slinalg.cho_solve((a, True), b), [S, V[:3]]),
    "matrix_power": Example(lambda m: nlinalg.matrix_power(m, -3), [S]),
    "norm": Example(lambda m: [nlinalg.norm(m), m.norm(2), m.norm(1, axis=0)], [M]),
    "diagonals": Example(lambda v, m: [nlinalg.alloc_diag(v), T.diag(m), m.diagonal(1), T.tril(m)], [V, S]),
    "kron": Example(lambda m, n: slinalg.kron(m, n), [M, N]),
    "solve": Example(lambda a, b: slinalg.solve(a, b), [S, _numbers(-1, 1, 3, 2)]),
    "solve for a vector": Example(lambda a, b: slinalg.solve(a, b), [S, _numbers(-1, 1, 3)]),
    "product with an inverse": Example(lambda a, b: InverseProduct()(a, b), [S, _numbers(-1, 1, 3, 2)]),
    "solve lower": Example(lambda a, b: slinalg.solve_lower_triangular(a, b), [S, _numbers(-1, 1, 3)]),
    "solve upper": Example(lambda a, b: slinalg.solve_upper_triangular(a, b), [S, _numbers(-1, 1, 3)]),
    "gradient of cholesky": Example(
        lambda a, b: [slinalg.CholeskyGrad()(a, a, b), slinalg.CholeskyGrad(lower=False)(a, a, b)], [S, H]
    ),
    "cholesky": Example(lambda a: [slinalg.cholesky(a), slinalg.Cholesky(lower=False)(a)], [H]),
    "expm": Example(lambda a: slinalg.expm(a), [S]),
    "sylvester": Example(slinalg.solve_sylvester, [S, S[:2, :2] + 1, _numbers(-1, 1, 3, 2)]),
    "sylvester, stacks": Example(
        lambda a, b, q: slinalg.solve_sylvester(a[None], b, q), [S, S[:2, :2], _numbers(-1, 1, 2, 3, 2)]
    ),
    "lyapunov": Example(
        lambda a, q: [
            slinalg.solve_continuous_lyapunov(a, q), slinalg.solve_discrete_lyapunov(a / 5, q),
            slinalg.solve_discrete_lyapunov(a / 5, q, "direct"),
        ],
        [S, H],
    ),
    "sqrtm": Example(lambda a: slinalg.sqrtm(a), [S]),
    "eigh": Example(lambda a: [(f := factors.eigh(a))[0], T.abs_(f[1])], [H]),
    "eigh of the upper triangle": Example(lambda a: [(f := factors.eigh(a, "U"))[0], T.abs_(f[1])], [H]),
    "eigvalsh": Example(lambda a, b: [slinalg.eigvalsh(a, None), slinalg.eigvalsh(a, b)], [H, H + 4 * np.eye(3)]),
    "qr": Example(lambda a: [*factors.qr(a), factors.qr(a, "r")], [N]),
    "qr of a wide matrix": Example(lambda a: [*factors.qr(a), factors.qr(a, "r")], [M]),
    "qr, complete": Example(lambda a: [(f := factors.qr(a, "complete"))[0][:, :3], T.abs_(f[0]), f[1]], [N]),
    "svd": Example(lambda a: [*(T.abs_(f) for f in factors.svd(a, full_matrices=False))], [M]),
    "svd, full": Example(lambda a: [*(T.abs_(f) for f in factors.svd(a))], [M]),
    "singular values": Example(lambda a: factors.svd(a, compute_uv=False), [M]),
    "rfft": Example(lambda m: fft.rfft(m), [M]),
    "irfft": Example(lambda b: fft.irfft(b, is_odd=True), [_numbers(-1, 1, 2, 3, 2)]),
    "subtensor": Example(lambda m: [m[1], m[::-1, 1:3], m[0, 2], m[:, None, 0]], [M]),
    "advanced subtensor": Example(
        lambda m: [m[[0, 2, 0]], m[T.arange(3), [1, 1, 0]], m[(T.real(m) > 1).nonzero()]], [M]
    ),
    "nonzero": Example(lambda m: m.nonzero(), [M]),
    "set_subtensor": Example(lambda m, v: [T.set_subtensor(m[1], v), T.inc_subtensor(m[:, 1:], v[1:])], [M, V]),
    "set at places": Example(
        lambda m, v: [
            T.set_subtensor(m[[0, 2]], v),
            T.inc_subtensor(m[[0, 0]], v),
            T.inc_subtensor(m[[0, 0], [1, 1]], v[:2]),
        ],
        [M, V],
    ),
    "join": Example(lambda m, n: [T.concatenate([m, n.T]), T.stack([m, n.T], axis=1)], [M, N]),
    "split": Example(lambda v: T.split(v, [1, 3], 2), [V]),
    "make_vector": Example(lambda v, x: T.stack([v[0], x, v[2]]), [V, X]),
    "reshape": Example(lambda m: [m.reshape((2, 6)), m.flatten(), T.specify_shape(m, (3, 4))], [M]),
    "rebroadcast": Example(lambda m: [T.unbroadcast(T.patternbroadcast(m, (True, False)), 0)], [M[:1]]),
    "alloc": Example(lambda v, x: [T.alloc(v, 3, 4), T.alloc(x, 2), T.zeros_like(v) + x], [V, X]),
    "fill": Example(lambda m, x: T.fill(m, x), [M, X]),
    "arange": Example(lambda a, b, c: T.arange(a, b, c), [np.array(0.3), np.array(4.9), np.array(1.1)]),
    "shape": Example(lambda m: [m.shape, m.shape[0]], [M]),
    "eye": Example(lambda m: [T.eye(m.shape[0]), T.tri(3)], [M]),
    "empty": Example(lambda m: T.AllocEmpty("float64")(m.shape[0]) * 0.0, [M]),
    "sort": Example(lambda m: [T.sort(m, axis=0), T.argsort(m), T.sort(m, axis=None)], [M]),
    "pooling": Example(
        lambda x: [
            Pool(True)(x, (2, 2), (1, 2)),
            *(Pool(False, mode)(x, (2, 2)) for mode in ("sum", "average_inc_pad")),
        ],
        [_numbers(-1, 1, 2, 3, 5)],
    ),
    "pooling, backwards": Example(
        lambda x, g: [
            MaxPoolGrad(True)(x, Pool(True)(x, (2, 2)), g, (2, 2)),
            AveragePoolGrad(True, "average_exc_pad")(x, g, (2, 2)),
        ],
        [_numbers(-1, 1, 2, 4, 4), _numbers(-1, 1, 2, 2, 2)],
    ),
    "pooling, in a direction": Example(
        lambda x, v: [
            DownsampleFactorMaxGradGrad(True)(x, Pool(True)(x, (2, 2)), v, (2, 2)), MaxPoolRop(True)(x, v, (2, 2)),
        ],
        [_numbers(-1, 1, 2, 4, 4), _numbers(-1, 2, 2, 4, 4)],
    ),
    "neighbourhoods": Example(
        lambda x: [Images2Neibs("half")(x, (3, 1), (1, 2)), Images2Neibs("wrap_centered")(x, (3, 3), (2, 2))],
        [_numbers(-1, 1, 1, 2, 3, 5)],
    ),
    "neighbourhoods, backwards": Example(
        lambda y: SumOfNeibs("ignore_borders")(y, (1, 2, 3, 5), (2, 3), (1, 2)), [_numbers(-1, 1, 8, 6)],
    ),
    "convolution": Example(
        lambda x, w: [
            conv.AbstractConv2d(border_mode="half", subsample=(2, 1))(x, w),
            conv.AbstractConv(1, border_mode=1)(x[0], w[0]),
            conv.AbstractConv3d(filter_dilation=(1, 1, 2))(x[None], w[None]),
        ],
        [_numbers(-1, 1, 2, 2, 3, 4), _numbers(-1, 1, 2, 2, 3, 2)],
    ),
    "convolution, towards images": Example(
        lambda w, g: [
            conv.AbstractConv2d_gradInputs(border_mode="full")(w, g, (2, 3)),
            conv.AbstractConv_gradInputs(1)(w[0], g[0, :, :2], (5,)),
            conv.AbstractConv3d_gradInputs()(w[:, :, None], g[:, :, None], (1, 6, 5)),
        ],
        [_numbers(-1, 1, 2, 2, 3, 2), _numbers(-1, 1, 2, 2, 4, 4)],
    ),
    "convolution, towards kernels": Example(
        lambda x, g: [
            conv.AbstractConv2d_gradWeights(border_mode="half")(x, g, (3, 3)),
            conv.AbstractConv_gradWeights(1)(x[0], g[0], (1,)),
            conv.AbstractConv3d_gradWeights()(x[None], g[None], (1, 1, 1)),
        ],
        [_numbers(-1, 1, 2, 2, 3, 4), _numbers(-1, 1, 2, 2, 3, 4)],
    ),
    "topk": Example(lambda v: [*T.topk_and_argtopk(v, 2), TopKOp(return_values=False)(v, 1)], [V]),
    "searchsorted": Example(lambda v, x: SearchsortedOp()(v, x), [np.sort(V), W]),
    "choose": Example(
        lambda a, v, w: [T.choose(a, [v, w]), T.choose(a, T.stack([v, w]))], [np.array([0, 1, 1, 0]), V, W]
    ),
    "unique": Example(lambda v: T.extra_ops.Unique()(v), [V]),
    "contiguous": Example(lambda m: cpu_contiguous(m.T), [M]),
    "assert": Example(lambda m, x: Assert("")(m, T.real(x) > 0), [M, X]),
    "lengths that fit": Example(
        lambda v, m: fitting("f", "v", {"v": (v, "c"), "m": (m, "rc")}, [(v[0] > -9, "large", ValueError)]), [V, M]
    ),
    "stripe": Example(lambda m: diagonal_subtensor(m, 1, 0), [M]),
    "stripe that grows": Example(lambda m, n: inc_diagonal_subtensor(m, 1, 0, n[:3, :2]), [M, N]),
    "softmax": Example(lambda m: [T.nnet.softmax(m), T.nnet.logsoftmax(m)], [M]),
    "softmax of columns": Example(lambda m: [T.nnet.softmax(m, axis=0), T.nnet.logsoftmax(m, axis=0)], [M]),
    "softmax with bias": Example(lambda m, v: T.nnet.softmax_with_bias(m, v), [M, V]),
    "cross-entropy": Example(
        lambda m, v, t: T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, v, t), [M, V, LABELS]
    ),
    "categorical": Example(
        lambda m, t: [T.nnet.crossentropy_categorical_1hot(m, t), T.nnet.categorical_crossentropy(m, m)], [M, LABELS]
    ),
    "sums over the ways to spell labels": Example(
        lambda b: nnet.ctc.ConnectionistTemporalClassification()(b, [[1, 2], [2, 2]], [3, 3], return_list=True),
        [_numbers(-1, 1, 3, 2, 4)],
    ),
    "products with blocks": Example(
        lambda o, w, h: nnet.blocksparse.sparse_block_gemv(o, w, h, [[1, 1]], [[0, 2]]),
        [_numbers(-1, 1, 1, 2, 3), _numbers(-1, 1, 2, 3, 4, 3), _numbers(-1, 1, 1, 2, 4)],
    ),
    "outer products of blocks": Example(
        lambda o, x, y, a: nnet.blocksparse.sparse_block_outer(o, x, y, [[1, 1]], [[0, 2]], a),
        [_numbers(-1, 1, 2, 3, 4, 3), _numbers(-1, 1, 1, 2, 4), _numbers(-1, 1, 1, 2, 3), X],
    ),
    "batch normalisation": Example(
        lambda x, a: [
            *nnet.bn.AbstractBatchNormTrain((0,))(x, a, a, 1e-3, 0.1, a, a),
            nnet.bn.AbstractBatchNormInference((0,))(x, a, a, a, a),
            *nnet.bn.AbstractBatchNormTrainGrad((0,))(x, x * x, a, a, a),
        ],
        [M, V[None]],
    ),
    "a column in front": Example(lambda x, m: nnet.prepend_scalar_to_each_row(x, m), [X, M]),
    "ifelse": Example(lambda x, v, w: ifelse(T.real(x) > 0, v * w, w), [X, V, W]),
    "scan": Example(_loop, [V, X, np.array(1.7)]),
    "buffer of a state": Example(
        lambda m: [StateBuffer(1)(T.unbroadcast(T.shape_padleft(m), 0), 2), BufferGradient()(m[:1], m)], [M]
    ),
    "print, views, copies": Example(
        lambda m: [theano.printing.Print("", attrs=())(m), gradient.ViewOp()(m), DeepCopyOp()(m), OutputGuard()(m)], [M]
    ),
    "steps that tell": Example(lambda m: theano.progress.steps(m * 2, 1, tell=lambda k, value: None, every=1), [M]),
    "OpFromGraph": Example(lambda v, w: theano.OpFromGraph([a := v.type(), b := w.type()], [a * b + a])(v, w), [V, W]),
}
