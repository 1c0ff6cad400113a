"""`map_variables`: graphs in which variables are replaced, also within the steps of loops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.compile.builders import OpFromGraph
from theano.graph import Constant, clone_replace, graph_inputs, io_toposort
from theano.graph.op import with_late_test_values
from theano.rewrite.loops.steps import with_step
from theano.scan.op import Scan
from theano.scan.parts import Loop, NonSequenceArg


def map_variables(
    replacer: Callable[[Any], Any], graphs: Iterable[Any], additional_inputs: Sequence[Any] = ()
) -> list[Any]:
    """Copies of graphs in which each variable is what `replacer` makes of it.

    The graphs within loops and `OpFromGraph` are mapped, too. Replacements are used as they are: variables that
    they are computed from are not replaced in turn.

    Parameters
    ----------
    replacer
        Takes a variable and returns what stands in its place: the same one, or another that fits its type.
    graphs
        Variables.
    additional_inputs
        Variables that replacements use; accepted for older programs, for they are found.

    Raises
    ------
    NotImplementedError
        If the graph within an `OpFromGraph` changes for which derivatives were given.

    Examples
    --------
    >>> a, b, c = T.dscalars("a", "b", "c")
    >>> total = a + b
    >>> total.tag.replacement = a * b
    >>> mapped, = map_variables(lambda v: getattr(v.tag, "replacement", v), [total + c])
    >>> theano.pp(mapped)
    '((a * b) + c)'
    """
    return with_late_test_values(lambda: _mapped(replacer, list(graphs)))


def _mapped(replacer: Callable[[Any], Any], outputs: list[Any], given: Sequence[Any] = ()) -> list[Any]:
    """`outputs` mapped; the leaves `given` may stand before values that come later, so they keep their types."""
    new: dict[Any, Any] = {}

    def look(v: Any, rebuilt: Any) -> Any:
        if v not in new:
            found = replacer(v)
            new[v] = rebuilt if found is v else v.type.filter_variable(found)
        return new[v]

    for node in io_toposort(list(given), outputs):
        inputs = [look(v, v) for v in node.inputs]
        for old, made in zip(node.outputs, _made_again(replacer, node, inputs), strict=True):
            look(old, made)
    return [look(v, v) for v in outputs]


def _made_again(replacer: Callable[[Any], Any], node: Any, inputs: list[Any]) -> list[Any]:
    """What `node` makes of other inputs, with the graph within it mapped."""
    op = node.op
    if isinstance(op, Scan):
        loop = _mapped_loop(replacer, Loop.of(op, inputs))
        if loop is not None:
            made = loop.apply()
            return [*made.states, *made.outputs, *made.shared]
    elif isinstance(op, OpFromGraph):
        inner = _mapped(replacer, list(op.local_outputs), op.local_inputs)
        if inner != op.local_outputs:
            if op.has_own_derivatives:
                raise NotImplementedError(f"{op} has derivatives of its own, which do not fit another graph")
            return clone_replace(inner, dict(zip(op.local_inputs, inputs, strict=True)))
    same = all(a is b for a, b in zip(node.inputs, inputs, strict=True))
    outputs: list[Any] = node.outputs if same else node.clone_with_new_inputs(inputs).outputs
    return outputs


def _mapped_loop(replacer: Callable[[Any], Any], loop: Loop) -> Loop | None:
    """`loop` with its step mapped, None if nothing changes. What replacements use is the same in all steps."""
    old = loop.inner_outputs()
    inner = loop.inner_inputs()
    new = _mapped(replacer, old, inner)
    if new == old:
        return None
    outside = [v for v in graph_inputs(new, inner) if v not in set(inner) and not isinstance(v, Constant)]
    mapped = with_step(loop, new)
    mapped.non_sequences = [*loop.non_sequences, *(NonSequenceArg(v, v) for v in outside)]
    return mapped
