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

from theano.sparse.arithmetic import *
from theano.sparse.compare import *
from theano.sparse.constructors import *
from theano.sparse.convert import *
from theano.sparse.csm import *
from theano.sparse.indexing import *
from theano.sparse.methods import METHODS as _methods
from theano.sparse.pointwise import *
from theano.sparse.products import *
from theano.sparse.stacking import *
from theano.sparse.structure import *
from theano.sparse.sums import *
from theano.sparse.type import *
from theano.sparse.variable import *
