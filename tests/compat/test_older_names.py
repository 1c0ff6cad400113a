"""Names of Theano before 1.0, which the programs of that time import."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.legacy.names.places import OLDER

IMPORTS = [
    ("theano.compat.python2x", "OrderedDict DefaultOrderedDict any all partial Counter"),
    ("theano.gof.python25", "OrderedDict DefaultOrderedDict any all partial maxsize product combinations"),
    ("theano.compile.profilemode", "ProfileMode"),
    ("theano.gof", "Env"),
    ("theano.gof.env", "Env InconsistencyError"),
    ("theano.lazycond", "ifelse"),
    ("theano.updates", "Updates"),
    ("theano", "ProfileMode"),
    ("theano.compile", "ProfileMode"),
]


@pytest.mark.parametrize(("module", "names"), IMPORTS)
def test_programs_of_that_time_find_them(module, names):
    for name in names.split():
        space = {}
        exec(f"from {module} import {name}", space)
        assert space[name] is getattr(importlib.import_module(module), name)


def test_every_module_is_tried():
    assert OLDER.keys() <= {module for module, _ in IMPORTS}


def test_an_env_is_a_graph_of_functions():
    x = T.dscalar()
    assert len(theano.gof.Env([x], [x + 1]).apply_nodes) == 1


@pytest.mark.parametrize("linker", [theano.gof.OpWiseCLinker(), "py", None])
def test_profile_mode(linker):
    mode = theano.ProfileMode(optimizer="fast_run", linker=linker)
    x = T.dvector("x")
    f, g = theano.function([x], T.exp(x), mode=mode), theano.function([x], x * 2, mode=mode, profile=False)
    np.testing.assert_array_equal(f([0, 0]), [1, 1])
    np.testing.assert_array_equal(f([0, 0]), [1, 1])
    assert f.profile is mode.profiles[0] and [p.fct_callcount for p in mode.profiles] == [2, 0]
    assert g.profile is mode.profiles[1]
    said = io.StringIO()
    mode.print_summary(file=said)
    assert "Elemwise{exp,no_inplace}" in said.getvalue()


def test_profile_mode_by_name():
    x = T.dvector("x")
    f = theano.function([x], T.exp(x), mode="ProfileMode", profile=theano.ProfileStats(False))
    assert f([0.0]) == 1 and f.profile.fct_callcount == 1
    assert isinstance(theano.compile.get_mode("ProfileMode"), theano.ProfileMode)
    code = "import theano; x = theano.tensor.dvector(); f = theano.function([x], x + 1); f([1.0]); print(f.profile)"
    flags = {**os.environ, "THEANO_FLAGS": "mode=ProfileMode"}
    done = subprocess.run([sys.executable, "-c", code], env=flags, capture_output=True, text=True)
    assert done.returncode == 0 and "ProfileStats" in done.stdout, done.stderr
    assert "Function profiling" in done.stdout + done.stderr  # said at the end


def test_streams_of_a_gpu():
    from theano.sandbox.rng_mrg import MRG_RandomStreams

    one, other = MRG_RandomStreams(3, use_cuda=True), MRG_RandomStreams(3)
    np.testing.assert_array_equal(one.uniform((4,)).eval(), other.uniform((4,)).eval())
