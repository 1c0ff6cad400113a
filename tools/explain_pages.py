"""Writes explanations of some programs as pages, and pictures of them if there is a Chromium.

    python -m tools.explain_pages [FOLDER]        # also: make explain-pages

Pictures for the documentation go to ``docs/pictures``: those of ``PICTURES``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tools import chromium

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))

Program = tuple[theano.compile.Function, list[Any]]


def xnor() -> Program:
    """Training of a network with three neurons, for many rows."""
    from xnor import INPUTS, OUTPUTS, make_training_function

    return make_training_function(), [np.tile(INPUTS, (5000, 1)).astype(float), np.tile(OUTPUTS, 5000).astype(float)]


def lenet() -> Program:
    """Convolutions, pooling, a softmax, and a step of gradient descent."""
    rng = np.random.RandomState(0)
    images, labels = T.tensor4("images"), T.ivector("labels")
    kernels = [theano.shared(rng.randn(8, 1, 5, 5) * 0.2, "k1"), theano.shared(rng.randn(16, 8, 5, 5) * 0.1, "k2")]
    weights = theano.shared(rng.randn(16 * 4 * 4, 10) * 0.1, "w")
    x = images
    for kernel in kernels:
        x = T.nnet.relu(T.nnet.conv2d(x, kernel))
        x = T.signal.pool.pool_2d(x, (2, 2), ignore_border=True)
    chances = T.nnet.softmax(T.dot(x.flatten(2), weights))
    cost = T.nnet.categorical_crossentropy(chances, labels).mean()
    parameters = [*kernels, weights]
    updates = [(p, p - 0.1 * g) for p, g in zip(parameters, T.grad(cost, parameters), strict=True)]
    train = theano.function([images, labels], cost, updates=updates, name="lenet")
    return train, [rng.rand(32, 1, 28, 28), np.arange(32, dtype="int32") % 10]


def lstm() -> Program:
    """A recurrent network, with its gradient."""
    rng = np.random.RandomState(0)
    n, width = 32, 16
    w = theano.shared(rng.randn(width, 4 * n) * 0.1, "w")
    u = theano.shared(rng.randn(n, 4 * n) * 0.1, "u")
    x = T.tensor3("x")

    def step(now: Any, h: Any, c: Any) -> Any:
        gates = T.dot(now, w) + T.dot(h, u)
        let_in, keep, let_out = (T.nnet.sigmoid(gates[:, k * n : (k + 1) * n]) for k in range(3))
        c = keep * c + let_in * T.tanh(gates[:, 3 * n :])
        return let_out * T.tanh(c), c

    nothing = T.zeros((x.shape[1], n))
    (h, _), _ = theano.scan(step, [x], [nothing, nothing])
    cost = T.sqr(h[-1]).mean()
    updates = [(p, p - 0.1 * g) for p, g in zip([w, u], T.grad(cost, [w, u]), strict=True)]
    return theano.function([x], cost, updates=updates, name="lstm"), [rng.randn(25, 16, width)]


@theano.as_op([T.dmatrix], [T.dmatrix])
def sorted_rows(x: Any) -> Any:
    """Something that only Python does."""
    return x[np.argsort(x[:, 0])]


def branches() -> Program:
    """A branch, and calls of Python."""
    x, k = T.dmatrix("x"), T.iscalar("k")
    ordered = sorted_rows(x)
    chosen = theano.ifelse.ifelse(T.gt(k, 0), T.exp(ordered).sum(axis=0), T.zeros_like(x[0]))
    return theano.function([x, k], chosen * 2, name="branches"), [np.random.RandomState(0).rand(500, 20), np.int32(1)]


def failing() -> Program:
    """Lengths that do not fit."""
    x, y = T.dvectors("x", "y")
    z = T.exp(x) + y
    return theano.function([x, y], z.sum(), name="failing"), [np.ones(3), np.ones(4)]


PROGRAMS: dict[str, Callable[[], Program]] = {f.__name__: f for f in (xnor, lenet, lstm, branches, failing)}
# Picture -> program, and what to click on before.
PICTURES: dict[str, tuple[str, list[str]]] = {
    "explain-graph.png": ("xnor", ["[data-line='0:35']"]),
    "explain-rewrites.png": ("xnor", ["#button-rewrites", "[data-line='0:36']"]),
    "explain-loops.png": ("lenet", ["#button-loops"]),
    "explain-code.png": ("xnor", ["#button-loops", "[data-line='0:33']"]),
    "explain-memory.png": ("lstm", ["#button-memory"]),
    "explain-branches.png": ("branches", ["#button-loops", ".line.has[title*='ordered =']"]),
    "explain-failing.png": ("failing", ["summary"]),
}


def write_pages(folder: Path) -> list[Path]:
    """A page for each program."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, make in PROGRAMS.items():
        function, args = make()
        paths.append(folder / f"{name}.html")
        theano.explain(function, *args).save(paths[-1])
    return paths


def main() -> None:
    """Write all."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/explain").resolve()
    for path in write_pages(folder):
        print(path)
    if chromium.find() is None:
        print("no Chromium, no pictures")
        return
    for picture, (name, clicks) in PICTURES.items():
        with chromium.Page((folder / f"{name}.html").as_uri(), width=1280, height=800) as page:
            for selector in clicks:
                page.click(selector)
            page.picture(ROOT / "docs" / "pictures" / picture)
            assert not page.problems, page.problems
        print(ROOT / "docs" / "pictures" / picture)


if __name__ == "__main__":
    main()
