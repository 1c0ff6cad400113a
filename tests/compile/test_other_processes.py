"""Functions of a program, compiled functions and shared variables are sent to other processes."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import theano
import theano.sparse
import theano.tensor as T

# What a program is: everything that its functions mention is sent with them, by its name or by its value.
PROGRAM = '''
import multiprocessing, pickle, sys
import numpy as np
import theano, theano.gof, theano.tensor as T
import theano.tensor.nnet, theano.sandbox.rng_mrg, theano.sparse.basic, theano.tensor.opt, theano.gpuarray
from theano import config, gof, shared
from theano.tensor import nnet
from theano.tensor.shared_randomstreams import RandomStreams

weights = shared(np.arange(6.0).reshape(3, 2), "weights")
x = T.dmatrix("x")
predict = theano.function([x], T.nnet.softmax(T.dot(x, weights)))
count = theano.function([], weights, updates=[(weights, weights + 1)])
streams = RandomStreams(3)
draw = theano.function([], streams.normal((2,)))

def mentions(n):
    """Modules of all kinds, old ones and those that are not there, flags, types, operations."""
    x = T.dvector("x")
    assert isinstance(x, gof.Variable) and isinstance(theano.gof.graph.Constant, type) and theano.gof.Op
    assert theano.config is config and theano.tensor.opt.local_optimizer and theano.sparse.basic.csr_matrix
    assert theano.sandbox.rng_mrg.MRG_RandomStreams and theano.gpuarray.__name__ and theano.scan_module.scan
    y = T.nnet.nnet.sigmoid(x) + nnet.relu(x) + T.nnet.sigm.sigmoid(x).sum()
    return float(theano.function([x], y.sum())([n]))

def sent(n):
    """Compiled functions and a shared variable that the program has."""
    count()
    return predict(np.ones((1, 3)) * n), weights.get_value().sum(), draw()

def given(f, variable, make):
    return f([[1.0, 2.0, 3.0]]), variable.get_value(), make("m").type.ndim

'''
END = '''
if __name__ == "__main__":
    here = [mentions(n) for n in range(4)]
    found = list(run(mentions, range(4)))
    assert found == here, (found, here)
    wanted = theano.function([x], T.nnet.softmax(T.dot(x, weights + 1)))(np.ones((1, 3)))
    for p, total, drawn in run(sent, [1, 1]):
        assert np.isfinite(p).all() and total >= 21 and np.isfinite(drawn).all()
        assert total > 21 or np.array_equal(p, wanted)
    assert weights.get_value().sum() == 15  # this process has its own
    print("done")
'''
RUN = {
    "cloudpickle": '''
import subprocess, cloudpickle
def run(function, values):
    pickled = cloudpickle.dumps((function, list(values)))
    program = (
        "import pickle, sys; f, values = pickle.load(sys.stdin.buffer); "
        "sys.stdout.buffer.write(pickle.dumps([f(n) for n in values]))"
    )
    return pickle.loads(subprocess.run([sys.executable, "-c", program], input=pickled, stdout=-1, check=True).stdout)
''',
    "joblib": '''
from joblib import Parallel, delayed
def run(function, values):
    return Parallel(n_jobs=2, backend="loky")(delayed(function)(n) for n in values)
''',
    "sklearn": '''
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import cross_val_score
from sklearn.utils.parallel import Parallel, delayed
class Model(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        v = T.dmatrix()
        self.f = theano.function([v], T.nnet.relu(v).sum(axis=1))
        assert isinstance(v, theano.gof.Variable) and mentions(1)
        return self
    def predict(self, X):
        return self.f(X)
def run(function, values):
    X = np.arange(20.0).reshape(10, 2)
    np.testing.assert_allclose(cross_val_score(Model(), X, X.sum(axis=1), n_jobs=2, cv=2), 1)
    return Parallel(n_jobs=2)(delayed(function)(n) for n in values)
''',
    "distributed": '''
def run(function, values):
    from distributed import Client
    with Client(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as client:
        return client.gather(client.map(function, list(values), pure=False))
''',
    "multiprocessing": '''
def run(function, values):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        if function is sent:
            for p, value, ndim in pool.starmap(given, [(predict, weights, T.matrix), (predict, weights, T.dtensor3)]):
                np.testing.assert_array_equal(p, predict([[1.0, 2.0, 3.0]]))
                np.testing.assert_array_equal(value, weights.get_value())
                assert ndim in (2, 3)
        return pool.map(function, values)
''',
}


@pytest.mark.parametrize("how", RUN)
def test_a_program_runs_its_functions_in_other_processes(how: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(how) is None:
        pytest.skip(f"{how} is not installed")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + RUN[how] + END)
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=300)
    assert done.stdout.endswith("done\n"), done.stderr


def test_modules_of_the_package_are_pickled_by_name() -> None:
    """All but plain ones, of which cloudpickle does the same."""
    found = 0
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] == "theano" and type(module) is not ModuleType:
            found += 1
            assert pickle.loads(pickle.dumps(module)) is module, name
    assert found > 50


@pytest.mark.parametrize("module", [theano, T, T.nnet, theano.sparse], ids=lambda m: str(m.__name__))
def test_functions_and_classes_are_pickled_by_name(module: ModuleType) -> None:
    for name in dir(module):
        if name.startswith("__") or name in ("mpi_send_wait_cmp", "mpi_tag_cmp"):  # made by `key_to_cmp`
            continue
        thing: Any = getattr(module, name)
        if isinstance(thing, type | Callable) and hasattr(thing, "__qualname__") and "theano" in thing.__module__:
            assert pickle.loads(pickle.dumps(thing)) is thing, name
