"""Random sparse matrices for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.graph.common_text import fill
from theano.scalar.dtypes import COMPLEX, DISCRETE, as_dtype
from theano.sparse.constructors import matrix
from theano.sparse.values import as_format, scipy_sparse

__all__ = ["sparse_random_inputs"]


def sparse_random_inputs(
    format: str,
    shape: tuple[int, int],
    n: int = 1,
    out_dtype: Any = None,
    p: float = 0.5,
    gap: Sequence[float] | None = None,
    explicit_zero: bool = False,
    unsorted_indices: bool = False,
) -> tuple[list[Any], list[Any]]:
    """Sparse variables, and random matrices for them.

    Parameters
    ----------
    format : {'csr', 'csc'}
        That of the matrices.
    shape
        That of the matrices.
    n
        How many there are to be.
    out_dtype
        `floatX` if it is not given.
    p
        The share of places with an element.
    gap
        The elements are in ``[a, b)`` for ``(a, b)``, in ``[0, b)`` for ``(b,)``; else in [0, 1), integers below 50.
    explicit_zero
        Whether an element is to be 0.
    unsorted_indices
        Whether a line is to have its elements in another order than that of their indices.

    Returns
    -------
    A list of variables, and a list of matrices of SciPy.

    Raises
    ------
    ValueError
        `format` is none of these.

    Examples
    --------
    >>> from theano import sparse
    >>> variables, data = sparse.sparse_random_inputs("csr", (3, 4), n=2, out_dtype="float32")
    >>> variables[0].type, data[1].shape
    (Sparse[float32, csr], (3, 4))
    """
    if unsorted_indices and min(shape) < 2:
        raise ValueError("a line with one element has no order: for unsorted indices, both lengths must be 2 at least")
    dtype = as_dtype(config.floatX if out_dtype is None else out_dtype)
    low, high = (0.0, 50.0 if dtype in DISCRETE else 1.0) if gap is None else (0.0, *gap) if len(gap) == 1 else gap
    rng = np.random.RandomState(np.random.randint(2**30))
    given = (format, shape, dtype, p, low, high, explicit_zero, unsorted_indices)
    return [matrix(format, dtype=dtype) for _ in range(n)], [_draw(rng, *given) for _ in range(n)]


def _draw(rng: Any, format: str, shape: tuple[int, int], dtype: str, p: float, low: float, high: float,
          explicit_zero: bool, unsorted_indices: bool) -> Any:  # fmt: skip
    numbers: Any = rng.uniform(low, high, shape)
    if dtype == "bool":
        numbers = numbers >= (low + high) / 2
    elif dtype in DISCRETE:
        numbers = np.floor(numbers)
    elif dtype in COMPLEX:
        numbers = numbers + 1j * rng.uniform(low, high, shape)
    there = rng.random_sample(shape) < p
    if unsorted_indices:
        there[:2, :2] = True
        numbers[:2, :2][numbers[:2, :2] == 0] = 1
    made = as_format(scipy_sparse().csr_matrix(np.where(there, numbers, 0).astype(dtype)), format)
    if unsorted_indices:
        for line in range(len(made.indptr) - 1):
            part = slice(made.indptr[line], made.indptr[line + 1])
            made.indices[part], made.data[part] = made.indices[part][::-1].copy(), made.data[part][::-1].copy()
        made.has_sorted_indices = False
    if explicit_zero and made.nnz:
        made.data[rng.randint(made.nnz)] = 0
    return made


fill(globals())
