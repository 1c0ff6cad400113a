"""`PatternSub`: rewrites of nodes written as nested tuples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.graph import Apply, Constant, Variable
from theano.legacy.rewrite.node_rewrites import LocalOptimizer
from theano.rewrite.engine.build import number
from theano.rewrite.engine.view import use_count
from theano.tensor.variable import as_tensor_variable


class PatternSub(LocalOptimizer):
    """Replaces a pattern written as nested tuples: ``PatternSub((op, 'a', 'b'), (op2, 'b'))``.

    Strings are variables, numbers constants, ``{'pattern': p, 'constraint': f}`` a pattern with a condition
    on the variable it matches. Inner nodes with other users do not match unless `allow_multiple_clients`.

    Parameters
    ----------
    in_pattern, out_pattern
        What is looked for, and what takes its place.
    allow_multiple_clients
        Whether inner nodes may have other users.
    skip_identities_fn
        ``skip_identities_fn(variable)`` gives the variable that is looked at in place of one that no pattern fits.
    name
        By which modes exclude it.
    pdb
        Whether the debugger stops at each match.
    tracks, get_nodes
        Where the op of the root is everywhere: ops inside the pattern, and ``get_nodes(node)``, which gives for a node
        of these the nodes where the pattern may begin.
    values_eq_approx
        ``values_eq_approx(a, b)``, by which DebugMode compares the values before and after.

    Examples
    --------
    >>> from theano.gof import PatternSub, TopoOptimizer
    >>> x, y = T.dscalars("x", "y")
    >>> fgraph = theano.FunctionGraph([x, y], [T.log(T.exp(x) * T.exp(y))], clone=False)
    >>> rewrite = PatternSub((T.mul, (T.exp, "a"), (T.exp, "b")), (T.exp, (T.add, "a", "b")))
    >>> _ = TopoOptimizer(rewrite).optimize(fgraph)
    >>> theano.pp(fgraph.outputs[0])
    'log(exp((x + y)))'
    """

    def __init__(
        self,
        in_pattern: Any,
        out_pattern: Any,
        allow_multiple_clients: bool = False,
        skip_identities_fn: Callable[[Any], Any] | None = None,
        name: str | None = None,
        pdb: bool = False,
        tracks: Sequence[Any] = (),
        get_nodes: Callable[[Apply], Iterable[Apply]] | None = None,
        values_eq_approx: Any = None,
    ) -> None:
        root = in_pattern["pattern"] if isinstance(in_pattern, dict) else in_pattern
        if not isinstance(root, (list, tuple)):
            raise TypeError(f"the pattern to look for must start with an op, got {in_pattern!r}")
        self.in_pattern, self.out_pattern = in_pattern, out_pattern
        self.op = root[0]
        self.allow_multiple_clients = allow_multiple_clients
        self.skip_identities_fn = skip_identities_fn
        self.name = name
        self.pdb, self.values_eq_approx = pdb, values_eq_approx
        self._tracks, self.get_nodes = list(tracks), get_nodes

    def op_key(self) -> Any:
        """The op of the root."""
        return self.op

    def tracks(self) -> list[Any]:
        return self._tracks or [self.op]

    def transform(self, node: Apply, get_nodes: bool = True) -> Any:
        if get_nodes and self.get_nodes is not None:
            for other in self.get_nodes(node):
                found: Any = self.transform(other, False) if other else False
                if found:
                    return dict(zip(other.outputs, found, strict=True))
            return False
        if node.op != self.op:
            return False
        bound = self._match(self.in_pattern, node.outputs[0], {}, True)
        if bound is None:
            return False
        if self.pdb:
            breakpoint()  # Python's debugger, unless the user has set another one
        made = self._build(self.out_pattern, bound)
        if self.values_eq_approx is not None:
            made.tag.values_eq_approx = self.values_eq_approx
        return [made]

    def _match(self, pattern: Any, var: Any, bound: dict[str, Any], root: bool = False) -> dict[str, Any] | None:
        if isinstance(pattern, dict):
            inner = self._match(pattern["pattern"], var, bound, root)
            return inner if inner is not None and pattern.get("constraint", lambda v: True)(var) else None
        if isinstance(pattern, str):
            if pattern in bound:
                return bound if bound[pattern] is var else None
            return {**bound, pattern: var}
        if isinstance(pattern, (int, float)):
            return bound if number(var) == pattern else None
        if isinstance(pattern, Constant):
            return bound if isinstance(var, Constant) and pattern.equals(var) else None
        node = var.owner
        if self.skip_identities_fn is not None and (node is None or node.op != pattern[0]):
            through = self.skip_identities_fn(var)
            if through:
                return self._match(pattern, through, bound)
        if node is None or node.op != pattern[0] or len(node.inputs) != len(pattern) - 1:
            return None
        if not root and not self.allow_multiple_clients and use_count(var) > 1:
            return None
        for child, v in zip(pattern[1:], node.inputs, strict=True):
            found = self._match(child, v, bound)
            if found is None:
                return None
            bound = found
        return bound

    def _build(self, pattern: Any, bound: dict[str, Any]) -> Any:
        if isinstance(pattern, dict):
            return self._build(pattern["pattern"], bound)
        if isinstance(pattern, str):
            return bound[pattern]
        if isinstance(pattern, (int, float)):
            return as_tensor_variable(pattern)
        if isinstance(pattern, Variable):
            return pattern
        return pattern[0](*(self._build(p, bound) for p in pattern[1:]))

    def __str__(self) -> str:
        return self.name or f"{_text(self.in_pattern)} -> {_text(self.out_pattern)}"


def _text(pattern: Any) -> str:
    if isinstance(pattern, dict):
        return _text(pattern["pattern"])
    if isinstance(pattern, (list, tuple)):
        return f"{pattern[0]}({', '.join(map(_text, pattern[1:]))})"
    return str(pattern)
