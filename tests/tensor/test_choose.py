from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run

R = np.random.RandomState(0)
A = np.array([[1, 0, 2], [2, 2, 0]])
X, Y, Z = R.uniform(size=(2, 3)), R.uniform(size=3), R.uniform(size=(2, 1))
S = R.uniform(size=(3, 2, 3))

CASES = {
    "list": (lambda a, x, y, z: T.choose(a, [x, y, z]), lambda a, *c: np.choose(a, c), A, X, Y, Z),
    "method": (lambda a, x, y: (a % 2).choose([x, y]), lambda a, *c: np.choose(a % 2, c), A, X, Y),
    "clip": (lambda a, x, y: T.choose(a - 1, (x, y), mode="clip"),
             lambda a, *c: np.choose(a - 1, c, mode="clip"), A, X, Y),
    "wrap": (lambda a, x, y: T.choose(a - 5, (x, y), mode="wrap"),
             lambda a, *c: np.choose(a - 5, c, mode="wrap"), A, X, Y),
    "stacked": (lambda a, s: T.choose(a, s), np.choose, A, S),
    "stacked row": (lambda a, s: T.choose(a, s), np.choose, A[0], S),
    "stacked vector": (lambda a, s: T.choose(a, s), np.choose, A, Y),
    "stacked wrap": (lambda a, s: T.choose(a + 7, s, mode="wrap"),
                     lambda a, s: np.choose(a + 7, s, mode="wrap"), A, S),
    "number": (lambda a, s: T.choose(a, s), np.choose, np.int8(2), S),
    "many": (lambda a, s: T.choose(a, s), lambda a, s: s[a], np.array([99, 0]), R.uniform(size=100)),
    "upcast": (lambda a, x, y: T.choose(a, [x, y]), lambda a, *c: np.choose(a, c), A[:1] % 2, Y, A[0]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_against_numpy(case):
    build, expect, *arrays = CASES[case]
    got = check(build, *arrays, expect=expect)
    inputs = [T.TensorType(np.asarray(a).dtype.name, [n == 1 for n in np.shape(a)])() for a in arrays]
    np.testing.assert_array_equal(theano.function(inputs, build(*inputs))(*arrays), got)


@pytest.mark.parametrize(
    ("error", "build"),
    [
        (ValueError, lambda: run([T.choose(T.constant([3]), [1, 2])], [], [])),
        (ValueError, lambda: run([T.choose(T.constant([-1]), [1, 2])], [], [])),
        (ValueError, lambda: T.choose(T.ivector(), [1, 2], mode="other")),
        (ValueError, lambda: T.choose(T.ivector(), [])),
        (TypeError, lambda: T.choose(T.dvector(), [1, 2])),
        (TypeError, lambda: T.choose(T.ivector(), T.dscalar())),
        (TypeError, lambda: T.choose(T.ivector(), [1, 2], out=T.ivector())),
    ],
)
def test_mistakes(error, build):
    with pytest.raises(error):
        build()
