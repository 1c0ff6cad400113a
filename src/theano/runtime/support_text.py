"""The text of the support functions: templates, the numbers that stand in them, and short functions written out."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Mapping, Sequence

from theano.runtime import abi, capi, first_ir, gil_ir, readers_ir, support_ir, team_ir
from theano.runtime.support_code import Code

__all__ = ["first_text", "support_text"]

def _numbers() -> Mapping[str, object]:
    """What the names of the IR templates stand for."""
    table: dict[str, object] = {name: k for k, name in enumerate(capi.TABLE)}
    table.update(
        {name: value for name, value in vars(abi).items() if name.isupper() and isinstance(value, int)}
    )
    table.update(gil_ir.STATE)
    table.update(gil_ir.PHASES)
    table.update(QUICKLY=abi.QUICKLY)
    return table


def first_text(triple: str) -> str:
    """The IR of the provisional support functions for a machine."""
    constants = [*support_ir.BASIC_CONSTANTS, *first_ir.CONSTANTS]
    functions = [*support_ir.basic_functions(), *readers_ir.array_functions(), *first_ir.functions()]
    return _text(constants, functions, gil_ir.TEXT + team_ir.waiting_text(triple))


def support_text(triple: str) -> str:
    """The IR of all support functions for a machine."""
    constants = [*support_ir.CONSTANTS, *readers_ir.CONSTANTS]
    functions = [*support_ir.functions(), *readers_ir.functions()]
    return _text(constants, functions, gil_ir.CONFLICT + gil_ir.TEXT + team_ir.team_text(triple))


def _text(constants: list[str], functions: Sequence[Code], template: str) -> str:
    return "\n".join([*constants, *(f.text() for f in functions), _filled(template)])


def _filled(template: str) -> str:
    return written_out(inlined(string.Template(template).substitute(_numbers())))


_STRAIGHT = re.compile(
    r"^define internal \S+ @(\w+)\((.*)\) alwaysinline {\n((?:  .*\n)+)  ret \S+ (%\w+)\n}\n", re.M
)
_NAME = re.compile(r"%\w+")


def inlined(text: str) -> str:
    """`text` with straight functions that are ``alwaysinline`` where they are called: LLVM loads its inliner first.

    >>> print(inlined('''define internal i64 @twice(i64 %x) alwaysinline {
    ...   %y = add i64 %x, %x
    ...   ret i64 %y
    ... }
    ...   %a = call i64 @twice(i64 3)''').rstrip())
      %a = add i64 3, 3
    """
    bodies = {name: (params, body, result) for name, params, body, result in _STRAIGHT.findall(text)}

    def body_of(found: re.Match[str]) -> str:
        params, body, result = bodies[found[2]]
        names = {p.split()[1]: a.split()[1] for p, a in zip(params.split(", "), found[3].split(", "), strict=True)}
        names[result] = found[1]
        return _NAME.sub(lambda name: names.get(name[0]) or f"{found[1]}.{name[0][1:]}", body)

    call = re.compile(rf"^  (%\w+) = call \S+ @({'|'.join(bodies) or '$'})\((.*)\)\n?", re.M)
    return call.sub(body_of, _STRAIGHT.sub("", text))


_SHORT = re.compile(
    r"^  (?:(%[\w.]+) = )?call \w+ @(word|field|size|capacity|hold)\((?:ptr (%[\w.]+))?(?:, )?(?:i64 (-?\d+))?\)", re.M
)


def written_out(text: str) -> str:
    """`text` with what stands for a few instructions replaced by these: LLVM's inliner takes 10 µs for each.

    >>> print(written_out("  %a = call ptr @word(i64 3)\\n  %b = call ptr @field(ptr %a, i64 16)"))
      %a = load ptr, ptr getelementptr (ptr, ptr @fixed, i64 3)
      %b.at = getelementptr i8, ptr %a, i64 16
      %b = load ptr, ptr %b.at
    """
    count = itertools.count()

    def instructions(found: re.Match[str]) -> str:
        result, name, pointer, number = found.groups()
        if name == "word":
            return f"  {result} = load ptr, ptr getelementptr (ptr, ptr @fixed, i64 {number})"
        if name == "hold":
            hold = f"%hold.{next(count)}"
            load = f"{hold} = load ptr, ptr getelementptr (ptr, ptr @fixed, i64 {abi.CTX['inc_ref']})"
            return f"  {load}\n  call void {hold}(ptr {pointer})"
        offset = {"field": number, "size": abi.SIZE, "capacity": -64}[name]
        type_ = "ptr" if name == "field" else "i64"
        at = f"{result}.at"
        return f"  {at} = getelementptr i8, ptr {pointer}, i64 {offset}\n  {result} = load {type_}, ptr {at}"

    return _SHORT.sub(instructions, text)
