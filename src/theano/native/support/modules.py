"""The modules of the support functions."""

from __future__ import annotations

from theano.native.ir.machine import machine_of
from theano.native.support import functions as support_ir
from theano.native.support import gil, readers, smallest, team
from theano.runtime.module import Module

__all__ = ["first_module", "support_module"]


def first_module(triple: str) -> Module:
    """The provisional support functions for a machine."""
    machine = machine_of(triple)
    found = [*support_ir.BASIC_GLOBALS, *smallest.GLOBALS, *gil.GLOBALS, *machine.waiting]
    functions = [
        *support_ir.basic_functions(), *readers.array_functions(), *gil.functions(machine, True),
        *smallest.functions(), *team.first_functions(),
    ]  # fmt: skip
    return Module(found, [f.function() for f in functions])


def support_module(triple: str) -> Module:
    """All support functions for a machine."""
    machine = machine_of(triple)
    found = [*support_ir.GLOBALS, *readers.GLOBALS, *gil.GLOBALS, *machine.waiting]
    if machine.has_team:
        found += [*team.GLOBALS, *machine.globals]
    functions = [
        *support_ir.functions(), *readers.functions(), *gil.functions(machine), *team.functions(machine)
    ]
    return Module(found, [f.function() for f in functions])
