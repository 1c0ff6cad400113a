"""What ops declare about themselves, against what they compute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano.tensor as T
from tests.gradient_examples import EXAMPLES
from theano.graph import Apply, evaluate, io_toposort
from theano.graph.op import perform_node
from theano.scalar.op import TABLE


def graph_of(name: str) -> tuple[list[Any], list[Apply]]:
    """The variables of an example, and its nodes."""
    xs = [T.constant(p).type(f"x{k}") for k, p in enumerate(EXAMPLES[name].points)]
    outs = EXAMPLES[name].make(*xs)
    return xs, list(io_toposort(xs, outs if isinstance(outs, list | tuple) else [outs]))


def nodes_of(name: str) -> list[tuple]:
    """The nodes of an example, with the values of their inputs."""
    xs, found = graph_of(name)
    values = dict(zip(xs, EXAMPLES[name].points, strict=True))
    flat = [v for node in found for v in node.inputs]
    known = dict(zip(flat, evaluate(flat, values), strict=True)) if flat else {}
    return [(node, [known[v] for v in node.inputs]) for node in found]


LINEAR = [name for name in EXAMPLES if any(node.op.linear_in for node in graph_of(name)[1])]


@pytest.mark.parametrize("name", LINEAR)
def test_ops_are_linear_in_what_they_declare(name: str) -> None:
    for node, values in nodes_of(name):
        for i, x in enumerate(values):
            if i not in node.op.linear_in or np.asarray(x).dtype.kind != "f":
                continue
            before = perform_node(node, values)
            for factor in (0.0, 2.0):
                scaled = [np.asarray(factor * v, v.dtype) if k == i else v for k, v in enumerate(values)]
                for a, b in zip(before, perform_node(node, scaled), strict=True):
                    if b.dtype.kind == "f":  # casts to whole numbers round
                        np.testing.assert_allclose(b, factor * a, rtol=1e-6, atol=1e-12, err_msg=str(node))


def test_linear_ops_have_examples() -> None:
    declared = {type(node.op).__name__ for name in LINEAR for node in graph_of(name)[1] if node.op.linear_in}
    assert {"Dot", "BatchedDot", "Sum", "Reshape", "Subtensor", "DimShuffle", "Split", "RepeatOp"} <= declared


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.nonnegative])
def test_operations_are_never_negative(name: str) -> None:
    x = np.concatenate([np.linspace(-30, 30, 61), [-1e30, 1e30, -np.inf, np.inf, 0.0, -0.0]])
    value = TABLE[name](x)
    assert not (value < 0).any()
