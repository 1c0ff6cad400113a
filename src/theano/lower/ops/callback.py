"""Nodes that run their `perform` from inside the program, and the crossing between memory and Python objects."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Constant
from theano.graph.op import overwritten_by
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, is_const, length
from theano.lower.state.emitter import Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import c_strides, whole
from theano.lower.state.values import Tensor, Value
from theano.tensor.type import TensorType


def constant_value(b: Builder, v: Constant) -> Value:
    """A constant: a number in the code, or memory that the context table points to."""
    if not isinstance(v.type, TensorType):
        slot = b.new_slot()
        word = b.word("object", id(v.data), v.data)
        return _held(b, slot, "context", word)
    data = np.asarray(v.data)
    type_ = ex.TYPE_OF[v.type.dtype]
    dims = tuple(length(n) for n in data.shape)
    if b.native(type_) and _is_uniform(data):
        return Value(type_, dims, uniform=ex.const(data.flat[0].item(), st.load_type(type_)))
    clean = np.ascontiguousarray(data)
    if clean.dtype != np.dtype(v.type.dtype) or not clean.flags.aligned or clean.ndim != data.ndim:
        clean = np.array(data, dtype=v.type.dtype, order="C")
    tensor = Tensor(b.fresh("c"), type_, dims, "constant", index=b.word("constant", id(v), clean))
    value = whole(tensor)
    if type_ in ex.INTS and data.ndim == 1 and data.size <= 16:
        value.vector = tuple(ex.const(int(x), type_) for x in data)
    return value


def _is_uniform(data: np.ndarray) -> bool:
    """Whether all elements are the same number (zeros of both signs are not)."""
    if data.size == 1:
        return True
    return bool(data.size and (data == data.flat[0]).all() and not np.signbit(data.real).any())


def _held(b: Builder, slot: int, kind: str, word: int) -> Value:
    """A Python object in a slot; `kind` says where it comes from."""
    tensor = Tensor(b.fresh("o"), "object", (), "object", slot=slot)
    item = Special(
        b.region, b.node, what="hold", writes=[tensor], delivers=True, python=True,
        emit=lambda asm: asm.statement(hs.HoldObject(slot, kind, word)),
    )
    b.add(item)
    tensor.writers.append(item)
    return Value("object", (), tensor=tensor, axes=(), handle=slot)


def run_perform(b: Builder, node: Any, values: list[Value]) -> list[Value]:
    """Call back into Python for one node; every array it sees or makes is an object of its own, or a view of one.

    What the op overwrites is copied before, unless nobody looks at it afterwards; what is no array, whoever is called
    copies.
    """
    overwritten = {k for k in overwritten_by(node.op) if values[k].type != "object"}
    fresh = {k for k in overwritten if isinstance(node.inputs[k], Constant)}
    sources = [
        copy_to_slot(b, v, b.new_slot()) if k in fresh else as_object(b, v, node.inputs[k])
        for k, v in enumerate(values)
    ]
    for k in overwritten - fresh:
        if node.inputs.count(node.inputs[k]) == 1 and _is_ours(b, node.inputs[k], sources[k]):
            b.consumed.add(sources[k])
        else:
            sources[k] = copy_to_slot(b, whole(sources[k]), b.new_slot())
    word = b.word("callback", id(node), node)
    outputs = []
    slots = []
    for variable in node.outputs:
        slot = b.new_slot()
        slots.append(slot)
        outputs.append(_result(b, variable, slot))
    statement = hs.CallBack(word, tuple(t.slot for t in sources), tuple(slots))

    def emit(asm: Emitter) -> None:
        asm.statement(statement)
        for tensor, value in outputs:
            asm.receive(tensor, value)

    item = Special(
        b.region, node, what="call-back", reads=[whole(t) for t in sources], writes=[t for t, _ in outputs], emit=emit,
        fallible=True, delivers=True, python=True,
        defines=[str(d.value) for t, _ in outputs for d in t.dims if d.op == "name"]
        + [str(v.uniform.value) for _, v in outputs if v.uniform is not None],
    )  # fmt: skip
    b.add(item)
    for k, (tensor, _) in enumerate(outputs):
        tensor.writers.append(item)
        for position in node.op.view_map.get(k, ()):
            b.viewed.setdefault(tensor, []).append((node.inputs[position], sources[position]))
    if b.last_callback.get(b.region) is not None:
        item.deps.append(b.last_callback[b.region])
    b.last_callback[b.region] = item
    return [v for _, v in outputs]


def _is_ours(b: Builder, v: Any, tensor: Tensor) -> bool:
    """Whether the array of `v` in a slot may be overwritten: nobody looks at it again, nor at what it is a view of."""
    readers = 0  # that are done: of what there is a view of, those that made it
    todo = [(v, tensor)]
    while todo:
        v, tensor = todo.pop()
        if isinstance(v, Constant):
            return False
        if b.values[v].tensor is tensor:  # else it is a copy that was made for the node
            here = all(w.region == b.region for w in tensor.writers)
            if tensor.role != "object" or not here or len(tensor.readers) > readers or not only_user(b, v, tensor):
                return False
        todo += b.viewed.get(tensor, ())
        readers = 1
    return True


def only_user(b: Builder, v: Any, tensor: Tensor, writing: tuple[type, ...] = ()) -> bool:
    """Whether nothing but the one client of `v` will look at `tensor`, through `v` or what `v` is a view of.

    Where a node of an op that is `writing` has written into its input, that has been found out before.
    """
    while b.clients.get(v, 2) == 1:
        node = v.owner
        if node is None or sum(b.values[u].tensor is tensor for u in node.outputs if u in b.values) > 1:
            return False
        source = next((u for u in node.inputs if u in b.values and b.values[u].tensor is tensor), None)
        if source is None or isinstance(node.op, writing):
            return True
        v = source
    return False


def _result(b: Builder, variable: Any, slot: int) -> tuple[Tensor, Value]:
    if not isinstance(variable.type, TensorType):
        tensor = Tensor(b.fresh("o"), "object", (), "object", slot=slot)
        return tensor, Value("object", (), tensor=tensor, axes=(), handle=slot)
    type_ = ex.TYPE_OF[variable.type.dtype]
    dims = tuple(ONE if one else b.fresh_length() for one in variable.type.broadcastable)
    tensor = Tensor(b.fresh("t"), type_, dims, "object", slot=slot)
    if b.native(type_) and all(is_const(d, 1) for d in dims):
        return tensor, Value(type_, dims, uniform=ex.name(b.fresh("v"), st.load_type(type_)), tensor=None)
    return tensor, whole(tensor)


def as_object(b: Builder, value: Value, variable: Any) -> Tensor:
    """A tensor that is a Python object in a slot of its own."""
    if value.type == "object":
        return object_tensor(b, value)
    if value.is_whole() and value.tensor is not None and value.tensor.role == "object":
        return value.tensor
    if isinstance(variable, Constant) and value.tensor is not None and value.tensor.role == "constant":
        held = _held(b, b.new_slot(), "context", b.word("object", id(variable), variable.data))
        assert held.tensor is not None
        return held.tensor
    if (
        value.is_whole() and value.tensor is not None and value.tensor.role == "temp"
        and any(w.region == b.region for w in value.tensor.writers)
    ):  # fmt: skip
        value.tensor.role, value.tensor.slot = "object", b.new_slot()
        return value.tensor
    return copy_to_slot(b, value, b.new_slot())


def object_tensor(b: Builder, value: Value) -> Tensor:
    if value.tensor is not None:
        return value.tensor
    # an input (handle -2 - k) or a storage after the inputs: its word holds the object
    held = _held(b, b.new_slot(), "frame", b.leaf_words[-2 - value.handle])
    assert held.tensor is not None
    return held.tensor


def copy_to_slot(b: Builder, value: Value, slot: int) -> Tensor:
    """A new NumPy array in `slot` with the numbers of `value`."""
    out = b.tensor(value.type, value.dims, "object")
    out.slot = slot
    b.fill(out, value)
    return out


def into_slot(b: Builder, value: Value, slot: int) -> Tensor:
    """The value as the only owner of the array in `slot` (an output)."""
    if value.type == "object":
        return held_again(b, object_tensor(b, value), slot)
    tensor = value.tensor
    if tensor is not None and _is_made_here(tensor):
        if value.is_whole():
            tensor.role, tensor.slot = "output", slot
            return tensor
        if b.known_at_entry(*value.dims) and _is_reshaped(b, value, tensor):
            out = b.tensor(value.type, value.dims, "output")
            out.slot, out.writers = slot, list(tensor.writers)
            tensor.alias = out
            return out
    if value.is_whole() and tensor is not None and tensor.role == "object" and not b.native(value.type):
        return held_again(b, tensor, slot)
    out = copy_to_slot(b, value, slot)
    out.role = "output"
    return out


def _is_made_here(tensor: Tensor) -> bool:
    """Whether a tensor is written by main, and its memory is not yet that of something else."""
    return tensor.role == "temp" and tensor.alias is None and any(w.region == 0 for w in tensor.writers)


def _is_reshaped(b: Builder, value: Value, tensor: Tensor) -> bool:
    """Whether a window is all of a tensor, in C order, under other lengths."""
    if value.type != tensor.type or value.strides is None or value.offset is None or not is_const(value.offset, 0):
        return False
    strides = c_strides(b.dims, value.dims)
    same = all(map(b.dims.equal, value.strides, strides))
    return same and b.dims.equal(b.dims.product(value.dims), b.dims.product(tensor.dims))


def held_again(b: Builder, tensor: Tensor, slot: int) -> Tensor:
    """The object of another slot, copied where it is an array that somebody else may hold."""
    out = Tensor(b.fresh("o"), tensor.type, tensor.dims, "object", slot=slot)
    if tensor.type == "object":
        source = tensor.slot
        emit = lambda asm: asm.statement(hs.HoldObject(slot, "slot", source))  # noqa: E731
        item = Special(
            b.region, b.node, what="hold", reads=[whole(tensor)], writes=[out], emit=emit, delivers=True, python=True
        )
        b.add(item)
        out.writers.append(item)
        return out
    return copy_to_slot(b, whole(tensor), slot)
