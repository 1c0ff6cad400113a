"""The shapes of the variables of a graph under rewriting, as a `ShapeFeature` tells them."""

from __future__ import annotations

from typing import Any

from theano.rewrite.engine.build import dims
from theano.rewrite.engine.table import RewriteGraph
from theano.tensor.checks.shape_feature import ShapeFeature
from theano.tensor.type import TensorType


class _Lengths(dict[Any, Any]):
    """The shapes of variables, found when they are asked for: the graph changes, so none is kept."""

    def __init__(self, graph: RewriteGraph) -> None:
        super().__init__()
        self.graph = graph

    def __missing__(self, variable: Any) -> tuple[Any, ...] | None:
        return tuple(dims(self.graph, variable)) if isinstance(variable.type, TensorType) else None


class ShapesInPhase(ShapeFeature):
    """What a `ShapeFeature` of the graph under rewriting would tell."""

    def __init__(self, graph: RewriteGraph) -> None:
        self.shape_of = _Lengths(graph)

    def init_r(self, r: Any) -> None:
        """Nothing: all variables are known."""
