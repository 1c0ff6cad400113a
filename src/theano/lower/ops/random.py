"""Lowering of random numbers: Philox point by point, MRG31k3p as a loop over draws of blocks of substreams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.indexing import take
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import elements_of, with_dims
from theano.lower.ops.vectors import vector_value
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.emitter import Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import whole
from theano.lower.state.values import Tensor, Value
from theano.tensor.random import mrg31k3p, philox4x32
from theano.tensor.random.mrg_uniform import mrg_uniform
from theano.tensor.random.philox import PhiloxUniform

# What computing an element of a sample costs, in plain additions.
PHILOX_COST = 60


def sample_dims(b: Builder, node: Any, size: Value, ndim: int, variable: Any) -> tuple[Expr, ...] | None:
    """The lengths of a sample, checked; None if the number of elements of `size` is not known."""
    wanted = elements_of(b, size) if ndim or not is_const(size.dims[0], 0) else ()
    if wanted is None:
        b.unify(size.dims[0], length(ndim), f"{node.op}: the size has {{0}} elements, not {{1}}")
        wanted = tuple(b.scalar(take(b, size, [length(k)]), "i64") for k in range(ndim))
    if len(wanted) != ndim:
        return None
    dims = []
    for wish, one in zip(wanted, variable.type.broadcastable, strict=True):
        dim = b.dims.normal(wish)
        b.check(ex.ge(dim, ZERO), ValueError, "negative dimensions are not allowed: {0}", (dim,))
        if one and not is_const(dim, 1):
            b.check(ex.eq(dim, ONE), ValueError, "the length of a broadcastable axis must be 1, got {0}", (dim,))
            dim = ONE
        dims.append(dim)
    return tuple(dims)


# -- Philox -------------------------------------------------------------------------------------------------
@lowers(PhiloxUniform)
def lower_philox(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    state, size = inputs
    dims = sample_dims(b, node, size, len(node.op.static), node.outputs[1])
    if dims is None:
        return None
    b.unify(state.dims[0], length(3), "Philox: the state has {0} words, not {1}")
    state = with_dims(state, (length(3),))
    key, stream, position = (b.scalar(take(b, state, [length(k)])) for k in range(3))
    total = b.dims.product(dims)
    reads = [Value("i64", (), uniform=w) for w in (key, stream, position)]
    type_ = ex.TYPE_OF[node.op.dtype]

    words = _block(bd.elements(reads), dims)

    def sample(draw: int) -> Value:
        out = b.tensor(type_, dims)
        b.write(out, None, reads, fraction(words[2 * draw], words[2 * draw + 1], type_), PHILOX_COST)
        return whole(out)

    following = vector_value(b, "i64", (key, stream, ex.add(position, total)))
    return [following, *(sample(k) for k in range(node.op.draws))]


def _block(state: Sequence[Expr], dims: tuple[Expr, ...]) -> tuple[Expr, Expr, Expr, Expr]:
    """The four words that belong to an element."""
    key, stream, position = (ex.cast(word, "u64") for word in state)
    place = ZERO
    for axis, dim in enumerate(dims):
        place = ex.add(ex.mul(place, dim), bd.index(axis))
    counter = ex.add(position, ex.cast(place, "u64"))
    return philox4x32.block(
        [_low(counter), ex.lshr(counter, 32), _low(stream), ex.lshr(stream, 32)], [_low(key), ex.lshr(key, 32)], ex.lshr
    )


def _low(word: Expr) -> Expr:
    return ex.and_(word, ex.const(philox4x32.WORD, "u64"))


def fraction(low: Expr, high: Expr, type_: str) -> Expr:
    """See `philox4x32.fractions`."""
    if type_ == "f64":
        bits = ex.shl(high, 20) | ex.lshr(low, 12) | (0x3FF << 52)
        return ex.bitcast(bits, "f64") - (1 - 2.0**-53)
    bits = ex.cast(ex.lshr(high, 9) | (0x7F << 23), "u32")
    return ex.bitcast(bits, "f32") - (1 - 2.0**-24)


# -- MRG31k3p -----------------------------------------------------------------------------------------------
@lowers(mrg_uniform)
def lower_mrg_uniform(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    states, size = inputs
    out_type = node.op.output_type
    if out_type.dtype not in ("float32", "float64"):
        return None
    dims = sample_dims(b, node, size, out_type.ndim, node.outputs[1])
    if dims is None:
        return None
    b.unify(states.dims[1], length(6), "MRG31k3p: a state has {0} words, not {1}")
    b.check(ex.gt(states.dims[0], ZERO), ValueError, "MRG31k3p: there are no substreams")
    states = b.whole(states)
    following = b.tensor("i32", (states.dims[0], length(6)))
    sample = b.tensor(ex.TYPE_OF[out_type.dtype], dims)
    total = b.dims.product(dims)

    def emit(asm: Emitter) -> None:
        for tensor in (following, sample):
            asm.bind(tensor)
        kernel = mrg_kernel(sample.type, b.machine.random_lanes)
        args: list[Any] = [asm.pointer(whole(t)) for t in (_tensor(states), following, sample)]
        asm.call_kernel(kernel, [*args, states.dims[0], total])

    item = Special(
        b.region, node, what="draw", reads=[states], writes=[following, sample], emit=emit,
        scalars=[states.dims[0], total],
    )  # fmt: skip
    b.add(item)
    following.writers.append(item)
    sample.writers.append(item)
    return [whole(following), whole(sample)]


def _tensor(value: Value) -> Tensor:
    assert value.tensor is not None
    return value.tensor


def mrg_kernel(type_: str, lanes: int) -> st.Kernel:
    """A sample, and the states after it: blocks of substreams, in each the draws one after the other."""
    streams, total = ex.name("streams", "i64"), ex.name("total", "i64")
    block, draw, into, lane, back = (ex.name(n, "i64") for n in ("block", "draw", "into", "lane", "back"))
    start = ex.mul(block, length(lanes))
    width = ex.minimum(ex.sub(streams, start), length(lanes))
    buffers = [st.View(f"w{k}", "u32", ZERO, (ONE,)) for k in range(6)]

    def row(base: str, k: int) -> st.View:
        return st.View(base, "i32", ex.add(ex.mul(start, length(6)), length(k)), (length(6),))

    fetch: list[st.Stmt] = []
    for k, buffer in enumerate(buffers):
        fetch.append(st.Load(f"f{k}", row("old", k), (into,)))
        fetch.append(st.Store(buffer, (into,), ex.cast(ex.name(f"f{k}", "i32"), "u32")))
    write: list[st.Stmt] = []
    for k, buffer in enumerate(buffers):
        write.append(st.Load(f"g{k}", buffer, (back,)))
        write.append(st.Store(row("new", k), (back,), ex.cast(ex.name(f"g{k}", "u32"), "i32")))
    first = ex.add(ex.mul(draw, streams), start)
    step: list[st.Stmt] = [st.Load(f"s{k}", buffer, (lane,)) for k, buffer in enumerate(buffers)]
    after, number = mrg_step([ex.name(f"s{k}", "u32") for k in range(6)])
    step += [st.Store(buffer, (lane,), word) for buffer, word in zip(buffers, after, strict=True)]
    step.append(st.Store(st.View("out", type_, first, (ONE,)), (lane,), mrg_fraction(number, type_)))
    left = ex.maximum(ex.sub(total, start), ZERO)
    draws = ex.idiv(ex.add(left, ex.sub(streams, ONE)), streams)
    active = ex.minimum(width, ex.sub(total, first))
    inner: list[st.Stmt] = [
        st.For("into", width, "vector", fetch),
        st.For("draw", draws, "serial", [st.For("lane", active, "vector", step)]),
        st.For("back", width, "vector", write),
    ]
    # substreams beyond the sample's end keep their states
    blocks = ex.idiv(ex.add(ex.minimum(streams, total), length(lanes - 1)), length(lanes))
    words, done = ex.mul(streams, length(6)), ex.mul(ex.minimum(ex.mul(blocks, length(lanes)), streams), length(6))
    rest = ex.name("rest", "i64")
    old, new = (st.View(base, "i32", done, (ONE,)) for base in ("old", "new"))
    keep: list[st.Stmt] = [st.Load("kept", old, (rest,)), st.Store(new, (rest,), ex.name("kept", "i32"))]
    body: list[st.Stmt] = [st.Local(f"w{k}", 4 * lanes) for k in range(6)]
    body.append(st.For("block", blocks, "serial", inner))
    body.append(st.For("rest", ex.sub(words, done), "vector", keep))
    params = [("old", "ptr"), ("new", "ptr"), ("out", "ptr"), ("streams", "i64"), ("total", "i64")]
    return st.Kernel("", params, body)


def mrg_step(state: list[Expr]) -> tuple[list[Expr], Expr]:
    """The next state, and its number, in unsigned 32-bit arithmetic: 2^31 is 1 mod M1 and 21069 mod M2."""
    a1, a2, a3, b1, b2, b3 = state
    m1, m2 = (ex.const(int(m), "u32") for m in (mrg31k3p.M1, mrg31k3p.M2))

    def reduced(x: Expr, modulus: Expr) -> Expr:
        """x mod modulus for x < 2 modulus: the difference wraps to something larger where x is smaller."""
        return ex.minimum(x, ex.sub(x, modulus))

    def times(x: Expr, bits: int) -> Expr:
        """2^bits x mod M1 (or M1 itself), for x < 2^31."""
        return ex.shl(x & ((1 << (31 - bits)) - 1), bits) + ex.lshr(x, 31 - bits)

    def half(x: Expr) -> Expr:
        """2^15 x mod M2, for x < M2."""
        return reduced(ex.shl(x & 0xFFFF, 15) + ex.lshr(x, 16) * 21069, m2)

    a = reduced(reduced(times(a2, 22) + times(a3, 7), m1) + a3, m1)
    b = reduced(half(b1) + reduced(half(b3) + b3, m2), m2)
    number = ex.select(ex.gt(a, b), ex.sub(a, b), ex.add(ex.sub(a, b), m1))
    return [a, a1, a2, b, b1, b2], number


def mrg_fraction(number: Expr, type_: str) -> Expr:
    """See `mrg31k3p.fractions`."""
    norm = mrg31k3p.NORM if type_ == "f64" else float(mrg31k3p.NORM32)
    return ex.mul(ex.cast(ex.cast(number, "i32"), type_), ex.const(norm, type_))
