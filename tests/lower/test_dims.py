"""Lengths that are known to be equal."""

from __future__ import annotations

import pytest

from theano.loops import expr as ex
from theano.lower.state.dims import Dims, length

NAMES = [("d1", "d2"), ("d2", "d1")]


@pytest.mark.parametrize(("first", "second"), NAMES)
def test_no_length_is_replaced_by_what_it_is_part_of(first: str, second: str) -> None:
    dims, a, b = Dims(), ex.name(first, "i64"), ex.name(second, "i64")
    assert dims.unite(a, ex.add(a, b)) is None and dims.unite(ex.mul(a, b), b) is None
    assert dims.normal(a) is a and dims.normal(b) is b


@pytest.mark.parametrize(("first", "second"), NAMES)
def test_no_two_lengths_are_replaced_by_each_other(first: str, second: str) -> None:
    dims, a, b = Dims(), ex.name(first, "i64"), ex.name(second, "i64")
    replaced = [dims.unite(a, ex.mul(b, length(2))), dims.unite(b, ex.mul(a, length(3)))]
    assert sum(v is not None for v in replaced) == 1
    left = b if replaced[0] is not None else a
    assert dims.normal(left) is left and left in ex.postorder((dims.normal(a if left is b else b),))


def test_no_length_is_replaced_by_one_that_is_found_later() -> None:
    dims = Dims()
    first, second = (ex.name(dims.names.fresh("d"), "i64") for _ in range(2))
    dims.unite(first, second)
    assert dims.normal(second) is dims.normal(first) is first


def test_names_are_lengths_where_that_has_been_said() -> None:
    dims = Dims()
    n, d = ex.name("n", "i64"), ex.name("d", "i64")
    dims.names.lengths.add("n")
    assert dims.is_length(ex.add(ex.mul(n, n), length(1))) and not dims.is_length(ex.add(n, d))
    assert not dims.is_length(ex.sub(n, length(1)))


def test_numbers_without_a_bound_are_no_lengths() -> None:
    """The larger one of 0 and any number is not negative, but two of them may add up to less than 0."""
    dims = Dims()
    n, d, zero = ex.name("n", "i64"), ex.name("d", "i64"), length(0)
    dims.names.lengths.add("n")
    unbound = ex.maximum(d, zero)
    assert not dims.is_length(unbound) and not dims.is_length(ex.add(unbound, n))
    assert not dims.is_length(ex.idiv(unbound, length(2))) and not dims.is_length(ex.maximum(unbound, n))
    assert dims.is_length(ex.maximum(ex.sub(n, length(3)), zero)) and dims.is_length(ex.idiv(n, length(2)))
    assert not dims.is_length(ex.minimum(d, n)) and not dims.is_length(ex.minimum(ex.sub(n, length(3)), n))
    assert dims.is_length(ex.minimum(n, ex.maximum(ex.sub(n, length(3)), zero)))
