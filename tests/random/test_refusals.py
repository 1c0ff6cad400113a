"""Every error that streams of random numbers and their ops document is raised once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from tests.refusals import Refusal, cases, check
from theano.random.philox import PhiloxRandomStreams
from theano.tensor.random.base import RandomStreamsBase
from theano.tensor.random.function import RandomFunction
from theano.tensor.random.mrg_uniform import ChoiceFromUniform, MultinomialFromUniform, mrg_uniform
from theano.tensor.random.philox import PhiloxUniform
from theano.tensor.random.state import random_state_type

x, v, m, t3, n, i = T.dscalar("x"), T.dvector("v"), T.dmatrix("m"), T.dtensor3("t3"), T.iscalar("n"), T.ivector("i")
state = random_state_type("state")
states, words = T.imatrix("states"), T.lvector("words")
mrg = MRG_RandomStreams(1)
numpys = RandomStreams(1)
philox = PhiloxRandomStreams(1)
draw = RandomFunction("uniform", T.dvector)
raw = mrg_uniform(T.dvector)
pair = np.ones((1, 6), "int32")


def run(variable: Any, values: dict[Any, Any]) -> Any:
    """Evaluates with both executors; the first error counts."""
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        theano.function(list(values), variable, mode=mode)(*values.values())


STREAMS: list[Refusal] = [
    (lambda: MRG_RandomStreams(0), ValueError, "seed should not be 0"),
    (lambda: MRG_RandomStreams(1 << 40), ValueError, "seed should be less than"),
    (lambda: MRG_RandomStreams("a"), TypeError, "seed should be 1 integer or 6 integers, got 'a'"),
    (lambda: MRG_RandomStreams([1, 2]), TypeError, "seed should be 1 integer or 6 integers, got 2"),
    (lambda: MRG_RandomStreams([0, 0, 0, 1, 1, 1]), ValueError, "three words .* of the seed must not all be 0"),
    (lambda: MRG_RandomStreams([-1, 0, 0, 1, 1, 1]), ValueError, "words .* of the seed must be from 0 to"),
    (lambda: mrg.get_substream_rstates(0, "float64"), ValueError, "must be a positive integer, got 0"),
    (lambda: mrg.uniform((2,), low=np.zeros((2, 2))), ValueError, "the bounds have more dimensions than the size"),
    (lambda: mrg.uniform([2]), TypeError, "size must be a tuple of integers or an integer vector"),
    (lambda: mrg.uniform((2.0,)), TypeError, "size must be a tuple of integers and 0-d integer variables"),
    (lambda: mrg.uniform((v,)), TypeError, "size must be a tuple of integers and 0-d integer variables"),
    (lambda: mrg.uniform((0,)), ValueError, "contains a dimension with value <= 0"),
    (lambda: mrg.uniform(T.constant([2, 0])), ValueError, "contains a dimension with value <= 0"),
    (lambda: mrg.uniform((2,), limit=3), TypeError, "unexpected keyword argument 'limit'"),
    (lambda: mrg.choice(p=m, replace=False, ndim=2), ValueError, "takes its shape from p: leave out ndim"),
    (lambda: mrg.choice(replace=False), TypeError, "needs the probabilities p"),
    (lambda: mrg.multinomial_wo_replacement(size=(2,), pvals=m), ValueError, "takes its shape from pvals"),
    (lambda: mrg.multinomial(), TypeError, "You have to specify pvals"),
    (lambda: mrg.multinomial(n=2.5, pvals=m), TypeError, "integer"),
    (lambda: mrg.multinomial(pvals=v), NotImplementedError, "the probabilities must be a matrix"),
    (lambda: numpys[3], KeyError, "3"),
    (lambda: numpys.uniform(3), TypeError, "size must be None, a tuple, a list or an integer vector, not 3: write"),
    (lambda: numpys.uniform(i), ValueError, "is not known: pass ndim="),
    (lambda: numpys.uniform(v, ndim=1), TypeError, "size must be an integer vector, got v"),
    (lambda: numpys.uniform(T.constant([2, 3]), ndim=1), ValueError, "ndim should be 2, but it is 1"),
    (lambda: numpys.uniform((2,), ndim=2), ValueError, "ndim should be 1, but it is 2"),
    (lambda: numpys.uniform((2.0,)), TypeError, "size must be made of integers, got 2.0"),
    (lambda: numpys.uniform((-2,)), ValueError, "negative dimensions are not allowed"),
    (lambda: numpys.uniform((-1,)), ValueError, "no parameter that gives the length of the axis with -1"),
    (lambda: numpys.uniform((2,), low=m), ValueError, "has 1 dimensions, but a parameter has 2"),
    (lambda: numpys.binomial((2,), n=2.5), TypeError, "must be integer"),
    (lambda: numpys.choice((2,), a=m), TypeError, "a must be a number or a vector, got m"),
    (lambda: numpys.permutation((2,), n=i), TypeError, "n must be a single number, got i"),
    (lambda: numpys.multinomial((2,), n=2, pvals=x), TypeError, "pvals needs at least one dimension"),
    (lambda: PhiloxRandomStreams("a"), TypeError, "the seed must be an integer, got 'a'"),
    (lambda: PhiloxRandomStreams(1 << 70), ValueError, "the seed must fit into 64 bits"),
    (lambda: philox.binomial((2,), n=2), NotImplementedError, "binomial with n > 1"),
    (lambda: philox.uniform((2,), dtype="int32"), TypeError, "Philox streams make floats"),
    (lambda: random_state_type.filter(3, strict=True), TypeError, "expected a numpy.random.RandomState, got int"),
]

OPS: list[Refusal] = [
    (lambda: draw(x, [2]), TypeError, "the first argument must be a random state variable, got x"),
    (lambda: draw(state, n), TypeError, "the size must be an integer vector, got n"),
    (
        lambda: run(draw(state, i)[1], {state: np.random.RandomState(1), i: [2, 2]}),
        ValueError,
        "the sample has 1 dimens",
    ),
    (
        lambda: run(draw(state, i, m, 2.0)[1], {state: np.random.RandomState(1), i: [], m: np.ones((2, 2))}),
        ValueError,
        "a sample with 1 dimensions was wanted, the parameters give one of shape",
    ),
    (lambda: raw(v, i), TypeError, "the states must be an int32 matrix, got TensorType.float64, vector."),
    (lambda: raw(states, v), TypeError, "the size must be an integer vector, got TensorType.float64, vector."),
    (lambda: run(raw(states, i)[1], {states: pair, i: [1, 2]}), ValueError, "the size .* should have 1 elements"),
    (lambda: run(raw(states, i)[1], {states: pair[:, :5], i: [1]}), ValueError, "the states must be of shape .n, 6."),
    (lambda: run(raw(states, i)[1], {states: pair, i: [-1]}), ValueError, "negative dimensions are not allowed"),
    (lambda: MultinomialFromUniform("int64")(v, v), TypeError, "pvals ndim should be 2, got 1"),
    (lambda: MultinomialFromUniform("int64")(m, m), TypeError, "unis ndim should be 1, got 2"),
    (lambda: MultinomialFromUniform("int64")(m, v, 1.5), TypeError, "n must be a single integer"),
    (
        lambda: run(MultinomialFromUniform("int64")(m, v), {m: np.ones((2, 2)), v: [0.5]}),
        ValueError,
        "unis.shape.0. should be pvals.shape.0. . n = 2, got 1",
    ),
    (
        lambda: run(ChoiceFromUniform("int64")(m, v, n), {m: np.ones((1, 2)), v: np.ones(3), n: 3}),
        ValueError,
        "cannot draw 3 of 2 outcomes without putting them back",
    ),
    (
        lambda: run(ChoiceFromUniform("int64")(m, v, n), {m: np.ones((1, 2)), v: np.ones(3), n: 2}),
        ValueError,
        "unis.shape.0. should be pvals.shape.0. . n = 2, got 3",
    ),
    (lambda: PhiloxUniform("int32", (None,)), TypeError, "Philox streams make float32 and float64, not int32"),
    (lambda: PhiloxUniform("float64", (None,))(v, i), TypeError, "the state must be an int64 vector"),
    (lambda: PhiloxUniform("float64", (None,))(words, v), TypeError, "the size must be an integer vector"),
    (
        lambda: run(PhiloxUniform("float64", (None,))(words, i)[1], {words: [1, 2, 3], i: [2, 2]}),
        ValueError,
        "the size must have 1 elements >= 0",
    ),
    (
        lambda: run(PhiloxUniform("float64", (None,))(words, i)[1], {words: [1, 2], i: [2]}),
        ValueError,
        "the state has 3 words, got 2",
    ),
    (lambda: RandomStreamsBase().gen(draw), NotImplementedError, "RandomStreamsBase defines no gen"),
]


@pytest.mark.parametrize(("call", "classes", "text"), cases({"streams": STREAMS, "ops": OPS}))
def test_refused(call: Any, classes: Any, text: str) -> None:
    check(call, classes, text)
