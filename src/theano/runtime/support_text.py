"""The text of the support functions."""

from __future__ import annotations

from theano.runtime import first_ir, gil_ir, machine_ir, readers_ir, support_ir, team_ir
from theano.runtime.machine_ir import machine_of
from theano.runtime.support_code import Code

__all__ = ["first_text", "support_text"]


def first_text(triple: str) -> str:
    """The IR of the provisional support functions for a machine."""
    machine = machine_of(triple)
    lines = [*support_ir.BASIC_CONSTANTS, *first_ir.CONSTANTS, *gil_ir.DECLARATIONS]
    if machine is not None:
        lines += machine_ir.CONSTANTS
    functions = [
        *support_ir.basic_functions(), *readers_ir.array_functions(), *gil_ir.functions(machine, True),
        *first_ir.functions(), *team_ir.first_functions(),
    ]  # fmt: skip
    return _text(lines, functions)


def support_text(triple: str) -> str:
    """The IR of all support functions for a machine."""
    machine = machine_of(triple)
    lines = [*support_ir.CONSTANTS, *readers_ir.CONSTANTS, *gil_ir.DECLARATIONS]
    if machine is not None:
        lines += [*machine_ir.CONSTANTS, *team_ir.CONSTANTS, *machine.declarations]
    functions = [
        *support_ir.functions(), *readers_ir.functions(), *gil_ir.functions(machine), *team_ir.functions(machine)
    ]
    return _text(lines, functions)


def _text(lines: list[str], functions: list[Code]) -> str:
    return "\n".join([*lines, *(f.text() for f in functions)])
