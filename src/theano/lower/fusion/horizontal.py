"""When two groups of which neither reads the other share a loop, and what keeps them apart where they do not."""

from __future__ import annotations

from collections.abc import Callable

from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group
from theano.lower.state.items import Special
from theano.lower.state.machine import Machine

__all__ = ["why_alone", "why_two", "why_unrelated"]


def why_alone(group: Group, machine: Machine) -> str:
    """Why a group joins no other one just for being beside it; "" if it may."""
    if group.serial:
        return "it writes to places in order"
    if group.red:
        return "it reduces"
    if group.ragged:
        return "its rows have several lengths"
    if not group.axes:
        return "it has one element only"
    return "it is too much work to join another one" if group.cost > machine.small_cost else ""


def why_two(other: Group, group: Group, machine: Machine, equal: Callable[[Expr, Expr], bool]) -> str:
    """Why a group that may join others does not join this one before it; "" if it may."""
    if other.special or other.serial or other.red or other.ragged:
        return "the other one reduces, or writes to places in order"
    if other.cost + group.cost > 2 * machine.small_cost:
        return "the other one is too much work to be joined"
    if len(other.axes) != len(group.axes) or not all(map(equal, other.axes, group.axes)):
        return "it goes over other lengths"
    return ""


def why_unrelated(other: Group, group: Group, between: list[Group], machine: Machine) -> str:
    """Why a group is not one with an earlier one, if that was never tried; lengths are in their normal form."""
    if any(g.now() is other for g in group.deps):
        return "it needs all of what the other one makes"
    why = why_alone(group, machine) or why_two(other, group, machine, lambda a, b: a is b)
    if why:
        return f"it reads nothing that the other one makes, and {why}"
    needed = [g for g in between if g in group.sources()]
    words = [i.what for g in needed for i in g.items[:1] if isinstance(i, Special)]
    if words:
        return f"it reads nothing that the other one makes, and what it reads is made by the {words[-1]} between them"
    return "it reads nothing that the other one makes, and other work was between them"
