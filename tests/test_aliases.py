"""Names that older programs import."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.aliases import ALIASES, LATE, AliasModule


@pytest.mark.parametrize("alias", ALIASES)
def test_every_row(alias):
    module = importlib.import_module(alias)
    assert isinstance(module, AliasModule), "a real module has this name: the row is not needed"
    for name in dir(module):
        if not name.startswith("__"):
            getattr(module, name)
    assert not Path(theano.__file__).parent.joinpath(*alias.split(".")[1:]).with_suffix(".py").exists()


@pytest.mark.parametrize(
    ("target", "source", "names"),
    [(target, source, names) for target, rows in LATE.items() for source, names in rows.items()],
)
def test_late_attributes(target, source, names):
    for name in names.split():
        assert hasattr(sys.modules[target], name)


def test_well_known_names():
    x = T.dscalar("x")
    assert theano.gof.graph.inputs([-x]) == [x]
    assert theano.gof.Variable is theano.Variable is T.Variable
    assert theano.gof.Op is theano.Op and theano.gof.Apply is theano.Apply
    assert theano.gof.fg.MissingInputError and theano.gof.FunctionGraph is theano.FunctionGraph
    assert theano.gof.graph.is_same_graph(x + 1, x + 1)
    assert theano.tensor.basic.as_tensor_variable is T.as_tensor_variable
    assert theano.tensor.sharedvar.TensorSharedVariable
    assert T.grad is theano.grad is theano.gradient.grad
    from theano.compat import OrderedDict, izip

    assert OrderedDict and izip is zip
    from theano.gof.utils import MethodNotDefined

    assert issubclass(MethodNotDefined, AttributeError)


def test_containers_and_arrays():
    from theano.gof.link import Container

    from theano.misc.safe_asarray import _asarray

    assert theano.gof.Container is Container is theano.Container
    assert _asarray is theano._asarray
    for kind in ("int64", "q", "l", "floatX"):
        made = _asarray(np.ones(2, "q"), kind)
        assert made.dtype.num == np.dtype(theano.config.floatX if kind == "floatX" else kind).num
    array = np.ones(2)
    assert _asarray(array, "float64") is array


def test_xlogx_is_a_module():
    from theano.tensor.xlogx import xlogx, xlogy0

    assert T.xlogx.xlogx is xlogx and T.xlogx.xlogy0 is xlogy0


def test_variance_is_also_a_module():
    from theano.tensor.var import TensorConstant, TensorVariable

    assert TensorVariable is T.TensorVariable and TensorConstant is T.TensorConstant
    assert isinstance(sys.modules["theano.tensor.var"], AliasModule) and not isinstance(T.var, AliasModule)


def test_missing_names():
    with pytest.raises(AttributeError, match="theano.gof.graph"):
        theano.gof.graph.no_such_name  # noqa: B018
    with pytest.raises(ImportError):
        importlib.import_module("theano.gof.no_such_module")
    with pytest.raises(ImportError):
        from theano.gof import no_such_name  # noqa: F401


def test_other_missing_names_are_plain_errors():
    with pytest.raises(AttributeError, match="module 'theano.tensor.nnet' has no attribute 'conv4d'"):
        T.nnet.conv4d  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match="No module named 'theano.dense'"):
        importlib.import_module("theano.dense")


def test_heavy_modules_are_not_imported():
    code = "import sys, theano; print([m for m in ('scipy', 'llvmlite', 'matplotlib') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
