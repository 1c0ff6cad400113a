"""The modules of the support functions."""

from __future__ import annotations

from theano.native import first_ir, gil_ir, readers_ir, support_ir, team_ir
from theano.native.machine_ir import machine_of
from theano.runtime.module import Module

__all__ = ["first_module", "support_module"]


def first_module(triple: str) -> Module:
    """The provisional support functions for a machine."""
    machine = machine_of(triple)
    found = [*support_ir.BASIC_GLOBALS, *first_ir.GLOBALS, *gil_ir.GLOBALS, *machine.waiting]
    functions = [
        *support_ir.basic_functions(), *readers_ir.array_functions(), *gil_ir.functions(machine, True),
        *first_ir.functions(), *team_ir.first_functions(),
    ]  # fmt: skip
    return Module(found, [f.function() for f in functions])


def support_module(triple: str) -> Module:
    """All support functions for a machine."""
    machine = machine_of(triple)
    found = [*support_ir.GLOBALS, *readers_ir.GLOBALS, *gil_ir.GLOBALS, *machine.waiting]
    if machine.has_team:
        found += [*team_ir.GLOBALS, *machine.globals]
    functions = [
        *support_ir.functions(), *readers_ir.functions(), *gil_ir.functions(machine), *team_ir.functions(machine)
    ]
    return Module(found, [f.function() for f in functions])
