"""Lengths as texts: as one would write them, and true."""

from __future__ import annotations

import itertools
import random

import pytest

from theano.compile.times.lengths import length_text
from theano.loops import expr as ex
from theano.loops.evaluate import evaluate
from theano.loops.expr import Expr

X, K = ex.name("x", "i64"), ex.name("k", "i64")
NAMES = {"x": "x.shape[0]", "k": "k.shape[0]"}


def number(value: int) -> Expr:
    return ex.const(value, "i64")


@pytest.mark.parametrize(
    "length, text",
    [
        (ex.add(ex.add(X, ex.mul(K, number(-1))), number(1)), "x.shape[0] - k.shape[0] + 1"),
        (ex.add(X, number(-1)), "x.shape[0] - 1"),
        (ex.sub(X, ex.add(K, number(1))), "x.shape[0] - (k.shape[0] + 1)"),
        (ex.idiv(ex.add(X, number(1)), number(2)), "(x.shape[0] + 1) // 2"),
        (ex.idiv(X, ex.mul(K, number(2))), "x.shape[0] // (k.shape[0] * 2)"),
        (ex.add(X, ex.mul(K, number(-3))), "x.shape[0] - k.shape[0] * 3"),
        (ex.select(ex.lt(X, K), X, K), "min(x.shape[0], k.shape[0])"),
        (ex.select(ex.gt(ex.sub(X, K), number(0)), ex.sub(X, K), number(0)), "max(x.shape[0] - k.shape[0], 0)"),
    ],
)
def test_texts(length: Expr, text: str) -> None:
    assert length_text(length, NAMES) == text


def made(rng: random.Random, depth: int) -> Expr:
    if not depth:
        return rng.choice([X, K, number(rng.randint(-3, 5))])
    x, y = made(rng, depth - 1), made(rng, depth - 1)
    if rng.random() < 0.2:
        return ex.select(rng.choice([ex.lt, ex.gt])(x, y), x, y)
    if rng.random() < 0.2:
        return ex.idiv(ex.select(ex.gt(x, number(0)), x, number(0)), number(rng.randint(2, 3)))
    return rng.choice([ex.add, ex.sub, ex.mul])(x, y)


def test_they_are_true() -> None:
    """Python computes the same from the text."""
    rng = random.Random(0)
    for _, depth in itertools.product(range(300), (1, 2)):
        length = made(rng, depth)
        text = length_text(length, {})
        for x, k in ((7, 2), (0, 3), (5, 5)):
            names = {"x": x, "k": k}
            assert eval(text, {"min": min, "max": max}, names) == int(evaluate(length, names)), text
