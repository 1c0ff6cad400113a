"""Arguments of one function whose lengths must agree: an error that names the function and shows all its arguments.

What a function is made of would find out, too, and tell of its own operands: "input[0].shape[1] = 3".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from theano.graph import Apply, Op
from theano.graph.origin import made_here
from theano.tensor.opsupport import Shapes, disconnected, first_connected
from theano.tensor.variable import as_tensor_variable

__all__ = ["Argument", "Condition", "Fitting", "all_fitting", "as_directions", "as_long_as", "fitting"]

Side = tuple[str, tuple[str, ...]]
Argument = tuple[Any, Sequence[str]]
Condition = tuple[Any, str, type[Exception]]


class Fitting(Op):
    """Its first input, if axes of the inputs that have the same letter are equally long; else a ValueError.

    Without effect where the result is not used.

    Parameters
    ----------
    what
        The function whose arguments they are.
    sides
        For each input its name and a letter for each of its axes; those that are "" or broadcastable are not compared.
    required
        What the inputs behind those, 0-d and boolean, say that must hold, and the class of the error.

    Examples
    --------
    >>> x, scale = T.dmatrix("x"), T.dvector("scale")
    >>> op = Fitting("scaled", (("scale", ("c",)), ("x", ("r", "c"))))
    >>> f = theano.function([x, scale], x * op(scale, x))
    >>> f(np.ones((2, 3)), np.ones(4))
    Traceback (most recent call last):
        ...
    ValueError: scaled: scale has length 4 along axis 0, x 3 along axis 1: scale (4,), x (2, 3) ...
    """

    __props__ = ("required", "sides", "what")
    view_map = {0: [0]}
    jointly_linear_in = (0,)
    folds_constants = False

    def __init__(self, what: str, sides: Sequence[Side], required: Sequence[tuple[str, type[Exception]]] = ()) -> None:
        self.what = what
        self.sides = tuple((name, tuple(letters)) for name, letters in sides)
        self.required = tuple(required)

    def __str__(self) -> str:
        return f"Fitting{{{self.what}}}"

    def make_node(self, *arguments: Any) -> Apply:
        inputs: list[Any] = [as_tensor_variable(v) for v in arguments]
        wanted = [*self.sides, *(("a condition", ()) for _ in self.required)]
        for (name, letters), v in zip(wanted, inputs, strict=True):
            if v.type.ndim != len(letters):
                raise TypeError(f"{self.what}: {name} must have {len(letters)} dimensions, {v} has {v.type.ndim}")
        return Apply(self, inputs, [inputs[0].type()])

    def pairs(self, node: Apply) -> Iterator[tuple[int, int, int, int]]:
        """An input and its axis, another and its, for lengths that must be equal."""
        first: dict[str, tuple[int, int]] = {}
        for i, ((_, letters), v) in enumerate(zip(self.sides, node.inputs, strict=False)):
            for a, letter in enumerate(letters):
                if letter and not v.type.broadcastable[a]:
                    j, b = first.setdefault(letter, (i, a))
                    if (j, b) != (i, a):
                        yield j, b, i, a

    def lengths(self, i: int, a: int, j: int, b: int) -> str:
        """What an error says of two lengths, ``{0}`` and ``{1}``."""
        return f"{self.sides[i][0]} has length {{0}} along axis {a}, {self.sides[j][0]} {{1}} along axis {b}"

    def message(self, why: str, shapes: Sequence[Sequence[Any]]) -> str:
        """The text of an error, with all shapes."""
        pairs = zip(self.sides, shapes, strict=False)
        shown = (f"{name} ({', '.join(map(str, shape))}{',' * (len(shape) == 1)})" for (name, _), shape in pairs)
        return f"{self.what}: {why}: {', '.join(shown)}"

    def check(self, node: Apply, shapes: Sequence[Sequence[int | None]]) -> None:
        """ValueError where lengths that are known differ."""
        for i, a, j, b in self.pairs(node):
            one, other = shapes[i][a], shapes[j][b]
            if one is not None and other is not None and one != other:
                raise ValueError(self.message(self.lengths(i, a, j, b).format(one, other), shapes))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        shapes = [v.shape for v in inputs]
        self.check(node, shapes)
        for (text, error), condition in zip(self.required, inputs[len(self.sides) :], strict=True):
            if not condition:
                raise error(self.message(text, shapes))
        out[0][0] = inputs[0]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        # A gradient that doesn't need the argument has the lengths of the others: it must not come out, either; nor if
        # something else doesn't hold that is required.
        name, letters = self.sides[0]
        of_gradient = Fitting(self.what, ((f"the gradient of {name}", letters), *self.sides), self.required)
        return [of_gradient(gs[0], *inputs), *(disconnected() for _ in inputs[1:])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [eval_points[0]]


def fitting(what: str, name: str, sides: Mapping[str, Argument], required: Sequence[Condition] = ()) -> Any:
    """One of a function's arguments, once it is certain that lengths with the same letter are equal (`Fitting`).

    Parameters
    ----------
    what
        The name of the function.
    name
        The argument that is given back.
    sides
        All arguments by name: each a tensor, and a letter for each of its axes.
    required
        Conditions that must hold, 0-d tensors: each with what it means, and the class of the error.

    Returns
    -------
    TensorVariable
        The argument itself where all lengths are known, and nothing else is required.

    Raises
    ------
    ValueError
        Lengths that are known differ.

    Examples
    --------
    >>> x, scale = T.constant(np.ones((2, 3))), T.constant(np.ones(4))
    >>> fitting("scaled", "scale", {"x": (x, "rc"), "scale": (scale, "c")})
    Traceback (most recent call last):
        ...
    ValueError: scaled: scale has length 4 along axis 0, x 3 along axis 1: scale (4,), x (2, 3)...
    """
    ordered = {name: sides[name], **sides}  # the argument itself first
    texts = [(text, error) for _, text, error in required]
    op = Fitting(what, tuple((key, tuple(letters)) for key, (_, letters) in ordered.items()), texts)
    node = op.make_node(*(v for v, _ in ordered.values()), *(condition for condition, _, _ in required))
    shapes = [v.type.shape for v in node.inputs]
    try:
        op.check(node, shapes)
    except ValueError as error:
        raise ValueError(f"{error}{made_here(node.inputs[0])}") from None
    if not required and all(None not in (shapes[i][a], shapes[j][b]) for i, a, j, b in op.pairs(node)):
        return node.inputs[0]
    return op(*node.inputs)


def all_fitting(what: str, sides: Mapping[str, Argument], required: Sequence[Condition] = ()) -> list[Any]:
    """All arguments of a function, each as `fitting` gives it: a gradient is checked, whichever of them it needs.

    Parameters
    ----------
    what, sides, required
        See `fitting`.

    Returns
    -------
    list of TensorVariable
        The arguments in the order of `sides`.

    Raises
    ------
    ValueError
        Lengths that are known differ.

    Examples
    --------
    >>> x, scale = T.constant(np.ones((2, 3))), T.constant(np.ones(3))
    >>> all_fitting("scaled", {"x": (x, "rc"), "scale": (scale, "c")}) == [x, scale]
    True
    """
    return [fitting(what, name, sides, required) for name in sides]


def as_long_as(op: Op, name: str, variable: Any, gradient: Any, **others: Any) -> Any:
    """The gradient of one of an operation's inputs, once it is certain that it has the lengths of that input.

    For operations that are linear in it: their gradients don't need it, and would be of what should have been there.

    Parameters
    ----------
    op
        The operation.
    name, variable
        The input.
    gradient
        Of the input, with as many axes.
    **others
        Further inputs that an error shows.

    Examples
    --------
    >>> g = T.constant(np.ones((2, 4)))
    >>> as_long_as(T.add, "y", T.constant(np.ones((2, 3))), g)
    Traceback (most recent call last):
        ...
    ValueError: Elemwise: the gradient of y has length 4 along axis 1, y 3 along axis 1: the gradient of y (2, 4), ...
    """
    letters = [str(a) for a in range(gradient.type.ndim)]
    sides = {f"the gradient of {name}": (gradient, letters), name: (variable, letters)}
    shown = {key: (v, [""] * v.type.ndim) for key, v in others.items()}
    return fitting(type(op).__name__, f"the gradient of {name}", {**sides, **shown})


def as_directions(op: Op, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
    """Directions of an operation's inputs (None: it doesn't move), once each has the lengths of its input for sure.

    For operations that are linear in an input: their derivatives don't need it, and a direction of another shape gives
    one of another shape.

    Parameters
    ----------
    op
        The operation.
    inputs, eval_points
        See `Op.R_op`.

    Examples
    --------
    >>> as_directions(T.add, [T.constant(np.ones((2, 3)))], [T.constant(np.ones((2, 4)))])
    Traceback (most recent call last):
        ...
    ValueError: Elemwise: the direction of input 0 has length 4 along axis 1, input 0 3 along axis 1: the direction ...
    """
    found = list(eval_points)
    for k, (x, direction) in enumerate(zip(inputs, eval_points, strict=True)):
        if direction is not None and direction.type.ndim == x.type.ndim:
            letters, name = [str(a) for a in range(x.type.ndim)], f"the direction of input {k}"
            found[k] = fitting(type(op).__name__, name, {name: (direction, letters), f"input {k}": (x, letters)})
    return found
