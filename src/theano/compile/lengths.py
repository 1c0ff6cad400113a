"""Lengths as a reader knows them: by the arguments that have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.loops.text import operation_text, product_text
from theano.lower.plan.groups import Group
from theano.lower.program import Lowered
from theano.lower.values import Tensor

__all__ = ["length_text", "names_of_main", "space_text", "written"]


def names_of_main(low: Lowered, leaves: Sequence[Any]) -> dict[str, str]:
    """How a reader knows arguments and shared variables, and their lengths."""
    roles = {"input": leaves[: len(low.inputs)], "storage": leaves[len(low.inputs) :]}
    names: dict[str, str] = {}
    for role, prefix in (("input", "x"), ("storage", "s")):
        for k, v in enumerate(roles[role]):
            names[f"{prefix}{k}"] = names[f"v{prefix}{k}"] = v.name or f"{role} {k}"
    for name, (role, k, axis) in low.dim_words.items():
        names[name] = f"{roles[role][k].name or f'{role} {k}'}.shape[{axis}]"
    return names


def length_text(root: Expr, names: Mapping[str, str]) -> str:
    """A length in terms of the inputs' shapes."""
    done: dict[int, str] = {}
    for node in ex.postorder((root,)):
        if node.op == "const":
            done[id(node)] = str(node.value)
        elif node.op == "name":
            done[id(node)] = names.get(str(node.value), str(node.value))
        else:
            text = operation_text(node, [done[id(a)] for a in node.args])
            done[id(node)] = text if len(text) < 120 else "…"
    return done[id(root)]


def space_text(group: Group, names: Mapping[str, str]) -> str:
    """The lengths that the loops of a group go over."""
    return product_text(group.axes, [length_text(axis, names) for axis in group.axes], "×") or "one element"


def written(group: Group) -> Iterator[Tensor]:
    """The tensors that a group makes."""
    for item in group.items:
        yield from item.made()
