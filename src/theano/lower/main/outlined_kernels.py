"""Loop nests that repeat: the same work on other arrays and numbers is made into a kernel once.

A chain of `tanh(x * 1.1 + k)` for many `k` is a few kernels, called many times. What differs is handed to them: arrays,
numbers that main computes, and floating-point constants where those are different ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group
from theano.lower.state.builder import Builder
from theano.lower.state.emitter import Argument
from theano.lower.state.items import Pointwise
from theano.lower.state.machine import Machine
from theano.lower.state.values import Tensor, Value


class Repeated:
    """A group of point-wise work as a form, equal for groups that do the same, and what they do it with.

    `tensors` are all it reads and makes and `numbers` those that are the same everywhere, each once, in the order in
    which the form speaks of them.
    """

    __slots__ = ("form", "handed", "numbers", "tensors")

    def __init__(self, form: tuple[object, ...], tensors: list[Tensor], numbers: list[Expr]) -> None:
        self.form = form
        self.tensors = tensors
        self.numbers = numbers
        # how the kernel knows numbers: constants that differ are parameters
        self.handed: dict[Expr, Expr] = {}

    def key(self, stored: set[Tensor]) -> tuple[object, ...]:
        """Equal for groups of which one can be given what the other works with, when memory has been planned."""
        places: dict[Tensor, int] = {}
        memory = []
        for tensor in self.tensors:
            own = tensor.storage()
            memory.append((places.setdefault(own, len(places)), own.type, tensor.shift, tensor in stored))
        return (self.form, *self.handed.values(), *memory)

    def instead(self, other: Repeated) -> dict[str | Expr, str | Expr]:
        """What a kernel made for this group gets where it is called for another."""
        given: dict[str | Expr, str | Expr] = {}
        for own, its in zip(self.tensors, other.tensors, strict=True):
            given[own.storage().name] = its.storage().name
        for number, its_number in zip(self.numbers, other.numbers, strict=True):
            given[self.handed.get(number, number)] = its_number
        return given


def given_to(args: Iterable[Argument], instead: dict[str | Expr, str | Expr]) -> list[Argument]:
    """Arguments of a call with others in their place."""
    return [
        instead.get(a, a) if isinstance(a, Expr) else (instead.get(a[0], a[0]), a[1], a[2])  # type: ignore[misc]
        for a in args
    ]


def find_repeated(b: Builder, groups: Sequence[Group]) -> dict[Group, Repeated]:
    """The groups that do the same as others: also with other constants, where there are many."""
    if len(groups) < b.machine.repeats:
        return {}
    classes: dict[object, list[tuple[Group, Repeated]]] = {}
    for group in groups:
        found = _repeated(b, group)
        if found is not None:
            classes.setdefault(found.form, []).append((group, found))
    result = {}
    for alike in classes.values():
        if len(alike) == 1:
            continue
        different = handed_over(b.machine, [found.numbers for _, found in alike])
        if different is None:
            continue
        for group, found in alike:
            found.handed = {found.numbers[k]: ex.name(f"y{k}", found.numbers[k].type) for k in different}
            result[group] = found
    return result


def handed_over(machine: Machine, alike: Sequence[Sequence[Expr]]) -> list[int] | None:
    """The places of constants that kernels of one form are handed, as they differ there; None if they stay apart.

    `alike` are the numbers of each.
    """
    first = alike[0]
    different = [
        k for k, number in enumerate(first) if number.op == "const" and any(own[k] is not number for own in alike)
    ]
    if different and len(alike) < machine.repeats or len(different) > machine.repeat_numbers:
        return None
    return different


def _repeated(b: Builder, group: Group) -> Repeated | None:
    if group.special or group.red:
        return None
    tensors: dict[Tensor, int] = {}
    numbers: dict[Expr, int] = {}
    form: list[object] = [group.region, *map(b.dims.normal, group.axes)]

    def tensor_form(tensor: Tensor) -> object:
        known = tensors.get(tensor)
        if known is not None:
            return known
        tensors[tensor] = len(tensors)
        return tensor.type, tensor.dims

    def value_form(value: Value) -> object:
        number = value.uniform
        if number is None:
            assert value.tensor is not None
            return value.type, value.axes, value.offset, value.strides, tensor_form(value.tensor)
        if number.type not in ex.FLOATS:
            return value.type, number
        return value.type, number.type, number.op == "const", numbers.setdefault(number, len(numbers))

    for item in group.items:
        if not isinstance(item, Pointwise) or item.same is None or item.out is None:
            return None
        form += item.same, item.cost, group.places[item]
        for value, axes in zip(item.reads, item.maps, strict=True):
            form += value_form(value), axes
        form.append(tensor_form(item.out))
    return Repeated(tuple(form), list(tensors), list(numbers))
