"""What is known of the shapes of a function graph's variables: `ShapeFeature`, and `shape_of_variables`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.errors import MissingInputError
from theano.graph.features import AlreadyThere, Feature
from theano.graph.op import evaluate
from theano.graph.shapes import inferred_shapes
from theano.tensor.checks.static_value import known_int
from theano.tensor.opsupport import as_index
from theano.tensor.shaping.shape import shape_tuple
from theano.tensor.type import TensorType

__all__ = ["ShapeFeature", "shape_of_variables"]

Shape = tuple[Any, ...] | None


class ShapeFeature(Feature):
    """Expressions for the shapes of all variables of a graph, in terms of those of its inputs where that is known.

    Attributes
    ----------
    shape_of
        From each variable to a tuple of 0-d int64 variables; None for what is no tensor.

    Examples
    --------
    >>> x = T.dmatrix("x")
    >>> fgraph = theano.FunctionGraph([x], [x.T + 1], clone=False, features=[ShapeFeature()])
    >>> fgraph.shape_feature.shape_of[fgraph.outputs[0]]
    (Shape_i{1}.0, Shape_i{0}.0)
    """

    def __init__(self) -> None:
        self.shape_of: dict[Any, Shape] = {}

    def on_attach(self, fgraph: Any) -> None:
        if hasattr(fgraph, "shape_feature"):
            raise AlreadyThere("the graph has a ShapeFeature")
        fgraph.shape_feature = self
        for variable in fgraph.inputs:
            self.init_r(variable)

    def on_detach(self, fgraph: Any) -> None:
        self.shape_of = {}
        del fgraph.shape_feature

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        for variable in node.inputs:
            self.init_r(variable)
        if all(output in self.shape_of for output in node.outputs):
            return
        found = inferred_shapes(node, [self.shape_of[variable] for variable in node.inputs])
        for output, shape in zip(node.outputs, found, strict=True):
            self.set_shape(output, shape)

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        self.init_r(new_r)

    def shape_tuple(self, r: Any) -> Shape:
        """The shape of a variable, by itself: constants and ``Shape_i``; None for what is no tensor."""
        return shape_tuple(r) if isinstance(r.type, TensorType) else None

    def shape_ir(self, i: int, r: Any) -> Any:
        """The length of axis `i` of a variable, by itself."""
        lengths = self.shape_tuple(r)
        if lengths is None:
            raise TypeError(f"{r} of type {r.type} has no shape")
        return lengths[i]

    def default_infer_shape(self, fgraph: Any, node: Apply, i_shapes: Sequence[Any]) -> list[Shape]:
        """The shapes of a node's outputs by themselves."""
        return [self.shape_tuple(output) for output in node.outputs]

    def init_r(self, r: Any) -> None:
        """Begin to know a variable."""
        if r not in self.shape_of:
            self.set_shape(r, self.shape_tuple(r))

    def set_shape(self, r: Any, s: Any) -> None:
        """Set what is known of the shape of a variable: a sequence of integers and 0-d variables; None: nothing."""
        own = self.shape_tuple(r)
        if s is None or own is None:
            self.shape_of[r] = own
            return
        if len(s) != len(own):
            raise AssertionError(f"{r} has {len(own)} axes, but its shape is said to be {tuple(s)}")
        pairs = zip(s, own, strict=True)
        self.shape_of[r] = tuple([mine if known_int(mine) is not None else as_index(n) for n, mine in pairs])

    def get_shape(self, var: Any, idx: int) -> Any:
        """The length of axis `idx` of a variable."""
        self.init_r(var)
        shape = self.shape_of[var]
        if shape is None:
            raise TypeError(f"{var} of type {var.type} has no shape")
        return shape[idx]

    def same_shape(self, x: Any, y: Any, dim_x: int | None = None, dim_y: int | None = None) -> bool:
        """Whether two shapes, or two lengths, are known to be equal."""
        sx, sy = self.shape_of[x], self.shape_of[y]
        if sx is None or sy is None:
            return False
        sx = sx if dim_x is None else (sx[dim_x],)
        sy = sy if dim_y is None else (sy[dim_y],)
        return len(sx) == len(sy) and all(_same_length(a, b) for a, b in zip(sx, sy, strict=True))


def _same_length(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if a.owner is not None and b.owner is not None and not a.owner.op.has_effects:
        pairs = zip(a.owner.inputs, b.owner.inputs, strict=False)
        return a.owner.op == b.owner.op and a.index == b.index and all(x is y for x, y in pairs)
    return known_int(a) is not None and known_int(a) == known_int(b)


def shape_of_variables(fgraph: Any, input_shapes: Mapping[Any, Sequence[int]]) -> dict[Any, tuple[int, ...]]:
    """The shapes of all tensors of a graph for given shapes of its inputs, by what its operations say of shapes.

    Examples
    --------
    >>> x = T.dmatrix("x")
    >>> y = x[512:]
    >>> fgraph = theano.FunctionGraph([x], [y], clone=False)
    >>> shape_of_variables(fgraph, {x: (1024, 1000)})[y]
    (512, 1000)

    Raises
    ------
    ValueError
        An input is missing, or a shape does not follow from those of the inputs.
    """
    known = ShapeFeature()
    for variable in fgraph.inputs:
        if isinstance(variable.type, TensorType):
            if variable not in input_shapes:
                raise ValueError(f"the shape of the input {variable} is missing")
            known.set_shape(variable, input_shapes[variable])
    for node in fgraph.toposort():
        known.on_import(fgraph, node, "shape_of_variables")
    shapes = {variable: shape for variable, shape in known.shape_of.items() if shape is not None}
    lengths = [n for shape in shapes.values() for n in shape]
    try:
        values = iter(evaluate(lengths, {}))
    except (ValueError, MissingInputError) as error:
        raise ValueError(f"the shapes do not follow from those of the inputs: {error}") from error
    return {variable: tuple(int(np.asarray(next(values))) for _ in shape) for variable, shape in shapes.items()}
