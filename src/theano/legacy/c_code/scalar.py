"""C code of the operations of the scalar table, written from their native forms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from theano.backend.c import spelling
from theano.backend.c.kernel import CPrinter
from theano.graph import MethodNotDefined
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.lower.ops.elemwise import element_of
from theano.scalar.dtypes import COMPLEX

__all__ = ["c_code"]

_ZERO = '{ PyErr_SetString(PyExc_ZeroDivisionError, "integer division or modulo by zero"); %s; }'


class _Printer(CPrinter):
    """Writes one expression; its names begin with a prefix that nobody else uses."""

    def __init__(self, block: list[st.Stmt], helpers: set[str], prefix: str) -> None:
        super().__init__(block, helpers, False, {})
        self.prefix = prefix


def c_code(op: Any, node: Any, name: str, inputs: Sequence[str], outputs: Sequence[str], sub: dict[str, str]) -> str:
    """Statements of C++ that compute an operation of the table (see `ScalarOp.c_code`)."""
    dtypes = tuple(v.type.dtype for v in node.inputs)
    result = node.outputs[0].type.dtype
    if "float16" in (*dtypes, result) or not COMPLEX.isdisjoint((*dtypes, result)):
        raise MethodNotDefined(f"{op} has no C code for {', '.join(dtypes)}: C has no arithmetic of such numbers")
    if op.nout != 1 or not op.is_native(dtypes, result):
        raise MethodNotDefined(f"{op} has no C code for {', '.join(dtypes)}: it has no native form (`expand`)")
    prefix = f"s_{re.sub(r'[^0-9A-Za-z_]', '_', name)}_"
    names = [f"{prefix}x{k}" for k in range(len(inputs))]
    types = [ex.TYPE_OF[d] for d in dtypes]
    helpers: set[str] = set()
    value = element_of(op, dtypes, result, [ex.name(n, t) for n, t in zip(names, types, strict=True)])
    statement = st.Let(f"{prefix}z", value)
    printer = _Printer([statement], helpers, f"{prefix}e")
    for n in names:
        printer.name(n)
    printer.let(statement)
    lines = [f"const {spelling.TYPE[t]} {n} = {given};" for n, t, given in zip(names, types, inputs, strict=True)]
    if op.checks_zero_divisor and not result.startswith("float"):
        lines.append(f"if ({names[1]} == 0) {_ZERO % sub['fail']}")
    lines += [*map(_local, map(spelling.helper_text, sorted(helpers))), *printer.levels[0].lines]
    return "{\n" + "\n".join(f"    {line}" for line in lines) + f"\n    {outputs[0]} = {prefix}z;\n}}"


def _local(helper: str) -> str:
    """The definition of a helper function as one inside of a function."""
    head = re.fullmatch(r"static inline (.*?) (\w+)\((.*?)\) (\{.*\})", helper)
    assert head is not None
    result, name, parameters, body = head.groups()
    return f"auto {name} = []({parameters}) -> {result} {body};"
