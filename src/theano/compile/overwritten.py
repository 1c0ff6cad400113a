"""What the arguments of a function hold after a call: operations in place of the program's own graph overwrite them.

``theano.function([x], T.inplace.exp_inplace(x), accept_inplace=True)`` leaves the result in the array that the caller
passes for `x`. Compiled code overwrites no argument: here the content of each such argument after the call becomes a
hidden result, as the new value of a state is, and `Function` copies it into the caller's array. So a call that fails
leaves its arguments as they were, and it does not matter in which order other nodes read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from theano.compile.io import In, copy_input
from theano.graph import Apply, FunctionGraph, Variable, io_toposort
from theano.graph.errors import InconsistencyError
from theano.tensor.type import TensorType

__all__ = ["leave_in_place", "target_of", "with_contents"]


def with_contents(specs: Sequence[In], roots: Sequence[Any]) -> list[In]:
    """The inputs of a function; those that its expressions overwrite have their content after the call as `update`.

    For a shared variable that is an update as any other.

    Parameters
    ----------
    specs
        The inputs. Those with an update and those that are no tensors stay as they are.
    roots
        The expressions that the function computes.

    Raises
    ------
    InconsistencyError
        It is not certain what an input holds after the call.
    """
    order = io_toposort([spec.variable for spec in specs], roots)
    if not any(node.op.destroy_map for node in order):
        return list(specs)
    contents = _contents(order)
    return [_overwritten(spec, contents) for spec in specs]


def _overwritten(spec: In, contents: dict[Variable, Variable | str]) -> In:
    variable = spec.variable
    if spec.update is not None or variable not in contents or not isinstance(variable.type, TensorType):
        return spec
    content = contents[variable]
    if isinstance(content, str):
        raise InconsistencyError(content)
    made = copy_input(spec)
    made.update = variable.type.filter_variable(content)
    made.overwritten = not spec.shared
    return made


def _contents(order: Sequence[Apply]) -> dict[Variable, Variable | str]:
    """What each variable whose memory is overwritten holds at last: an expression, or why that is not known."""
    found: dict[Variable, Variable | str] = {}

    def note(node: Apply, i: int, content: Variable | str) -> None:
        variable = node.inputs[i]
        if variable in found:
            content = (
                f"{node} overwrites {variable}, and another operation in place overwrites it, too: what it holds after "
                "a call would depend on their order. Let one of them overwrite the result of the other"
            )
        found[variable] = content

    for node in reversed(order):  # what later nodes write is known first
        for k, i in _pairs(node.op.destroy_map):
            note(node, i, found.get(node.outputs[k], node.outputs[k]))
        for k, i in _pairs(node.op.view_map):
            if node.outputs[k] in found:
                note(node, i, _written_back(node, i, found[node.outputs[k]]))
    return found


def _pairs(links: dict[int, list[int]]) -> Iterator[tuple[int, int]]:
    return ((k, i) for k, positions in links.items() for i in positions)


def _written_back(node: Apply, i: int, content: Variable | str) -> Variable | str:
    """What the input of a view holds once the view holds `content`."""
    back: Callable[[Apply, Variable], Variable] | None = getattr(node.op, "written_back", None)
    if isinstance(content, str) or back is not None:
        return content if isinstance(content, str) or back is None else back(node, content)
    return (
        f"the result of {node} is overwritten, and it is a view of {node.inputs[i]}: what that holds then is not "
        f"known, for {type(node.op).__name__} does not say it by a method written_back(node, new). Let the "
        "operation in place overwrite the input itself, or a copy of the view"
    )


def leave_in_place(fgraph: FunctionGraph) -> None:
    """Replace operations in place by those that compute the same in memory of their own, where these are known.

    What functions leave in their arguments is among the results of the graph already.
    """
    for node in fgraph.toposort():
        twin = node.op.out_of_place() if node.op.destroy_map else None
        if twin is not None:
            fgraph.replace_all(zip(node.outputs, twin.make_node(*node.inputs).outputs, strict=True), reason="in place")


def target_of(spec: In, k: int, value: Any) -> np.ndarray | None:
    """The caller's array that a call overwrites; None for a list or a number, which are converted first.

    Raises
    ------
    TypeError
        The array has another dtype than the input, so that what is computed does not fit into it.
    ValueError
        It is read-only.
    """
    if not isinstance(value, np.ndarray):
        return None
    label = f"argument {k} ({spec.name or spec.variable}) is overwritten by this function (its graph is in place)"
    if value.dtype != spec.variable.type.dtype:
        raise TypeError(
            f"{label}: an array of dtype {spec.variable.type.dtype} is needed, not of {value.dtype}. Convert it first "
            "(x.astype(...)), and read the result from the array that is passed"
        )
    if not value.flags.writeable:
        raise ValueError(f"{label}, and the array is read-only: pass a copy")
    return value
