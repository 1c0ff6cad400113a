"""Unification of structures."""

from __future__ import annotations

import pytest
from theano.gof import unify as un
from theano.gof.unify import NV, FreeVariable, FVar, OrV, Unification, V, Var, VariableInList, unify, unify_build


def test_values():
    x, y, z = (FreeVariable(n) for n in "xyz")
    merged, found = unify([x, (2, y)], [1, (2, z)])
    assert merged[0] == 1 and found[x].value == 1 and found[y] is found[z] and isinstance(merged[1], tuple)
    assert unify({"a": x, "b": 2}, {"a": [3, y], "b": 2})[0] == {"a": [3, y], "b": 2}
    for a, b in (([1, 2], [1]), ([1], [2]), ({"a": 1}, {"b": 1}), (1, 1.0), ([x, x], [1, 2]), ("a", ["a"])):
        assert unify(a, b) == (None, False)
    assert unify([x, x, y], [z, 1, z])[0] == [1, 1, 1]
    merged, found = unify([x, y, x], [y, [z, 3], [2, 3]])
    assert merged == [[2, 3]] * 3 and unify_build(z, found) == 2


def test_choices():
    a, b = un.OrVariable("a", [1, 2, 3]), un.OrVariable("b", [2, 3, 4])
    n, m = un.NotVariable("n", [2]), un.NotVariable("m", [5])
    assert unify(a, 2)[1][a].value == 2 and unify(a, 4) == (None, False) == unify(n, 2)
    assert unify(a, b)[1][a].options == [2, 3] and unify([a, a], [b, n])[0] == [3, 3]
    assert unify(n, m)[1][n].not_options == [2, 5] and unify([a, a], [b, 4]) == (None, False)
    assert unify(un.OrVariable("c", [9]), a) == (None, False)
    x = FreeVariable()
    assert unify(n, x)[1][x] is n and str(x) == "FreeVariable(?)" and repr(a) == "OrVariable(a)"


def test_rests_of_lists():
    x, rest = FreeVariable("x"), FreeVariable("rest")
    pattern = ["f", x, VariableInList(rest)]
    merged, found = unify(pattern, ["f", 1, 2, 3])
    assert merged == ["f", 1, 2, 3] and unify_build([rest, x], found) == [[2, 3], 1]
    assert unify(["f", 1], pattern)[0] == ["f", 1] and unify(pattern, ["f"]) == (None, False)


def test_functions_of_what_is_found():
    x = FreeVariable("x")
    _, found = unify((x, 2), (3, 2))
    assert unify_build({"sum": FVar(lambda a, b: a + b, x, 10)}, found) == {"sum": 13}
    assert FVar(len, [x, x])(found) == 2 and un.unify_merge(x, 3, found) == 3


def test_mappings_and_names():
    assert Var("x") is V("x") is Var("x") and OrV("x", [1]) is OrV("x", [1]) and NV("n", [1]).not_options == [1]
    x, y, z = (FreeVariable(n) for n in "xyz")
    first = Unification()
    second = first.merge(x, y)
    assert second is not first and second[y] is x and first[y] is y
    third = second.merge(z, y)
    assert [third[v] for v in (x, y, z)] == [z, z, z]
    inplace = Unification(inplace=True)
    assert inplace.merge(x, y) is inplace and inplace[y] is x and inplace.unif
    with pytest.raises(AttributeError):
        un.nothing  # noqa: B018
