"""`verify_grad_sparse`: gradients of expressions with sparse matrices against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.check.verify_grad import verify_grad
from theano.gradient import GradientError
from theano.sparse.convert import DenseFromSparse, SparseFromDense
from theano.sparse.csm import CSM
from theano.sparse.values import is_sparse
from theano.sparse.variable import is_sparse_variable

__all__ = ["verify_grad_sparse"]


def verify_grad_sparse(
    op: Callable[..., Any], pt: Sequence[Any], structured: bool = False, *args: Any, **kwargs: Any
) -> None:
    """Test the gradient of a function of sparse matrices by finite differences; raise if they differ.

    Parameters
    ----------
    op
        Takes as many variables as `pt` has entries, sparse ones for sparse entries, and returns one; an op will do.
    pt
        Values to differentiate at: sparse matrices of SciPy, and arrays.
    structured
        Whether only the elements are varied that the matrices have; else all places, which is what a regular
        gradient is for.
    *args, **kwargs
        What `verify_grad` takes beside.

    Returns
    -------
    None

    Raises
    ------
    GradientError
        If the gradients differ.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> x = scipy.sparse.csr_matrix([[0, 1.5], [2.5, 0]])
    >>> sparse.verify_grad_sparse(sparse.structured_exp, [x], structured=True, rng=np.random.RandomState(0))
    """
    points: list[Any] = []
    builders: list[Callable[[Any], Any]] = []
    for value in pt:
        if not is_sparse(value):
            points.append(value)
            builders.append(lambda x: x)
        elif structured:
            points.append(value.data)
            builders.append(_of_elements(value))
        else:
            points.append(value.toarray())
            builders.append(SparseFromDense(value.format))

    def fun(*inputs: Any) -> Any:
        made = op(*(build(x) for build, x in zip(builders, inputs, strict=True)))
        return DenseFromSparse(structured)(made) if is_sparse_variable(made) else made

    verify_grad(fun, points, *args, **kwargs)


verify_grad_sparse.E_grad = GradientError  # type: ignore[attr-defined]  # what it raises, as tests ask for it


def _of_elements(value: Any) -> Callable[[Any], Any]:
    """A function from the elements of a matrix to the sparse variable that has its structure."""
    structure = value.indices.astype("int32"), value.indptr.astype("int32"), np.asarray(value.shape, "int64")
    return lambda data: CSM(value.format)(data, *structure)
