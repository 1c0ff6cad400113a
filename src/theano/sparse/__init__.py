"""Sparse matrices: variables that stand for them, and what can be computed with them.

Nothing here is loaded before ``theano.sparse`` is used, and SciPy not before there is a value.

Examples
--------
>>> import scipy.sparse
>>> from theano import sparse
>>> x, w = sparse.csr_matrix("x", dtype="float64"), T.dvector("w")
>>> f = theano.function([x, w], sparse.dot(x, w))
>>> f(scipy.sparse.csr_matrix([[1.0, 0.0], [0.0, 2.0]]), [10.0, 20.0])
array([10., 40.])
"""

from __future__ import annotations

from theano.sparse.arithmetic import *  # noqa: F403
from theano.sparse.constructors import *  # noqa: F403
from theano.sparse.convert import *  # noqa: F403
from theano.sparse.csm import *  # noqa: F403
from theano.sparse.methods import METHODS as _methods  # noqa: F401
from theano.sparse.products import *  # noqa: F403
from theano.sparse.type import *  # noqa: F403
from theano.sparse.variable import *  # noqa: F403
