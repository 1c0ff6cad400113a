"""The order of the products of an einsum: by NumPy, by opt_einsum where it is installed."""

from __future__ import annotations

import importlib.util
import sys
import types

import numpy as np
import pytest

import theano.tensor as T

# A chain that is cheap from the right.
CHAIN = "ab,bc,cd,de,ef,fg,g->a"
SHAPES = [(2, 30), (30, 31), (31, 32), (32, 33), (33, 34), (34, 35), (35,)]
has_opt_einsum = importlib.util.find_spec("opt_einsum") is not None


def _values():
    rng = np.random.RandomState(0)
    return [rng.randn(*shape) for shape in SHAPES]


@pytest.fixture
def calls(monkeypatch):
    """What a library called opt_einsum is asked, whether it is installed or not."""
    asked = []

    def contract_path(text, *operands, shapes, optimize):
        assert shapes
        asked.append((text, operands, optimize))
        if optimize == "nonsense":
            raise KeyError("no such")
        n = len(operands)
        return [(n - k - 2, n - k - 1) for k in range(n - 1)], None

    module = types.ModuleType("opt_einsum")
    module.contract_path = contract_path
    monkeypatch.setitem(sys.modules, "opt_einsum", module)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: True if name == "opt_einsum" else found(name, *a))
    return asked


@pytest.fixture
def without(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "opt_einsum" else found(name, *a))


def _wanted(values):
    return np.linalg.multi_dot(values)


def test_many_tensors_go_in_its_order(calls) -> None:
    values = _values()
    np.testing.assert_allclose(T.einsum(CHAIN, *values).eval(), _wanted(values))
    ((text, shapes, order),) = calls
    assert (text, order) == ("AB,BC,CD,DE,EF,FG,G->A", "auto-hq")
    assert list(shapes) == SHAPES


def test_few_tensors_do_not_ask_it(calls) -> None:
    values = _values()[:5]
    T.einsum("ab,bc,cd,de,ef->af", *values)
    assert not calls
    T.einsum("ab,bc,cd->ad", *values[:3], optimize="dp")
    assert calls[0][2] == "dp"


def test_an_order_that_does_not_exist(calls) -> None:
    with pytest.raises(ValueError, match="there is no order 'nonsense': it is True, False, 'greedy'"):
        T.einsum("ab,bc,cd->ad", *_values()[:3], optimize="nonsense")


def test_without_it_numpy_guesses(without) -> None:
    values = _values()
    np.testing.assert_allclose(T.einsum(CHAIN, *values).eval(), _wanted(values))
    with pytest.raises(ValueError, match=r"the order 'dp' is one of opt_einsum: pip install opt_einsum"):
        T.einsum(CHAIN, *values, optimize="dp")


@pytest.mark.skipif(not has_opt_einsum, reason="opt_einsum is not installed")
@pytest.mark.parametrize("optimize", [True, "auto", "dp", "branch-2", "auto-hq", "greedy"])
def test_all_orders_give_the_same(optimize) -> None:
    values = _values()
    product = T.einsum(CHAIN, *values, optimize=optimize)
    np.testing.assert_allclose(product.eval(), _wanted(values))


@pytest.mark.skipif(not has_opt_einsum, reason="opt_einsum is not installed")
def test_orders_of_the_real_library() -> None:
    """Ten tensors with free axes, outer products, and labels of one alone, for which an order may have steps of one."""
    text = "ab,bc,ad,de,ce,f,fg,gh,h,ij->ai"
    sizes = dict(zip("abcdefghij", (2, 3, 4, 5, 2, 3, 4, 2, 3, 2)))
    rng = np.random.RandomState(1)
    values = [rng.randn(*(sizes[n] for n in t)) for t in text.partition("->")[0].split(",")]
    np.testing.assert_allclose(T.einsum(text, *values).eval(), np.einsum(text, *values, optimize=True))
