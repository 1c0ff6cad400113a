"""`Scan`: a loop as one op, with the graph of a step inside."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from theano.graph import Apply, Constant, MissingInputError, Op, clone_get_equiv, equal_computations
from theano.graph.connection import io_connection_pattern
from theano.graph.op import with_late_test_values
from theano.scan import hooks
from theano.scan.connection import outer_pattern
from theano.scan.forward import directional_derivatives
from theano.scan.identity import structure_hash
from theano.scan.layout import Layout
from theano.scan.parts import Loop, ScanSpec
from theano.scan.reverse import gradients
from theano.scan.run import run
from theano.scan.shapes import infer_shape
from theano.tensor.opsupport import as_index, new_tensor


class Scan(Layout, Op):
    """A loop over `inner_inputs` -> `inner_outputs`, run ``n_steps`` times.

    `scan` makes it; ``Loop.of(op, node.inputs)`` shows a node by the names of its parts. The lists, in order:

    ============  =====================================================  =====================================
    part          node                                                   inner graph
    ============  =====================================================  =====================================
    n_steps       input: 0-d int64                                       –
    sequences     input: array                                           one input per offset
    states        input: a buffer that begins with the initial rows;     one input per tap; output: new value
                  output: these and one row per step (the last `keep`
                  of all). Those of which steps read just the value
                  before come last.
    outputs       output: one row per step (the last `keep`)             output
    shared        input: an object; output: the last value               input; output
    constant      input: any variable                                    input
    condition     –                                                      output, if `as_while`
    ============  =====================================================  =====================================

    So a step `t` = 0, 1, … reads

    - of a sequence ``x`` with the offset ``o``: ``x[t + o]`` (``o >= 0``; what is read backwards is reversed
      outside; sequences may be longer than is read),
    - of a state with buffer ``b`` and the tap ``k < 0``: ``b[t + rows + k]``, and writes ``b[t + rows]``;
      ``b[:rows]`` are the initial rows, ``rows = -min(taps)``. The gradient with respect to ``b[j]`` is that with
      respect to what the steps read there. Loops of gradients and rewritten ones are given the initial rows alone
      (`StateSpec.buffer` is false),

    and appends to each output. Only the last ``max(keep, rows)`` rows of a state with `keep` need storage.
    The number of rows of all outputs is known before the loop unless `as_while`: then the step that makes the
    last inner output true is the last. All steps give rows of one shape (checked), that of the initial ones.
    The leaves of the inner graph are inner inputs and constants. `Layout` has Theano's names for the parts.

    The gradient of a `Scan` is a `Scan` over reversed sequences; see `theano.scan.reverse`.

    Parameters
    ----------
    spec
        What the inputs and outputs are.
    inner_inputs, inner_outputs
        The graph of a step; copied.
    names
        Names of the inner inputs, if they are not to be the old ones.
    name, mode, profile, allow_gc
        See `scan`.

    Examples
    --------
    >>> outs, updates = theano.scan(lambda x, s: s + x, sequences=T.dvector("x"), outputs_info=0.0)
    >>> outs.owner.inputs[0].owner.op
    for{cpu,scan_fn}
    """

    def __init__(
        self,
        spec: ScanSpec,
        inner_inputs: Sequence[Any],
        inner_outputs: Sequence[Any],
        names: Sequence[str | None] | None = None,
        name: str | None = None,
        mode: Any = None,
        profile: Any = False,
        allow_gc: bool | None = None,
    ) -> None:
        if not isinstance(spec, ScanSpec):
            raise TypeError("A Scan is made by theano.scan, or from a ScanSpec: it takes no list of inputs and no info")
        self.spec = spec
        self.name = name
        self.mode = mode
        self.profile = profile
        self.allow_gc = allow_gc
        if names is None:
            names = [v.name for v in inner_inputs]
        memo = {v: v.type(n) for v, n in zip(inner_inputs, names, strict=True)}
        equiv = clone_get_equiv(inner_inputs, inner_outputs, copy_orphans=False, memo=memo)
        for leaf, same in equiv.items():
            if leaf is same and not isinstance(leaf, Constant):
                raise MissingInputError(f"A step of {self} uses {leaf}, which is no input of it.", variable=leaf)
        self.inner_inputs: list[Any] = [equiv[v] for v in inner_inputs]
        self.inner_outputs: list[Any] = [equiv[v] for v in inner_outputs]
        self.has_effects = any(isinstance(n, Apply) and n.op.has_effects for n in equiv.values())
        self._forget()

    def with_spec(self, spec: ScanSpec) -> Scan:
        """This op with the same step and another meaning of its lists."""
        made = copy.copy(self)
        made.spec = spec
        made._hash = made._outer_pattern = None
        return made

    def _forget(self) -> None:
        """Drop what is derived from the data when needed."""
        #: For rewriting: the rules that the graph of a step has been through.
        self.settled: Any = None
        self._step: Callable[[Sequence[Any]], list[Any]] | None = None
        self._hash: int | None = None
        self._inner_pattern: list[list[bool]] | None = None
        self._outer_pattern: list[list[bool]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if not k.startswith("_") and k != "settled"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    # -- identity ----------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        assert isinstance(other, Scan)
        return (
            self.spec == other.spec
            and hash(self) == hash(other)
            and [v.type for v in self.inner_inputs] == [v.type for v in other.inner_inputs]
            and equal_computations(self.inner_outputs, other.inner_outputs, self.inner_inputs, other.inner_inputs)
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((type(self), self.spec, structure_hash(self.inner_inputs, self.inner_outputs)))
        return self._hash

    def __str__(self) -> str:
        kind = "while" if self.spec.as_while else "for"
        return f"{'do_while' if kind == 'while' else kind}{{cpu,{self.name or 'scan_fn'}}}"

    def state_label(self, k: int) -> str:
        """State `k`, for messages."""
        first = sum(len(offsets) for offsets in self.spec.sequences) + sum(len(s.taps) for s in self.spec.states[:k])
        taps = self.spec.states[k].taps
        name = self.inner_inputs[first].name if taps else None
        return f"state {k} of {self}" + (f" ({name.partition('[')[0]})" if name else "")

    # -- nodes -------------------------------------------------------------------------------------------

    def make_node(self, *inputs: Any) -> Apply:
        spec = self.spec
        wanted = 1 + len(spec.sequences) + len(spec.states) + spec.n_shared + spec.n_non_sequences
        if len(inputs) != wanted:
            raise ValueError(f"{self} has {wanted} inputs, {len(inputs)} were given")
        loop = Loop.of(self, inputs)
        loop.n_steps = as_index(loop.n_steps, "the number of steps")
        for s in loop.sequences:
            s.outer = _fitting(self, s.outer, s.inner[0].type, 1)
        for st in loop.states:
            st.initial = _fitting(self, st.initial, st.value.type, 1)
        for sh in loop.shared:
            sh.outer = sh.inner.type.filter_variable(sh.outer)
        for n in loop.non_sequences:
            n.outer = _fitting(self, n.outer, n.inner.type, 0)
        return Apply(
            self,
            loop.outer_inputs(),
            [
                *(new_tensor(v.type.dtype, (None, *v.type.shape)) for v in self._stacked()),
                *(s.value.type() for s in loop.shared),
            ],
        )

    def outer_of_inner(self, inputs: Sequence[Any]) -> list[Any]:
        """For each inner input which of `inputs` it is, or is a row of."""
        return list(Loop.of(self, inputs).outer_of_inner())

    def _stacked(self) -> list[Any]:
        """The inner outputs whose rows are the outputs of nodes."""
        return self.inner_outputs[: len(self.spec.states) + len(self.spec.outputs)]

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        return infer_shape(self, node, input_shapes)

    # -- values ------------------------------------------------------------------------------------------

    def step_function(self) -> Callable[[Sequence[Any]], list[Any]]:
        """The inner graph as a function from a list of values to a list of values."""
        if self._step is None:
            self._step = hooks.compile_step(self.inner_inputs, self.inner_outputs, self.mode)
        return self._step

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        for storage, value in zip(output_storage, run(self, inputs), strict=True):
            storage[0] = value

    def do_constant_folding(self, node: Apply) -> bool:
        return False  # it may take for ever

    # -- derivatives -------------------------------------------------------------------------------------

    def inner_pattern(self) -> list[list[bool]]:
        """``[inner input][inner output]``: whether a step's output depends on its input's elements."""
        if self._inner_pattern is None:
            self._inner_pattern = io_connection_pattern(self.inner_inputs, self.inner_outputs)
        return self._inner_pattern

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        if self._outer_pattern is None:
            self._outer_pattern = outer_pattern(self.spec, self.inner_pattern())
        return self._outer_pattern

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return self.L_op_of(inputs, outputs, output_grads, [True] * len(inputs))

    def L_op_of(
        self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any], wanted: Sequence[bool]
    ) -> list[Any]:
        return with_late_test_values(lambda: gradients(self, inputs, outputs, output_grads, wanted))

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return with_late_test_values(lambda: directional_derivatives(self, inputs, eval_points))


def _fitting(op: Scan, outer: Any, inner: Any, n_axes: int) -> Any:
    """`outer` with the pattern that the inner variable's type asks for, below its first `n_axes` axes."""
    kind = outer.type
    if not hasattr(kind, "broadcastable") or not hasattr(inner, "broadcastable"):
        return inner.filter_variable(outer)
    if kind.dtype != inner.dtype or kind.ndim != inner.ndim + n_axes:
        raise TypeError(f"{op} needs an input of type {inner}, stacked along {n_axes} axes, not {outer} of type {kind}")
    if kind.broadcastable[n_axes:] == inner.broadcastable and not any(kind.broadcastable[:n_axes]):
        return outer
    wanted = new_tensor(inner.dtype, (*(None for _ in range(n_axes)), *inner.shape)).type
    return wanted.filter_variable(outer)


def _make(
    spec: ScanSpec, inner_inputs: list[Any], inner_outputs: list[Any], names: list[str | None], loop: Loop
) -> Scan:
    return Scan(spec, inner_inputs, inner_outputs, names, loop.name, loop.mode, loop.profile, loop.allow_gc)


Loop.make_op = staticmethod(_make)
