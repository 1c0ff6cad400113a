"""Every operation of `theano.sparse` as a row of a table: what it is of variables, and what of dense arrays.

Kinds of operands: "s" a sparse matrix (m, n), "t" another one of that shape, "S" one with the structure of the first,
"q" a square sparse matrix (n, n), "k" a sparse matrix (n, k), "d" a dense matrix (m, n), "D" a dense matrix (n, k),
"E" a dense matrix (l, m), "c" a vector of n, "r" a vector of m, "x" a dense matrix (m, 2), "y" a dense matrix (n, 2),
"z" a dense matrix (m, k), "#" a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
import scipy.special

import theano.tensor as T
from theano import sparse as S

M, N, K = 5, 4, 3


class Case(NamedTuple):
    """An operation: its operands, and its meaning for variables and for dense arrays."""

    name: str
    kinds: str
    symbolic: Callable[..., Any]
    dense: Callable[..., Any]
    kinds_of_numbers: str = "fic"  # floats, integers, complex numbers
    duplicates: bool = True  # whether it holds where several elements stand for one place
    grad: str = "both"  # 'regular', 'structured', 'both' (where they are the same), or 'none'


def masked(x: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda value: np.where(x != 0, value, 0)


_EXACT = ("sqr", "sgn", "structured_add", "structured_minimum", "structured_maximum")


def _structured(name: str, numpy: Callable[..., Any], numbers: str = "fi", kinds: str = "s") -> Case:
    def dense(x: np.ndarray, *others: Any) -> Any:
        exact = x.astype("float64") if x.dtype.kind in "iu" and name not in _EXACT else x
        return np.where(x != 0, numpy(exact, *others), 0)

    return Case(name, kinds, getattr(S, name), dense, numbers, duplicates=False, grad="structured")


def _stacked(*blocks: Any, axis: int, format: str | None = None) -> Any:
    return S.hstack(blocks, format) if axis else S.vstack(blocks, format)


def _usmm(alpha: Any, x: Any, y: Any, z: Any) -> Any:
    return alpha * x.dot(y) + z


def _rows_from_list(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    made = np.zeros(x.shape, values.dtype)
    np.add.at(made, [2, 0, 2, -1, 3], values)
    return made


CASES = [
    Case("dense_from_sparse", "s", S.dense_from_sparse, lambda x: x, grad="structured"),
    Case("dense_from_sparse_regular", "s", S.DenseFromSparse(structured=False), lambda x: x, grad="regular"),
    Case("csr_from_dense", "d", S.csr_from_dense, lambda x: x, grad="regular"),
    Case("csc_from_dense", "d", S.csc_from_dense, lambda x: x, grad="regular"),
    Case("transpose", "s", S.transpose, lambda x: x.T),
    Case("T", "s", lambda x: x.T, lambda x: x.T),
    Case("neg", "s", S.neg, lambda x: -x),
    Case("cast", "s", lambda x: S.cast(x, "complex128"), lambda x: x.astype("complex128"), grad="none"),
    Case("fcast", "s", S.fcast, lambda x: x.astype("float32"), "fi", grad="none"),
    Case("sp_zeros_like", "s", S.sp_zeros_like, np.zeros_like, grad="none"),
    Case("sp_ones_like", "s", S.sp_ones_like, lambda x: (x != 0).astype(x.dtype), duplicates=False, grad="none"),
    Case("add_s_s", "st", S.add, lambda x, y: x + y),
    Case("sub_s_s", "st", S.sub, lambda x, y: x - y),
    Case("add_s_s_data", "sS", S.add_s_s_data, lambda x, y: x + y, grad="structured"),
    Case("add_s_d", "sd", S.add, lambda x, y: x + y, grad="structured"),
    Case("sub_s_d", "sd", lambda x, y: x - y, lambda x, y: x - y, grad="structured"),
    Case("sub_d_s", "ds", lambda x, y: x - y, lambda x, y: x - y, grad="structured"),
    Case("add_s_number", "s#", lambda x, y: x + y, lambda x, y: x + y, grad="structured"),
    Case("structured_add_s_v", "sc", S.structured_add_s_v, lambda x, y: np.where(x != 0, x + y, 0), duplicates=False,
         grad="structured"),
    Case("mul_s_s", "st", S.mul, lambda x, y: x * y),
    Case("mul_s_d", "sd", S.mul, lambda x, y: x * y),
    Case("mul_d_s", "ds", lambda x, y: x * y, lambda x, y: x * y),
    Case("mul_s_number", "s#", lambda x, y: x * y, lambda x, y: x * y),
    Case("div_s_number", "s#", lambda x, y: x / y, lambda x, y: x / y, "fc", grad="structured"),
    Case("mul_s_row", "sc", lambda x, y: S.mul(x, y.dimshuffle("x", 0)), lambda x, y: x * y),
    Case("mul_s_col", "sr", lambda x, y: S.mul(x, y.dimshuffle(0, "x")), lambda x, y: x * y[:, None]),
    Case("mul_s_v", "sc", S.mul_s_v, lambda x, y: x * y),
    Case("col_scale", "sc", S.col_scale, lambda x, y: x * y, grad="structured"),
    Case("row_scale", "sr", S.row_scale, lambda x, y: x * y[:, None], grad="structured"),
    Case("dot_s_d", "sD", S.dot, lambda x, y: x @ y, grad="regular"),
    Case("dot_d_s", "Es", S.dot, lambda x, y: x @ y, grad="regular"),
    Case("dot_s_s", "sk", S.dot, lambda x, y: x @ y, grad="regular"),
    Case("dot_s_v", "sc", S.dot, lambda x, y: x @ y, grad="regular"),
    Case("dot_v_s", "rs", S.dot, lambda x, y: x @ y, grad="regular"),
    Case("structured_dot_s_d", "sD", S.structured_dot, lambda x, y: x @ y, grad="structured"),
    Case("structured_dot_d_s", "Es", S.structured_dot, lambda x, y: x @ y, grad="structured"),
    Case("structured_dot_s_s", "sk", S.structured_dot, lambda x, y: x @ y, grad="structured"),
    Case("structured_dot_s_v", "sc", S.structured_dot, lambda x, y: x @ y, grad="structured"),
    Case("structured_dot_v_s", "rs", S.structured_dot, lambda x, y: x @ y, grad="structured"),
    Case("tensor_dot", "sD", T.dot, lambda x, y: x @ y, grad="structured"),
    Case("matmul", "Es", lambda x, y: x @ y, lambda x, y: x @ y, grad="structured"),
    Case("true_dot_s_d", "sD", S.true_dot, lambda x, y: x @ y, grad="regular"),
    Case("true_dot_d_s", "Es", S.true_dot, lambda x, y: x @ y, grad="regular"),
    Case("true_dot_s_s", "sk", S.true_dot, lambda x, y: x @ y, grad="regular"),
    Case("usmm", "#sDz", S.usmm, _usmm, grad="regular"),
    Case("sampling_dot", "xys", S.sampling_dot, lambda x, y, p: p * (x @ y.T), grad="both"),
    Case("sp_sum", "s", S.sp_sum, lambda x: x.sum(), grad="regular"),
    Case("sp_sum_0", "s", lambda x: S.sp_sum(x, axis=0), lambda x: x.sum(axis=0), grad="regular"),
    Case("sp_sum_1", "s", lambda x: S.sp_sum(x, axis=1), lambda x: x.sum(axis=1), grad="regular"),
    Case("sp_sum_structured", "s", lambda x: S.sp_sum(x, 1, sparse_grad=True), lambda x: x.sum(1), grad="structured"),
    Case("diag", "q", S.diag, np.diag, grad="both"),
    Case("square_diagonal", "c", S.square_diagonal, np.diag),
    Case("ensure_sorted_indices", "s", S.ensure_sorted_indices, lambda x: x),
    Case("remove0", "s", S.remove0, lambda x: x),
    Case("clean", "s", S.clean, lambda x: x),
    Case("construct_sparse_from_list", "dd", lambda x, y: S.construct_sparse_from_list(x, y, [2, 0, 2, -1, 3]),
         _rows_from_list, grad="regular"),
    Case("hstack", "stS", lambda *xs: _stacked(*xs, axis=1), lambda *xs: np.hstack(xs)),
    Case("vstack", "st", lambda *xs: _stacked(*xs, axis=0), lambda *xs: np.vstack(xs)),
    Case("hstack_csr", "st", lambda *xs: _stacked(*xs, axis=1, format="csr"), lambda *xs: np.hstack(xs)),
    Case("vstack_csr", "st", lambda *xs: _stacked(*xs, axis=0, format="csr"), lambda *xs: np.vstack(xs)),
    Case("get_item_2d", "s", lambda x: x[1:4, :3], lambda x: x[1:4, :3]),
    Case("get_item_2d_steps", "s", lambda x: x[::-2, 3:0:-1], lambda x: x[::-2, 3:0:-1]),
    Case("get_item_rows", "s", lambda x: x[-2:], lambda x: x[-2:]),
    Case("get_item_scalar", "s", lambda x: x[1, -1], lambda x: x[1, -1]),
    Case("get_item_list", "s", lambda x: x[[3, 0, 3, -1]], lambda x: x[[3, 0, 3, -1]]),
    Case("get_item_2lists", "s", lambda x: x[[3, 0, 3, -1], [0, 1, 0, -2]], lambda x: x[[3, 0, 3, -1], [0, 1, 0, -2]]),
    *(
        Case(name, "st", getattr(S, name), compare, "fi", grad="none")
        for name, compare in [
            ("eq", np.equal), ("neq", np.not_equal), ("lt", np.less), ("gt", np.greater), ("le", np.less_equal),
            ("ge", np.greater_equal),
        ]
    ),
    *(
        Case(f"{name}_{kinds}", kinds, getattr(S, name), compare, "fi", grad="none")
        for kinds in ("sd", "ds", "s#", "sc")
        for name, compare in [("eq", np.equal), ("neq", np.not_equal), ("lt", np.less), ("ge", np.greater_equal)]
    ),
    _structured("structured_sigmoid", scipy.special.expit),
    _structured("structured_exp", np.exp, "fc"),
    _structured("structured_log", lambda x: np.log(x, where=x != 0, out=np.ones_like(x)), "fc"),
    _structured("structured_pow", lambda x, y: x**y, "fc", "s#"),
    _structured("structured_minimum", np.minimum, kinds="s#"),
    _structured("structured_maximum", np.maximum, kinds="s#"),
    _structured("structured_add", np.add, "fic", "s#"),
    _structured("sin", np.sin, "fc"),
    _structured("arcsin", np.arcsin, "fc"),
    _structured("tan", np.tan, "fc"),
    _structured("arctan", np.arctan, "fic"),
    _structured("sinh", np.sinh, "fc"),
    _structured("arcsinh", np.arcsinh, "fic"),
    _structured("tanh", np.tanh, "fic"),
    _structured("arctanh", np.arctanh, "fc"),
    _structured("rint", np.rint, "f"),
    _structured("sgn", np.sign, "fi"),
    _structured("ceil", np.ceil, "f"),
    _structured("floor", np.floor, "f"),
    _structured("log1p", np.log1p, "fc"),
    _structured("expm1", np.expm1, "fc"),
    _structured("deg2rad", np.deg2rad, "f"),
    _structured("rad2deg", np.rad2deg, "f"),
    _structured("trunc", np.trunc, "f"),
    _structured("sqr", np.square, "fic"),
    _structured("sqrt", np.sqrt, "fc"),
    Case("conj", "s", S.conj, np.conj, "fc", grad="structured"),
]  # fmt: skip
SHAPES = {
    "s": (M, N), "t": (M, N), "S": (M, N), "q": (N, N), "k": (N, K), "d": (M, N), "D": (N, K), "E": (K, M), "c": (N,),
    "r": (M,), "x": (M, 2), "y": (N, 2), "z": (M, K), "#": (),
}  # fmt: skip
SPARSE = "stSqk"


def shape_of(kind: str, empty: str = "") -> tuple[int, ...]:
    """The shape of an operand; `empty` names lengths that are 0: "m", "n" or both."""
    return tuple(0 if (n, name) in ((M, "m"), (N, "n")) else n for n in SHAPES[kind] for name in (_names(n, empty),))


def _names(n: int, empty: str) -> str:
    return "m" if n == M and "m" in empty else "n" if n == N and "n" in empty else ""


def numbers(rng: np.random.RandomState, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers between 0.1 and 0.9, integers from 1 to 5; none of them 0."""
    if np.dtype(dtype).kind in "iu":
        return rng.randint(1, 6, shape).astype(dtype)
    made = rng.uniform(0.1, 0.9, shape)
    if np.dtype(dtype).kind == "c":
        made = made + 1j * rng.uniform(0.1, 0.9, shape)
    return np.asarray(made.astype(dtype))


