"""Expressions of the loop program."""

from __future__ import annotations

import random

from theano.loops import expr as ex


def test_names_are_those_that_a_walk_finds() -> None:
    rng = random.Random(0)
    pool: list[ex.Expr] = [ex.name(f"x{k}", "f64") for k in range(60)] + [ex.const(k, "f64") for k in range(4)]
    for _ in range(400):  # some mention few names, others more than are kept with an expression
        a, b, c = (rng.choice(pool[-90:] if rng.random() < 0.7 else pool) for _ in range(3))
        pool.append(ex.select(ex.lt(a, b), ex.fma(a, b, c), ex.neg(c)) if rng.random() < 0.3 else ex.add(a, b))
    for roots in [(e,) for e in pool] + [tuple(rng.sample(pool, 3)) for _ in range(100)]:
        assert list(ex.names(*roots)) == [n.value for n in ex.postorder(roots) if n.op == "name"]
    assert max(len(list(ex.names(e))) for e in pool) > 40


def test_names_of_a_long_chain_take_little_memory() -> None:
    total = ex.name("x0", "f64")
    for k in range(1, 2000):
        total = ex.add(total, ex.name(f"x{k}", "f64"))
    assert len(list(ex.names(total))) == 2000
    kept = [len(e._names or ()) for e in ex.postorder((total,))]
    assert sum(kept) < 10_000
