"""Names that others have dropped: enabled packages get them, nobody else does."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy
from theano.compat import clients

import theano.tensor as T

# A library as they were written: what it asks for is here or nowhere.
OLD = """
import collections, inspect, itertools, time
import numpy as np, scipy as sp
import numpy.linalg
import scipy.misc as misc
from collections import Mapping, OrderedDict
from fractions import gcd, Fraction
from scipy.misc import imresize, logsumexp
from scipy import misc as also_misc, stats
from inspect import getargspec
from numpy import product, bool
import pkg_resources, cPickle
from sklearn import datasets
from sklearn.cross_validation import train_test_split
from sklearn.externals import joblib
from . import part

assert np.bool is bool is type(True) and np.float_ is np.float64 and np.alltrue([1, 1])
assert isinstance({}, Mapping) and collections.Iterable and product([2, 3]) == 6
assert np.linalg is numpy.linalg and np.zeros(2).dtype == np.float
assert inspect.getargspec(lambda a, b=1, *c: 0) == getargspec(lambda a, b=1, *c: 0) == (["a", "b"], "c", None, (1,))
assert gcd(4, 6) == 2 and Fraction(1, 2) and time.clock() >= 0 and list(itertools.izip("a", "b"))
assert misc.imresize is imresize is sp.misc.imresize is also_misc.imresize and logsumexp([0.0]) == 0
assert cPickle.loads(cPickle.dumps(np.cast["float32"](1))).dtype == "float32"
assert pkg_resources.parse_version(pkg_resources.get_distribution("numpy").version) > pkg_resources.parse_version("1")
assert datasets.make_blobs and train_test_split and joblib.dump and stats.norm
assert "alltrue" in dir(np) and "array" in dir(np)
np.of_a_library = 1
try:
    np.nowhere
except AttributeError:
    pass
"""
PART = "import numpy\nassert numpy.int is int\ndef lazily():\n    from collections import Set\n    return Set\n"


@pytest.fixture
def run(tmp_path):
    """Run code in a process of its own, in a folder with the package `aged_library`."""
    package = tmp_path / "aged_library"
    package.mkdir()
    (package / "__init__.py").write_text(OLD)
    (package / "part.py").write_text(PART)

    def code(text, *arguments):
        command = [sys.executable, *(arguments or ("-c", text))]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=150)

    return code


def test_enabled_packages_find_what_is_gone(run):
    pytest.importorskip("sklearn")
    done = run("""
from theano.compat.clients import enable
enable("aged_library")
import aged_library, collections.abc, numpy, scipy
assert aged_library.part.lazily() is collections.abc.Set
assert numpy.of_a_library == 1  # what is set in a module is set
for module, names in ((numpy, "alltrue float_ cast"), (collections, "Iterable Set"), (scipy, "imresize")):
    assert not any(hasattr(module, name) for name in names.split())