def operands(case: Case, format: str, dtype: str, seed: int = 0, empty: str = "", disorder: bool = False) -> list[Any]:
    """Values for a case; rows and columns without elements are among them.

    In `disorder`, indices are not sorted and, if the case can have that, one place has two elements.
    """
    rng = np.random.RandomState(seed)
    found: list[Any] = []
    for kind in case.kinds:
        shape = shape_of(kind, empty)
        value: Any = numbers(rng, shape, dtype)
        if kind in SPARSE:
            there = rng.rand(*shape) < 0.6
            if kind == "S":
                there = found[case.kinds.index("s")].toarray() != 0
            if len(there) > 3 and kind != "S":
                there[2] = False
            value = getattr(sp, f"{format}_matrix")(np.where(there, value, 0).astype(dtype))
            if disorder:
                value = disordered(value, case.duplicates)
        found.append(value)
    return found


def disordered(x: Any, duplicates: bool) -> Any:
    """The same matrix with the elements of each line the other way round, the first of each maybe as two halves."""
    data, indices, indptr = [], [], [0]
    for line in range(len(x.indptr) - 1):
        part = slice(x.indptr[line], x.indptr[line + 1])
        own, at = list(x.data[part][::-1]), list(x.indices[part][::-1])
        if own and duplicates:
            half = own[0] // 2 if x.dtype.kind in "iu" else own[0] / 2
            own, at = [own[0] - half, *own[1:], half], [*at, at[0]]
        data += own
        indices += at
        indptr.append(len(data))
    parts = np.array(data, x.dtype), np.array(indices, "int32"), np.array(indptr, "int32")
    return type(x)(parts, shape=x.shape)


def variable(value: Any) -> Any:
    """An input for a value."""
    if sp.issparse(value):
        return S.matrix(value.format, dtype=value.dtype.name)
    return T.TensorType(value.dtype.name, (False,) * value.ndim)()


def as_array(value: Any) -> np.ndarray:
    return value.toarray() if sp.issparse(value) else np.asarray(value)
