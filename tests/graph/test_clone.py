"""Copies, replacements, comparison."""

from __future__ import annotations

import pytest

from tests.graph.ops import add, chain, neg, pair
from theano.graph import (
    clone,
    clone_get_equiv,
    clone_replace,
    equal_computations,
    evaluate,
    generic,
    graph_inputs,
    is_same_graph,
    null_type,
)


def test_clone_copies_what_it_should():
    x, y = generic("x"), generic("y")
    z = add(x, neg(y), 3)
    (new_x,), (new_z,) = clone([x], [z])
    assert new_x is not x and new_z.owner is not z.owner
    assert evaluate([new_z], {new_x: 1, graph_inputs([new_z])[1]: 2}) == [2]
    kept = clone_get_equiv([x], [z], copy_inputs=False, copy_orphans=False)
    assert kept[x] is x and kept[y] is y and kept[z] is not z and kept[z.owner] is kept[z].owner


def test_replacements_are_simultaneous():
    x, y = generic("x"), generic("y")
    z = add(x, neg(y))
    swapped = clone_replace(z, {x: y, y: x})
    assert evaluate([swapped], {x: 1, y: 10}) == [9]
    shifted = clone_replace(z, [(x, add(x, 100))])
    assert evaluate([shifted], {x: 1, y: 10}) == [91]
    assert clone_replace([z, x], {x: y})[1] is y
    assert set(clone_replace({"a": z}, {x: y})) == {"a"}


def test_replace_intermediate_and_one_of_several_outputs():
    x, y = generic("x"), generic("y")
    quotient, rest = pair(x, y)
    total = add(quotient, rest)
    assert evaluate([clone_replace(total, {rest: x})], {x: 17, y: 5}) == [20]
    both = clone_replace([quotient, total], {rest: x})
    assert evaluate(both, {x: 17, y: 5}) == [3, 20]


def test_share_inputs():
    x = generic("x")
    assert graph_inputs([clone_replace(neg(x))]) == [x]
    assert graph_inputs([clone_replace(neg(x), share_inputs=False)]) != [x]
    assert clone_replace(x) is x


def test_wrong_replacements():
    x = generic("x")
    with pytest.raises(TypeError, match="only Theano variables"):
        clone_replace(neg(x), {"x": x})
    with pytest.raises(TypeError, match="Cannot convert Type"):
        clone_replace(neg(x), {x: null_type()})
    with pytest.raises(TypeError, match="needs Theano variables"):
        clone_replace([3])


def test_equality():
    x, y = generic("x"), generic("y")
    assert equal_computations([add(x, 1)], [add(x, 1)])
    assert not equal_computations([add(x, 1)], [add(x, 1.0)])
    assert not equal_computations([add(x, y)], [add(y, x)])
    assert equal_computations([add(x, y)], [add(y, x)], [x, y], [y, x])
    assert not equal_computations([x], [x], [x, y], [y, x])
    assert not equal_computations([pair(x, y)[0]], [pair(x, y)[1]])
    assert not equal_computations([add(x, y, y)], [add(x, y)])
    assert equal_computations([3], [generic.make_constant(3)])
    with pytest.raises(ValueError, match="length"):
        equal_computations([x], [x, y])


def test_is_same_graph():
    x, y, z = generic("x"), generic("y"), generic("z")
    assert is_same_graph(add(x, y), add(x, y)) and not is_same_graph(add(x, y), add(x, z))
    assert is_same_graph(add(x, y), add(x, z), givens={y: z})
    assert is_same_graph(neg(x), y, givens={x: z, y: neg(z)})


def test_deep():
    x = generic("x")
    first, second = chain(x, 10_000), chain(x, 10_000)
    assert equal_computations([first], [second])
    assert equal_computations([clone_replace(first, {x: neg(x)})], [chain(neg(x), 10_000)])