import sys
assert "cPickle" not in sys.modules
print("as before")
""")
    assert done.stdout == "as before\n", done.stderr


def test_nobody_else_does(run):
    done = run("import theano.compat.clients as c; c.enable('another'); import aged_library")
    assert done.returncode == 1 and "Error" in done.stderr


@pytest.mark.parametrize(
    "names, error, match",
    [
        ((3,), TypeError, r"takes names of packages, as in enable\('keras'\), not 3"),
        (("keras.layers",), ValueError, r"'keras.layers' has a dot: enable\('keras'\)"),
        (("pytest",), RuntimeError, "pytest is imported already: call enable"),
    ],
)
def test_refusals(names, error, match):
    with pytest.raises(error, match=match):
        clients.enable(*names)


@pytest.mark.filterwarnings("ignore:scipy.misc is deprecated")
@pytest.mark.parametrize("module", sorted(clients.LOST))
def test_every_name_of_the_table_is_found(module):
    try:
        face = clients._faced(module)
        found = {name: getattr(face, name) for name in clients.LOST[module]}
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    assert found.keys() <= set(dir(face)) and {n for n, v in found.items() if v is None} <= {"newaxis"}
    with pytest.raises(AttributeError, match="nowhere"):
        face.nowhere  # noqa: B018


def test_names_mean_what_they_meant():
    face = clients._faced("numpy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert face.asscalar(np.array([2.5])) == 2.5 and face.Inf == np.inf and np.isnan(face.NaN)
        assert face.in1d([[1, 2], [3, 4]], [4, 1]).tolist() == [True, False, False, True]
        assert face.MachAr().eps == np.finfo(float).eps and face.MachAr(np.float32).xmax == np.finfo("f4").max
        assert face.trapz([0, 1]) == 0.5 and face.cast[np.int8]([1.5]).dtype == "int8"
        assert len(face.cast) == len(list(face.cast)) > 10 and np.float32 in face.cast
        assert face.asfarray([1, 2]).dtype == face.asfarray([1], int).dtype == "float64" and face.NINF == -np.inf
        assert face.asfarray([1], "float32").dtype == "float32"
        assert face.msort([[2, 1], [1, 3]]).tolist() == [[1, 1], [2, 3]]
    assert clients._faced("numpy.core.umath_tests").inner1d([[1, 2], [3, 4]], [5, 6]).tolist() == [17, 39]
    assert clients._faced("climate").get_logger("one") is logging.getLogger("one")
    assert face.zeros is np.zeros and face.__name__ == "numpy"
    with pytest.raises(ValueError, match="parameters that must be named"):
        clients._faced("inspect").getargspec(lambda a, *, b: 0)


def test_modules_are_sent_as_they_are_seen():
    face = clients._faced("numpy")
    assert pickle.loads(pickle.dumps(face)) is face


def test_scipy_hands_on_what_numpy_has():
    face = clients._faced("scipy")
    assert face.zeros is np.zeros and face.random is np.random and face.sqrt(-1) == 1j and face.pi == np.pi
    assert face.linalg.__name__ == "scipy.linalg" and face.fft.__name__ == "scipy.fft"
    assert face.newaxis is None and face.r_ is np.r_ and face.mgrid is np.mgrid and face.True_ is np.True_
    assert face.randn is np.random.randn and face.rand is np.random.rand and face.ifft is np.fft.ifft
    assert face.float_ is np.float64 and face.Inf == np.inf and face.asscalar(np.array([2])) == 2
    assert face.show_config is scipy.show_config and face.test is scipy.test
    assert not hasattr(face, "info") and not hasattr(face, "get_include")


@pytest.mark.parametrize("name", ["array", "asarray"])
def test_rows_of_several_lengths(name):
    make = getattr(clients._faced("numpy"), name)
    rows = make([[1, 2], [3]])
    assert rows.dtype == object and rows.tolist() == [[1, 2], [3]]
    assert make([[[1], [2]], [[3], [4, 5]]]).shape == (2, 2)  # as far as lengths agree
    assert make([[1, 2], [3, 4]]).dtype == int and make([1], "float32").dtype == "float32"
    with pytest.raises(ValueError, match="sequence"):
        make([[1, 2], [3]], dtype="float64")
    with pytest.raises(ValueError, match="object too deep|broadcast"):
        make([np.ones((2, 3)), np.ones((2, 4))])
    assert make([1, "a"], dtype=object).tolist() == [1, "a"]
    with pytest.raises(ValueError, match="inhomogeneous"):  # for others it is as it was
        getattr(np, name)([[1, 2], [3]])


def test_functions_of_rows_of_several_lengths():
    face, rows = clients._faced("numpy"), [[1, 2], [3]]
    assert face.copy(rows).tolist() == rows and face.max(rows) == [3] and face.min(rows) == [1, 2]
    assert face.max(face.max([[5, 2], [3]])) == 5 and face.max([[1, 7]], axis=0).tolist() == [1, 7]


def test_arrays_of_variables():
    face, x = clients._faced("numpy"), T.dscalar("x")
    assert list(face.atleast_1d(x)) == [x] and face.atleast_1d(x).dtype == object
    assert face.atleast_1d(3.0).tolist() == [3.0] and [a.ndim for a in face.atleast_1d(x, [[1]])] == [1, 2]
    assert np.atleast_1d(x).ndim == 1 and np.atleast_1d(x).owner is not None  # for others it is an expression


def test_pictures():
    image = pytest.importorskip("PIL.Image")
    assert image
    lost = clients._faced("scipy.misc")
    picture = np.arange(12, dtype="uint8").reshape(3, 4)
    assert lost.imresize(picture, (6, 8)).shape == lost.imresize(picture, 200).shape == (6, 8)
    assert lost.imresize(picture, 2.0, interp="nearest")[::2, ::2].tolist() == picture.tolist()
    assert lost.imresize(np.array([[0.0, 1.0]]), 1.0).tolist() == [[0, 255]]


def test_pictures_in_files(tmp_path):
    pytest.importorskip("PIL")
    lost = clients._faced("scipy.misc")
    picture = np.arange(12, dtype="uint8").reshape(2, 2, 3)
    lost.imsave(tmp_path / "p.png", picture)
    assert lost.imread(tmp_path / "p.png").tolist() == picture.tolist()
    assert lost.imread(tmp_path / "p.png", flatten=True).shape == (2, 2)
    assert lost.imread(tmp_path / "p.png", mode="L").dtype == "uint8"


class TestRun:
    """``python -m theano.run script.py``."""

    def test_a_script_and_what_is_beside_it(self, run, tmp_path):
        (tmp_path / "beside.py").write_text("import numpy as np\nzero = np.float(0)\n")
        (tmp_path / "script.py").write_text(
            "import sys, numpy as np, beside\nprint(__name__, sys.argv, np.alltrue([1]), beside.zero, sys.path[0])\n"
        )
        (tmp_path / "1.old.py").write_text("")  # nobody can import it
        done = run("", "-m", "theano.run", "script.py", "--flag", "x")
        assert done.stdout == f"__main__ ['script.py', '--flag', 'x'] True 0.0 {tmp_path}\n", done.stderr

    @pytest.mark.parametrize("kind", ["spawn", "forkserver"])
    def test_processes_of_multiprocessing(self, run, tmp_path, kind):
        (tmp_path / "beside.py").write_text("import numpy as np\nzero = np.float(0)\n")
        (tmp_path / "script.py").write_text(f"""
