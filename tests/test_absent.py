"""Names of Theano that are not there yet: they can be imported, and their use says what is missing."""

from __future__ import annotations

import importlib
import inspect
import pickle
import subprocess
import sys

import pytest

import theano
import theano.tensor as T
from theano.legacy.names.absent import ABSENT, ANSWERS, ANY, NotThereYet

GPU = ("theano.gpuarray", "theano.sandbox.cuda", "theano.sandbox.gpuarray")


@pytest.mark.parametrize("module", ABSENT)
def test_every_name_can_be_imported_and_not_used(module):
    what, names = ABSENT[module]
    found = importlib.import_module(module)
    assert sys.modules[module] is found and found.__name__ == module
    parent, _, leaf = module.rpartition(".")
    if parent:
        assert inspect.ismodule(getattr(sys.modules[parent], leaf))
    for name in names.replace(ANY, "whatever Gpu_That").split():
        space = {}
        exec(f"from {module} import {name}", space)
        thing = space[name]
        text = rf"{module}\.{name} is not there yet: this package has no {what} \(see docs/deviations.md\)"
        assert getattr(found, name) is thing
        for use in (lambda t: t(), lambda t: t(T.dmatrix(), border_mode="valid"), lambda t: t.method):
            with pytest.raises(NotThereYet, match=text):
                use(thing)
        assert not isinstance(T.dmatrix().type, thing) and not isinstance(T.exp, (thing, int))
        assert not hasattr(thing, "anything") and not hasattr(thing, "_anything")
        assert repr(thing) == f"<class '{module}.{name}'>" and name in str(inspect.getdoc(thing))
        assert pickle.loads(pickle.dumps(thing)) is thing


def test_classes_of_users_derive_from_what_is_not_there():
    from theano.gof import local_optimizer
    from theano.gpuarray.basic_ops import GpuFromHost

    class Mine(GpuFromHost):
        helper = 3

    @local_optimizer([GpuFromHost, Mine])
    def nothing(node):
        return None

    assert Mine.helper == 3 and not isinstance(T.exp, Mine)
    with pytest.raises(NotImplementedError, match="GpuFromHost is not there yet: this package has no GPUs"):
        Mine((1, 1))
    x = T.dvector()
    assert theano.function([x], x * 2)([1]) == 2


def test_a_machine_without_a_gpu():
    from theano.gpuarray import dnn as other
    from theano.gpuarray import pygpu_activated
    from theano.sandbox import cuda
    from theano.sandbox.cuda import cuda_available, cuda_enabled, dnn
    from theano.sandbox.cuda.dnn import dnn_available

    assert cuda_available is cuda_enabled is cuda.cuda_available is pygpu_activated is False
    assert dnn_available() is dnn.dnn_available() is other.dnn_present("ctx") is False and dnn_available.msg
    with pytest.warns(UserWarning, match="device=gpu0 is not supported: functions run on the CPU") as said:
        cuda.use("gpu0")
    assert said[0].filename == __file__
    with pytest.raises(RuntimeError, match="gpu0 can't be used"):
        cuda.use("gpu0", force=True)
    cuda.use("cpu")
    for package in GPU:
        assert importlib.import_module(f"{package}.some.where").Thing.__module__ == f"{package}.some.where"
        with pytest.raises(AttributeError):
            importlib.import_module(package).__wrapped__  # noqa: B018


def test_names_of_modules():
    assert importlib.import_module("theano.gpuarray").__all__ == []


def test_answers():
    assert all(getattr(importlib.import_module(p), n) is v for (p, _, n), v in
               ((full.rpartition("."), value) for full, value in ANSWERS.items()))  # fmt: skip


def test_modules_that_are_nowhere_are_plain_errors():
    for module in ("theano.dense", "theano.sparse.dense", "theano.tensor.signal.pools", "theano.tensor.nnet.conv.deep"):
        with pytest.raises(ModuleNotFoundError, match=f"No module named '{module}'"):
            importlib.import_module(module)
    for full in ("sparse.csx_matrix", "tensor.nnet.conv4d", "tensor.signals", "sandbox.cudas"):
        module, _, name = full.rpartition(".")
        with pytest.raises(AttributeError, match=rf"module 'theano\.{module}' has no attribute '{name}'"):
            getattr(importlib.import_module(f"theano.{module}"), name)
        with pytest.raises(ImportError):
            exec(f"from theano.{module} import {name}")


def test_programs_import_more_than_they_use():
    """As published programs begin; in a process of its own, where nothing has asked for the modules before."""
    code = """
import theano, theano.tensor as T, theano.sparse.basic
assert not [m for m in __import__("sys").modules if m.startswith(("theano.gpuarray", "theano.sandbox.cuda"))]
from theano.tensor.signal import downsample
from theano.tensor.signal.pool import pool_2d
from theano.tensor.nnet import conv, conv2d, conv3d2d
from theano.tensor.nnet.conv import conv2d as old
from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
from theano.sandbox.neighbours import images2neibs
import theano.typed_list, theano.d3viz as d3v, theano.misc
is_sparse = lambda v: isinstance(v.type, theano.sparse.SparseType)
x = T.dvector()
print(is_sparse(x), theano.function([x], x.sum())([1, 2]), T.signal.pool.pool_2d is pool_2d, callable(d3v.d3viz))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("False 3.0 True True", "")
