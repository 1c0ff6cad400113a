"""What lower rooms use of higher ones: ONE table, whose modules are loaded when a name is first needed.

An import goes only downward. Where a lower room can't do without a higher one, its row says which and why;
`tests/test_house.py` finds names of modules in strings elsewhere.

>>> late("part of rows with sparse gradient").__name__
'AdvancedSubtensor1WithSparseGradient'
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["LATE", "late"]

# what -> "module:attribute". The comment says why the lower room needs it.
LATE: dict[str, str] = {
    # Objects of all rooms show themselves in notebooks, and few processes are notebooks.
    "form in notebooks": "theano.show.notebooks.forms:form_of",
    "picture in notebooks": "theano.show.notebooks.forms:picture_of",
    # `AdvancedSubtensor1(sparse_grad=True)` is documented; programs without sparse matrices load nothing of them.
    "part of rows with sparse gradient": "theano.sparse.rows:AdvancedSubtensor1WithSparseGradient",
    # `theano.shared` of a matrix of SciPy, and the names of `theano.sparse` that compile functions.
    "shared sparse matrix": "theano.compile.shared_variables.sparse:sparse_constructor",
    "sparse shared variable": "theano.compile.shared_variables.sparse:SparseTensorSharedVariable",
    "verify_grad_sparse": "theano.check.verify_grad_sparse:verify_grad_sparse",
}


def late(what: str) -> Any:
    """Return what a row of `LATE` names.

    Parameters
    ----------
    what : str
        A key of the table; KeyError for others.

    Returns
    -------
    object
        The attribute of the module, which is loaded now if it was not.
    """
    module, _, attribute = LATE[what].partition(":")
    return getattr(importlib.import_module(module), attribute)
