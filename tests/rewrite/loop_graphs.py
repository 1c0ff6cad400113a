"""Checks of rewritten loops: the values are those of the loop as it was written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.testing import assert_allclose

import theano
from theano.scan import Scan

AS_WRITTEN = theano.Mode(linker="py", optimizer=None)
REWRITTEN = theano.Mode(linker="py")


def scans(f: Any) -> list[Any]:
    """The loops of a function."""
    return [n for n in f.maker.fgraph.toposort() if isinstance(n.op, Scan)]


def inner_ops(node: Any) -> list[str]:
    """Names of the classes of the ops in a step."""
    return [type(n.op).__name__ for n in theano.graph.io_toposort(node.op.inner_inputs, node.op.inner_outputs)]


def outer_ops(f: Any) -> list[str]:
    """Names of the classes of the ops of a function."""
    return [type(n.op).__name__ for n in f.maker.fgraph.toposort()]


def checked(inputs: list[Any], outputs: list[Any], *values: Any, native: bool = True, rtol: float = 1e-9) -> Any:
    """A rewritten function, after a look that it computes the same as the graph as it was written."""
    options: dict[str, Any] = {"on_unused_input": "ignore"}
    expected = theano.function(inputs, outputs, mode=AS_WRITTEN, **options)(*values)
    rewritten = theano.function(inputs, outputs, mode=REWRITTEN, **options)
    compiled = [theano.function(inputs, outputs, **options)] if native else []
    for f in [rewritten, *compiled]:
        for got, wanted in zip(f(*values), expected, strict=True):
            assert got.dtype == wanted.dtype and got.shape == wanted.shape
            assert_allclose(got, wanted, rtol=rtol, atol=1e-12)
    return rewritten


def numbers(*shape: int, seed: int = 1, dtype: str = "float64") -> np.ndarray:
    """Reproducible numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)
