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
from theano.legacy.names import passed_on
from theano.legacy.names.aliases import AliasModule
from theano.legacy.names.late_names import LATE
from theano.legacy.names.places import ALIASES


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


@pytest.mark.parametrize("module", passed_on.PASSED_ON)
def test_names_that_are_passed_on(module):
    shown = importlib.import_module(module)
    for name in passed_on.PASSED_ON[module].split():
        place, _, attribute = passed_on.HOMES[name].partition(":")
        home = importlib.import_module(place)
        assert place != module and getattr(shown, name) is (getattr(home, attribute) if attribute else home)
        space = {}
        exec(f"from {module} import {name}", space)
        assert space[name] is getattr(shown, name)


def test_every_home_is_used():
    assert {n for names in passed_on.PASSED_ON.values() for n in names.split()} == set(passed_on.HOMES)


def test_modules_that_show_names_when_they_are_loaded():
    """In a process of its own: a module that is loaded later keeps its loader, its names and its ``__getattr__``."""
    code = """
import inspect, sys, theano, theano.tensor as T
assert "theano.tensor.inplace" not in sys.modules
from theano.tensor.inplace import pprint, exp_inplace
inplace = sys.modules["theano.tensor.inplace"]
assert pprint is theano.printing.pprint and "_like_first" in inspect.getsource(inplace)
assert type(inplace.__loader__).__name__ == type(inplace.__spec__.loader).__name__ == "SourceFileLoader"
try: inplace.nothing
except AttributeError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "module 'theano.legacy.tensor.inplace' has no attribute 'nothing'"


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


def test_own_listings_stay():
    """`dir` of a module that makes its names when they are asked for."""
    code = "import theano.tensor as T; print('exp_inplace' in dir(T.inplace))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "True\n"


def test_modules_that_nobody_has_imported():
    """Theano loads all of its modules, so programs ask for them by their names in a module above."""
    code = """
import theano
names = "gof.unify scan_module.scan_opt tensor.blas_c tensor.blas_scipy tensor.opt_uncanonicalize scalar.basic"
print([eval("theano." + name).__name__ == "theano." + name for name in names.split()])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str([True] * 6), "")
