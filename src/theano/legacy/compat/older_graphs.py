"""Graphs and functions that Theano 1.0.5 pickled: their nodes are made again with the operations of this package.

A pickle has the objects themselves: of an `Apply` its op, inputs and outputs, of an op its attributes. Classes are
found by their names (`theano.legacy.names.places`); what their attributes mean here differs for few ops (`READERS`).
Indices and lengths are numbers there and arrays without axes here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

import theano.tensor as T
from theano.compile.io import In
from theano.compile.maker import FunctionMaker
from theano.graph import Apply, Op
from theano.legacy.scalar.classes import Cast
from theano.legacy.tensor.composed_ops import ScalarFromTensor
from theano.scalar.op import ScalarOp
from theano.scalar.user import Scalar
from theano.scan.op import Scan
from theano.scan.parts import Loop, NonSequenceArg, OutputArg, SequenceArg, SharedArg, StateArg
from theano.tensor.checks.declared_shapes import Rebroadcast
from theano.tensor.elemwise import Elemwise
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor, AdvancedSubtensor
from theano.tensor.indexing.subtensor import IncSubtensor, Subtensor


def read_node(node: Apply) -> None:
    """Make the op and the inputs of `node`, as a pickle of Theano 1.0.5 has them, those of this package.

    An op whose meaning is not known here becomes `Unread`.
    """
    waiting = next((v for v in [*node.inputs, *node.outputs] if "type" not in v.__dict__), None)
    if waiting is not None:  # its outputs, mostly; a random state and what it becomes refer to each other
        waiting.__dict__.setdefault("_waiting", []).append(node)
        return
    if isinstance(node.op, ScalarFromTensor | ScalarOp):
        return  # who reads it reads its input; parts of operations on numbers
    reader = next((READERS[c] for c in type(node.op).__mro__ if c in READERS), None)
    try:
        inputs = [_as_tensor(v) for v in node.inputs]
        made = node.op.make_node(*inputs) if reader is None else reader(node, inputs)
        _check_types(made.outputs, node.outputs)
    except Exception as error:
        node.op = Unread(type(node.op).__name__, f"{type(error).__name__}: {error}")
        return
    node.op, node.inputs = made.op, made.inputs


class Unread(Op):
    """Stands for an op of a pickle whose meaning is not known here; it says so when something asks what it computes.

    What nobody computes is no reason to refuse a pickle: that of a function has the graph after rewriting, too.
    """

    __props__ = ("what", "why")

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why

    def _refuse(self, *args: Any) -> NoReturn:
        raise TypeError(
            f"the pickle has an expression that can't be read: {self.what} ({self.why}): write the expression again, "
            "and load the values of its shared variables"
        )

    make_node = perform = infer_shape = L_op = R_op = _refuse  # type: ignore[assignment]


def _check_types(made: Sequence[Any], wanted: Sequence[Any]) -> None:
    """Refuse an operation that gives other types here."""
    for new, old in zip(made, wanted, strict=True):
        kinds = [getattr(v.type, "dtype", v.type) for v in (new, old)]
        if kinds[0] != kinds[1] or getattr(new.type, "ndim", 0) != getattr(old.type, "ndim", 0):
            raise TypeError(f"it gives {new.type} here and gave {old.type}")


def _as_tensor(v: Any) -> Any:
    """A variable for a number as an array without axes."""
    if not isinstance(v.type, Scalar):
        return v
    if "data" in v.__dict__:
        return T.constant(np.asarray(v.data, v.type.dtype))
    if v.owner is not None and isinstance(v.owner.op, ScalarFromTensor):
        return v.owner.inputs[0]
    raise TypeError(f"{v} is a number and of no array")


class BNComposite:
    """In pickles the op on numbers of ``theano.tensor.nnet.bn.batch_normalization``.

    Examples
    --------
    >>> from theano.tensor.nnet.bn import BNComposite
    >>> isinstance(theano.scalar.add, BNComposite)
    False
    """


def _read_elemwise(node: Any, inputs: Sequence[Any]) -> Apply:
    scalar_op = node.op.scalar_op
    if isinstance(scalar_op, BNComposite):
        x, mean, deviation, gamma, beta = inputs
        normalized: Apply = ((x - mean) * (gamma / deviation) + beta).owner
        return normalized
    if isinstance(scalar_op, Cast):
        scalar_op = Cast(scalar_op.target)
    return Elemwise(scalar_op, name=node.op.name).make_node(*inputs)


def _read_index(node: Any, inputs: Sequence[Any]) -> Apply:
    return Subtensor(node.op.idx_list).make_node(*inputs)


def _read_increment(node: Any, inputs: Sequence[Any]) -> Apply:
    made = IncSubtensor(node.op.idx_list, set_instead_of_inc=node.op.set_instead_of_inc)
    return made.make_node(*inputs)


def _index_of(v: Any) -> Any:
    """An index of an operation with arrays of indices: slices are variables there."""
    data = v.__dict__.get("data")
    if isinstance(data, slice) or v.type == T.type_other.NoneTypeT():
        return data
    return v


def _read_advanced(node: Any, inputs: Sequence[Any]) -> Apply:
    x, *places = inputs
    made: Apply = x[tuple(map(_index_of, places))].owner
    return made


def _read_advanced_increment(node: Any, inputs: Sequence[Any]) -> Apply:
    x, y, *places = inputs
    write = T.set_subtensor if node.op.set_instead_of_inc else T.inc_subtensor
    made: Apply = write(x[tuple(map(_index_of, places))], y).owner
    return made


def _read_rebroadcast(node: Any, inputs: Sequence[Any]) -> Apply:
    return Rebroadcast(*node.op.__dict__["axis"].items()).make_node(*inputs)


def _read_scan(node: Any, inputs: Sequence[Any]) -> Apply:
    """A loop: its lists are as those here, but the buffers of states have the length that they end with.

    The loop of a gradient reads rows of a buffer that it writes over, those "mit_mot" of Theano. Where it reads a row
    and the one after, and writes that, the first is a state and the other is read from a sequence.
    """
    info = node.op.__dict__
    first = info["n_mit_mot"]
    taps = [list(t) for t in info["tap_array"]]
    if any(sorted(t) != [0, 1] for t in taps[:first]) or any(list(s) != [1] for s in info["mit_mot_out_slices"]):
        raise TypeError("it is the gradient of a loop that reads several steps back, and writes over what it reads")
    outer, inner, values = iter(inputs), iter(info["inputs"]), iter(info["outputs"])
    loop = Loop(next(outer), name=info["name"], truncate_gradient=info["truncate_gradient"], profile=info["profile"])
    loop.sequences = [SequenceArg(next(outer), [0], [next(inner)]) for _ in range(info["n_seqs"])]
    for reads in taps[: first + info["n_mit_sot"] + info["n_sit_sot"]]:
        rows, buffer = max(-min(reads), 1), next(outer)
        rows_read = {tap: next(inner) for tap in reads}
        after = rows_read.pop(1, None)
        if after is not None:
            loop.sequences.append(SequenceArg(buffer[1:], [0], [after]))
        read = [(tap - (after is not None), v) for tap, v in rows_read.items()]
        kept = [tap for tap, _ in read], [v for _, v in read]
        loop.states.append(StateArg(buffer, *kept, next(values), rows, buffer=True))
    shared = [(next(outer), next(inner)) for _ in range(info["n_shared_outs"])]
    for _ in range(info["n_nit_sot"]):
        next(outer)  # its length
    loop.non_sequences = [NonSequenceArg(v, next(inner)) for v in outer]
    loop.outputs = [OutputArg(next(values)) for _ in range(info["n_nit_sot"])]
    loop.shared = [SharedArg(v, i, next(values)) for v, i in shared]
    loop.condition = next(values) if info["as_while"] else None
    # states of which a step reads just the value before come last
    order = sorted(range(len(loop.states)), key=lambda k: loop.states[k].spec().is_sit_sot)
    loop.states = [loop.states[k] for k in order]
    node.outputs[: len(order)] = [node.outputs[k] for k in order]
    for k, v in enumerate(node.outputs):
        v.index = k
    op = Loop.make_op(loop.spec(), loop.inner_inputs(), loop.inner_outputs(), None, loop)
    made: Apply = op.make_node(*loop.outer_inputs())
    return made


#: By the class that the name in the pickle leads to: what makes the node of an op with the attributes of Theano 1.0.5.
READERS: dict[type, Callable[[Any, Sequence[Any]], Apply]] = {
    Elemwise: _read_elemwise,
    Subtensor: _read_index,
    IncSubtensor: _read_increment,
    AdvancedSubtensor: _read_advanced,
    AdvancedIncSubtensor: _read_advanced_increment,
    Rebroadcast: _read_rebroadcast,
    Scan: _read_scan,
}


def read_function(maker: Any, input_storage: Sequence[Any], values: Sequence[Any], trust_input: bool = False) -> Any:
    """The function that a pickle of Theano 1.0.5 has, made again from its graph as it was written."""
    made = maker.__dict__
    specs = []
    for spec, value in zip(made["inputs"], values, strict=True):
        if spec.shared:
            specs.append(spec)
        else:
            given = In(
                spec.variable, spec.name, value, spec.update, spec.mutable, spec.strict,
                allow_downcast=spec.allow_downcast, borrow=spec.borrow, implicit=spec.implicit,
            )  # fmt: skip
            specs.append(given)
    outputs = made["outputs"]
    if made["return_none"]:
        outputs = None
    elif made["unpack_single"]:
        outputs = outputs[0]
    function = FunctionMaker(
        specs, outputs, made["mode"], on_unused_input="ignore", output_keys=made["output_keys"], name=made["name"]
    ).create()
    function.trust_input = trust_input
    return function
