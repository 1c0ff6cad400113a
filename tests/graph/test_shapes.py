"""What ops say of shapes, and what becomes of those that fail to."""

from __future__ import annotations

import warnings

import pytest

import theano.tensor as T
from tests.graph.ops import Call
from theano import change_flags
from theano.graph import ShapeError, TestValueError, generic, inferred_shapes


def node_of(answer):
    class Told(Call):
        def infer_shape(self, node, input_shapes):
            if isinstance(answer, Exception):
                raise answer
            return answer

    return Told("told", None, 2)(generic("x"))[0].owner


def test_an_op_may_tell_or_decline():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert inferred_shapes(node_of([(1,), (2, 3)]), [()]) == [(1,), (2, 3)]
        for decline in (ShapeError("depends on data"), NotImplementedError(), TestValueError("missing")):
            assert inferred_shapes(node_of(decline), [()]) == [None, None]
        assert inferred_shapes(Call("silent")(generic("x")).owner, [()]) == [None]
    assert T.ShapeError is ShapeError


def test_an_op_that_fails_is_reported():
    node = node_of(IndexError("no such axis"))
    with pytest.warns(UserWarning, match=r"(?s)Failed to infer_shape from Op told.*IndexError: no such axis"):
        assert inferred_shapes(node, [()]) == [None, None]
    with change_flags(on_shape_error="raise"), pytest.raises(IndexError):
        inferred_shapes(node, [()])


def test_an_op_for_theano_pymc_is_told_the_graph_first():
    class Told(Call):
        def infer_shape(self, fgraph, node, input_shapes):
            assert fgraph is None and node.op is self
            return [input_shapes[0], (2,)]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert inferred_shapes(Told("told", None, 2)(generic("x"))[0].owner, [(3,)]) == [(3,), (2,)]
