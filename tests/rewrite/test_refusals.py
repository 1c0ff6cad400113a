"""What users' rewrites are refused for."""

from __future__ import annotations

from typing import Any

import pytest

import theano.tensor as T
from tests.refusals import Refusal, cases, check
from theano.rewrite import PatternSub, local_optimizer

REWRITES: list[Refusal] = [
    (lambda: local_optimizer([]), ValueError, "tracks must be None or a list with at least one op or op class"),
    (lambda: local_optimizer(T.exp), ValueError, "tracks must be None or a list"),
    (lambda: PatternSub("x", "y"), TypeError, "the pattern to look for must start with an op, got 'x'"),
]


@pytest.mark.parametrize(("call", "classes", "text"), cases({"rewrites": REWRITES}))
def test_refused(call: Any, classes: Any, text: str) -> None:
    check(call, classes, text)
