"""Functions that run one node, from and into cells: what `Op.make_thunk` makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.graph.errors import MethodNotDefined
from theano.graph.nodes import Apply
from theano.graph.op import C_PERFORMERS, Op, python_performer

__all__ = ["NodeThunk", "make_c_thunk", "make_py_thunk", "make_thunk"]


class NodeThunk:
    """Runs one node: called, it reads ``thunk.inputs[k][0]`` and fills in ``thunk.outputs[k][0]``.

    `computed` are cells that are set to True, too.
    """

    __slots__ = ("computed", "inputs", "lazy", "node", "outputs", "run")

    def __init__(
        self, node: Apply, run: Callable[..., Any], inputs: list[list[Any]], outputs: list[list[Any]],
        computed: Iterable[list[bool]] = (),
    ) -> None:  # fmt: skip
        self.node, self.run, self.inputs, self.outputs, self.lazy = node, run, inputs, outputs, False
        self.computed = list(computed)

    def __call__(self) -> None:
        self.run([cell[0] for cell in self.inputs], self.outputs)
        for cell in self.computed:
            cell[0] = True


def _thunk(node: Apply, run: Any, storage_map: dict[Any, list[Any]], compute_map: dict[Any, list[bool]]) -> NodeThunk:
    computed = [compute_map[v] for v in node.outputs if v in (compute_map or ())]
    return NodeThunk(node, run, [storage_map[v] for v in node.inputs], [storage_map[v] for v in node.outputs], computed)


def make_py_thunk(op: Op, node: Apply, storage_map: Any, compute_map: Any, no_recycling: Sequence[Any]) -> NodeThunk:
    """See `Op.make_py_thunk`."""
    return _thunk(node, python_performer(node), storage_map, compute_map)


def make_c_thunk(op: Any, node: Apply, storage_map: Any, compute_map: Any, no_recycling: Sequence[Any]) -> NodeThunk:
    """See `Op.make_c_thunk`."""
    if getattr(op, "c_code", None) is None:
        raise MethodNotDefined(f"{op} has no C code")
    return _thunk(node, C_PERFORMERS[0](node), storage_map, compute_map)


def make_thunk(
    op: Op, node: Apply, storage_map: Any, compute_map: Any, no_recycling: Sequence[Any], impl: str | None
) -> Any:
    """See `Op.make_thunk`."""
    if impl not in (None, "c", "py"):
        raise ValueError(f"impl must be 'c', 'py' or None, not {impl!r}")
    given = (node, storage_map, compute_map, no_recycling)
    if impl != "py":
        op.prepare_node(node, storage_map, compute_map, "c")
        try:
            return op.make_c_thunk(*given)
        except NotImplementedError:  # MethodNotDefined is one
            if impl == "c":
                raise
    op.prepare_node(node, storage_map, compute_map, "py")
    return op.make_py_thunk(*given)
