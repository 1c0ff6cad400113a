"""The fastest of several rewrites."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from theano.gof.opt import LocalMetaOptimizer, LocalMetaOptimizerSkipAssertionError

import theano
import theano.tensor as T
from theano.graph import Apply, Op
from theano.rewrite import OpSub, local_optimizer, register_specialize
from theano.rewrite.engine.registry import remove_rule

x = T.dvector("x")


class Slow(Op):
    """The hyperbolic tangent, after a while."""

    __props__ = ("seconds", "error")

    def __init__(self, seconds: float, error: Any = None) -> None:
        self.seconds, self.error = seconds, error

    def make_node(self, a: Any) -> Apply:
        return Apply(self, [a], [a.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        if self.error is not None:
            raise self.error("mine")
        time.sleep(self.seconds)
        outputs[0][0] = np.tanh(inputs[0])


class Fastest(LocalMetaOptimizer):
    def provide_inputs(self, node: Apply, inputs: Any) -> Any:
        return {v: theano.shared(np.ones(3)) for v in inputs}


def test_the_fastest_is_taken() -> None:
    rewrite = Fastest()
    for op in (Slow(0.05), Slow(0.001), Slow(0.03), Slow(0.0, LocalMetaOptimizerSkipAssertionError)):
        rewrite.register(OpSub(T.tanh, op), ["mine", str(op)])
    assert rewrite.tracks() == [type(T.tanh)] and len(rewrite.tag_dict["mine"]) == 4
    assert rewrite.get_opts(T.tanh(x).owner) == rewrite.optimizers
    (found,) = rewrite.transform(T.tanh(x).owner)
    assert found.owner.op == Slow(0.001)
    assert not rewrite.transform(T.dot(x, x).owner) and not rewrite.transform(T.exp(x).owner)
    register_specialize(rewrite, name="fastest")
    try:
        f = theano.function([x], T.tanh(x), mode="FAST_RUN")
        assert [node.op for node in f.maker.fgraph.apply_nodes] == [Slow(0.001)]
    finally:
        remove_rule("fastest")


def test_what_fails_is_not_tried(capsys: Any) -> None:
    rewrite = Fastest()
    rewrite.verbose = True
    rewrite.register(OpSub(T.tanh, Slow(0, KeyError)), [])
    rewrite.register(OpSub(T.tanh, Slow(0.001)), [])
    with pytest.warns(UserWarning, match="was not tried: KeyError"):
        (found,) = rewrite.transform(T.tanh(x).owner)
    assert found.owner.op == Slow(0.001) and "takes" in capsys.readouterr().out
    with pytest.raises(TypeError, match="which ops it tracks"):
        rewrite.register(local_optimizer(None)(print), [])


def test_without_values_nothing_is_tried(capsys: Any) -> None:
    rewrite = LocalMetaOptimizer()
    assert rewrite.tracks() is None
    rewrite.verbose = True
    rewrite.register(OpSub(T.tanh, Slow(0.001)), [])
    assert not rewrite.transform(T.tanh(x).owner) and "no values for x" in capsys.readouterr().out
    shown = T.dvector("shown")
    shown.tag.test_value = np.ones(2)
    assert rewrite.transform(T.tanh(shown).owner) and rewrite.transform(T.tanh(theano.shared(np.ones(2))).owner)
