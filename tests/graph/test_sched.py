"""Orders of nodes by comparison functions."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from theano.gof.sched import (
    cmp,
    key_to_cmp,
    list_of_nodes,
    make_dependence_cmp,
    make_depends,
    memodict,
    posort,
    reverse_dict,
    sort_apply_nodes,
    sort_schedule_fn,
)

import theano.tensor as T
from theano import FunctionGraph

x = T.dscalar("x")
a = T.exp(x)
b = T.log(a)
c = T.sin(x)
out = b + c


def test_comparing() -> None:
    assert [cmp(1, 2), cmp(2, 2), cmp(3, 2)] == [-1, 0, 1]
    assert key_to_cmp(abs)(-3, 2) == 1
    assert reverse_dict({1: "ab", 2: "b"}) == {"a": (1,), "b": (1, 2)}
    called = []

    @memodict
    def square(k: int) -> int:
        called.append(k)
        return k * k

    assert [square(3), square(3), square(2)] == [9, 9, 4] and called == [3, 2]


def test_who_needs_whom() -> None:
    depends, dependence = make_depends(), make_dependence_cmp()
    assert depends((b.owner, a.owner)) and depends((out.owner, a.owner))
    assert not depends((a.owner, b.owner)) and not depends((c.owner, a.owner))
    assert dependence(b.owner, a.owner) == 1 and dependence(a.owner, out.owner) == -1
    assert dependence(a.owner, c.owner) == 0


def test_orders_contradict_no_comparison() -> None:
    rng = random.Random(3)
    for _ in range(30):
        things = [(rng.randrange(4), rng.randrange(4)) for _ in range(12)]
        by_first, by_second = key_to_cmp(lambda t: t[0]), key_to_cmp(lambda t: t[1])
        order = posort(things, by_first, by_second)
        assert sorted(order) == sorted(things)
        assert order == sorted(things)  # lexicographic: the first has the say
    assert posort([3, 1, 2]) == [3, 1, 2]  # who asks nothing changes nothing

    def rock_paper_scissors(p: str, q: str) -> int:
        return 0 if p == q else -1 if (p, q) in {("r", "s"), ("s", "p"), ("p", "r")} else 1

    with pytest.raises(ValueError, match="round in a circle"):
        posort("rps", rock_paper_scissors)


def test_nodes_in_order() -> None:
    def backwards(p: Any, q: Any) -> int:
        return -cmp(str(p), str(q))

    fgraph = FunctionGraph([x], [out], clone=False)
    for order in (sort_apply_nodes([x], [out], [backwards]), sort_schedule_fn(backwards)(fgraph)):
        assert set(order) == set(list_of_nodes([x], [out]))
        for p, q in itertools.combinations(order, 2):
            assert not make_depends()((p, q))
        assert order.index(c.owner) < order.index(a.owner)
