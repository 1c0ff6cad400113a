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

import importlib
from typing import Any

from theano.base.late import late as _late
from theano.base.other_words import no_attribute as _no_attribute
from theano.sparse.arithmetic import *
from theano.sparse.compare import *
from theano.sparse.constructors import *
from theano.sparse.convert import *
from theano.sparse.csm import *
from theano.sparse.gradients import *
from theano.sparse.indexing import *
from theano.sparse.methods import METHODS as _methods
from theano.sparse.multiplication import *
from theano.sparse.parts import *
from theano.sparse.pointwise import *
from theano.sparse.products.dot import *
from theano.sparse.products.sampled_products import *
from theano.sparse.products.scaled_products import *
from theano.sparse.products.true_products import *
from theano.sparse.scaling import *
from theano.sparse.single_elements import *
from theano.sparse.stacking import *
from theano.sparse.structure import *
from theano.sparse.sums import *
from theano.sparse.testing import *
from theano.sparse.type import *
from theano.sparse.type import imported_scipy
from theano.sparse.variable import *

#: Whether there are sparse matrices: whether there is SciPy.
enable_sparse = imported_scipy

#: The formats that all operations work on.
sparse_formats = ["csc", "csr"]

# What compiles functions stands above this package, and some modules in it are loaded when they are first asked for.
_ABOVE = {
    "SparseTensorSharedVariable": "sparse shared variable",
    "shared": "shared sparse matrix",
    "sparse_constructor": "shared sparse matrix",
    "verify_grad_sparse": "verify_grad_sparse",
}
_INSIDE = ("basic", "opt", "rows", "sandbox", "sharedvar", "utils")


def __getattr__(name: str) -> Any:
    if name in _INSIDE:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "scipy_ver":
        import scipy

        return [int(part) for part in scipy.__version__.split(".")[:2]]
    if name == "sparse_grad":
        return importlib.import_module("theano.sparse.rows").sparse_grad
    if name not in _ABOVE:
        raise _no_attribute(__name__, name)
    return _late(_ABOVE[name])
