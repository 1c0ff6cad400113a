from __future__ import annotations

import numpy as np
import pytest
from theano.gof import utils

from theano.graph import generic


def test_reached_by_the_old_name(tmp_path):
    assert utils.difference("abc", "b") == ["a", "c"] and utils.flatten([[1], {2}, 3]) == [1, 2, 3]
    assert utils.uniq([[1], [1], [2]]) == [[1], [2]] and utils.unique((1, 2)) and not utils.unique((1, 1))
    assert utils.hist([1, 1, 2]) == {1: 2, 2: 1} and utils.remove(bool, [0, 1]) == [0]
    assert utils.from_return_values([1]) == [1] and utils.to_return_values([]) == []
    assert utils.hashtype(1) == utils.hashtype(2) != utils.hashtype("")
    (tmp_path / "f").write_bytes(b"x")
    assert utils.hash_from_file(str(tmp_path / "f")) == utils.hash_from_code("x") == utils.hash_from_code(b"x")
    assert utils.hash_from_code(np.ones(2)) == utils.hash_from_code(np.ones(2).tobytes())


def test_toposort():
    order = utils.toposort({"d": ["b", "c"], "b": ["a"], "c": ["a"], "lone": []})
    assert sorted(order) == ["a", "b", "c", "d", "lone"]
    assert order.index("a") < min(order.index("b"), order.index("c")) < order.index("d")
    with pytest.raises(ValueError, match="cycle"):
        utils.toposort({1: [2], 2: [1]})


def test_memoize():
    calls = []
    f = utils.memoize(lambda x: calls.append(x) or x + 1)
    assert f(1) == f(1) == 2 and calls == [1]


def test_names():
    variables = [generic(n) for n in ("a", None, "a", "anon_1", None)]
    names = [v.name for v in utils.give_variables_names(variables)]
    assert len(set(names)) == 5 and names[0] == "a"