import multiprocessing, numpy as np, beside

class Answer:
    def __init__(self, value):
        self.value = value

def work(x):
    from collections import Iterable
    untouched = not hasattr(__import__("sys").modules["numpy"], "alltrue")
    return Answer((__name__, np.product([x, 2]), beside.zero, untouched))

if __name__ == "__main__":
    with multiprocessing.get_context("{kind}").Pool(1) as pool:
        print(*(answer.value for answer in pool.map(work, [3])))
""")
        done = run("", "-m", "theano.run", "script.py")
        assert done.stdout == "('__mp_main__', np.int64(6), 0.0, True)\n", done.stderr

    def test_functions_that_joblib_sends(self, run, tmp_path):
        pytest.importorskip("joblib")
        (tmp_path / "script.py").write_text("""
import numpy as np, aged_library.part, joblib

def work(x):
    import aged_library.part
    return np.product([x, 2]), aged_library.part.numpy.int is np.int is int

print(*joblib.Parallel(n_jobs=2)(joblib.delayed(work)(x) for x in (3, 4)))
""")
        (tmp_path / "aged_library" / "__init__.py").write_text("import numpy as np\nnp.int\n")
        done = run("", "-m", "theano.run", "script.py")
        assert done.stdout == "(np.int64(6), True) (np.int64(8), True)\n", done.stderr

    def test_other_processes_of_python(self, run, tmp_path, monkeypatch):
        """Libraries find the names, nobody else does, and what Python reads at its start is read."""
        (tmp_path / "sites").mkdir()
        (tmp_path / "sites" / "sitecustomize.py").write_text("import builtins\nbuiltins.read = True\n")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "sites"), os.environ.get("PYTHONPATH", "")]))
        (tmp_path / "aged_library" / "__init__.py").write_text("import numpy as np\nnp.int\n")
        child = (
            "import sys; before = 'theano' in sys.modules or 'numpy' in sys.modules; "
            "import aged_library, numpy; print(read, before, hasattr(numpy, 'int'), aged_library.np.int)"
        )
        (tmp_path / "script.py").write_text(
            f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}], check=True)\n"
        )
        done = run("", "-m", "theano.run", "script.py")
        assert done.stdout == "True False False <class 'int'>\n", done.stderr

    def test_flags_that_a_script_sets(self, run, tmp_path):
        (tmp_path / "script.py").write_text(
            "import os, sys\nos.environ['THEANO_FLAGS'] = sys.argv[1]\nimport theano\n"
            "os.environ['THEANO_FLAGS'] = 'floatX=float16'\nimport math\nprint(theano.config.floatX)\n"
        )
        done = run("", "-m", "theano.run", "script.py", "floatX=float32,device=cpu")
        assert done.stdout == "float32\n", done.stderr
        done = run("", "-m", "theano.run", "script.py", "floatx=float32")
        assert done.stdout == "float64\n" and "did you mean 'floatX'?" in done.stderr
        done = run("", "-m", "theano.run", "script.py", "device=cuda0")
        assert done.returncode and "'device' cannot change once theano is imported" in done.stderr

    @pytest.mark.parametrize("arguments, words", [((), "usage: python -m"), (("nowhere.py",), "no file nowhere.py")])
    def test_refusals(self, run, arguments, words):
        done = run("", "-m", "theano.run", *arguments)
        assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
