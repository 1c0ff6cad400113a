"""A modern implementation of Theano: symbolic expressions, gradients, native functions.

>>> import theano, theano.tensor as T
>>> x = T.dscalar("x")
>>> f = theano.function([x], T.grad(x**3, x))
>>> f(4)
array(48.)
"""

from __future__ import annotations

import importlib
from typing import Any

from theano.configdefaults import config
from theano.configparser import change_flags
from theano.graph import (
    Apply,
    Constant,
    FunctionGraph,
    Generic,
    InconsistencyError,
    Op,
    Type,
    Variable,
    generic,
)
from theano.graph import clone_replace as clone

__version__ = "2.0.0.dev0"

# While the layers are being written: what imports, is there.
_WANTED = {
    "theano.scalar": "",
    "theano.tensor": "dot get_scalar_constant_value",
    "theano.ifelse": "",
    "theano.gradient": "Lop Rop grad",
    "theano.printing": "pp pprint",
    "theano.rewrite": "",
    "theano.lower": "",
    "theano.compile": "function shared In Out Param Mode SymbolicInput SymbolicOutput predefined_linkers "
    "predefined_modes predefined_optimizers as_op FunctionMaker ProfileStats",
}


def _import_what_there_is() -> None:
    for module, names in _WANTED.items():
        try:
            found = importlib.import_module(module)
        except ImportError as error:
            if "THEANO_DEBUG_IMPORT" in __import__("os").environ:
                print("missing:", module, error)
            continue
        for name in names.split():
            if hasattr(found, name):
                globals()[name] = getattr(found, name)


_import_what_there_is()

from theano import aliases  # noqa: E402

try:
    aliases.install()
except (KeyError, AttributeError) as error:
    if "THEANO_DEBUG_IMPORT" in __import__("os").environ:
        print("aliases:", error)
