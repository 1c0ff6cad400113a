"""Lowering of functions of other compilers and libraries: calls of external functions."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import lengths_of
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ZERO, is_const, length
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import whole
from theano.lower.state.values import Value
from theano.native.foreign import OTHER_SHAPE, RAISED, is_numba
from theano.tensor.foreign import ForeignCall


@lowers(ForeignCall)
def lower_foreign_call(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    foreign = node.op.foreign()
    if foreign is None:
        return None
    n = len(node.op.input_types)
    given, sizes = [b.whole(v) for v in inputs[:n]], inputs[n:]
    outputs = []
    for t in node.op.output_types:
        dims = lengths_of(b, sizes[: t.ndim], t.broadcastable)
        sizes = sizes[t.ndim :]
        outputs.append(b.tensor(ex.TYPE_OF[t.dtype], dims))
    status = b.tensor("i64", ())
    b.fill(status, Value("i64", (), uniform=ZERO))
    writes, symbol = [*outputs, status], foreign.symbol

    def emit(asm: Emitter) -> None:
        args: list[Argument] = []
        for tensor in outputs:
            asm.bind(tensor)
        for value in (*given, *map(whole, outputs)):
            args += [asm.pointer(value), *(asm.dims.normal(d) for d in value.dims)]
        asm.statement(hs.Call(asm.symbol(symbol), [*args, asm.pointer(whole(status))], symbol))

    lengths = [d for value in (*given, *map(whole, outputs)) for d in value.dims if not is_const(d, 1)]
    item = Special(
        b.region, node, what="call", reads=[*given, whole(status)], writes=writes, emit=emit, scalars=lengths,
        fallible=True,
    )  # fmt: skip
    b.add(item)
    for tensor in writes:
        tensor.writers.append(item)
    code = b.scalar(whole(status))
    if is_numba(node.op.fn):
        b.check(ex.ne(code, length(OTHER_SHAPE)), ValueError, str(node.op.failure(OTHER_SHAPE)))
        said = f"{node.op.name} has raised an exception: with the mode FAST_COMPILE it is seen"
        b.check(ex.ne(code, length(RAISED)), RuntimeError, said)
    else:
        b.check(ex.eq(code, ZERO), RuntimeError, f"{node.op.name} has failed, with status {{0}}", (code,))
    return [whole(tensor) for tensor in outputs]


