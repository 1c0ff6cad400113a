"""What a `Scan` tells programs that walk graphs: its parts under the names that Theano gives them.

Theano divides states by how steps read them: *sit-sot* (single input tap, single output tap) is a state of which a
step reads the value before, *mit-sot* one that it reads at several distances. *nit-sot* outputs are read by no step.
*mit-mot* states, to which a step writes several rows, do not occur here: gradients are made without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.base.record import Record
from theano.graph import Apply
from theano.scan.parts import Loop, ScanSpec
from theano.tensor.type import TensorType


class _Numbered(Record):
    """A scan whose variables are their places in the lists; takes the place of an op in `Loop.of`."""

    spec: ScanSpec
    inner_inputs: range
    inner_outputs: range
    name: None = None
    mode: None = None
    profile: bool = False
    allow_gc: None = None


class _Part(Record):
    """The places of what belongs together: an input and an output of the node, inner inputs and outputs."""

    outer_input: int = -1
    inner_inputs: Sequence[int] = ()
    inner_outputs: Sequence[int] = ()
    outer_output: int = -1


class Layout:
    """Counts, places and parts of the lists of a scan, all computed from its `ScanSpec`.

    The methods ``outer_…(inputs or node)``, ``inner_…(inner inputs)``, ``outer_…_outs(outputs or node)`` and
    ``inner_…_outs(inner outputs)`` pick a part from a list.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> sums, updates = theano.scan(lambda x, s: s + x, sequences=x, outputs_info=0.0)
    >>> node = sums.owner.inputs[0].owner
    >>> node.op.n_seqs, node.op.n_sit_sot, node.op.tap_array
    (1, 1, [[-1]])
    >>> node.op.outer_seqs(node), node.op.inner_seqs(node.op.inputs)
    ([x], [x[t]])
    """

    spec: ScanSpec
    inner_inputs: list[Any]
    inner_outputs: list[Any]
    name: str | None
    mode: Any
    profile: Any
    allow_gc: bool | None

    gpua = False
    n_mit_mot = 0
    n_mit_mot_outs = 0
    mitmots_preallocated: tuple[bool, ...] = ()

    # -- the graph of a step ------------------------------------------------------------------------------

    @property
    def inputs(self) -> list[Any]:
        """The inputs of a step: of sequences, of states, shared, then what is the same in all steps."""
        return self.inner_inputs

    @property
    def outputs(self) -> list[Any]:
        """What a step computes: states, then outputs, shared, and the condition if there is one."""
        return self.inner_outputs

    @property
    def output_types(self) -> list[Any]:
        """Types of the node's outputs."""
        states_and_outputs = self.n_outs + self.n_nit_sot
        stacked = [
            TensorType(v.type.dtype, (False, *v.type.broadcastable)) for v in self.inner_outputs[:states_and_outputs]
        ]
        return [*stacked, *(v.type for v in self.inner_shared_outs(self.inner_outputs))]

    @property
    def inps_is_tensor(self) -> list[bool]:
        """For each inner input, whether it is an array."""
        return [isinstance(v.type, TensorType) for v in self.inner_inputs]

    @property
    def outs_is_tensor(self) -> list[bool]:
        """For each inner output, whether it is an array."""
        return [isinstance(v.type, TensorType) for v in self.inner_outputs]

    # -- counts -------------------------------------------------------------------------------------------

    @property
    def n_seqs(self) -> int:
        """Number of arrays that steps go along."""
        return len(self.spec.sequences)

    @property
    def n_mit_sot(self) -> int:
        """Number of states that are read at several distances."""
        return len(self.spec.states) - self.n_sit_sot

    @property
    def n_sit_sot(self) -> int:
        """Number of states of which a step reads the value before."""
        return sum(state.is_sit_sot for state in self.spec.states)

    @property
    def n_nit_sot(self) -> int:
        """Number of outputs that no step reads."""
        return len(self.spec.outputs)

    @property
    def n_shared_outs(self) -> int:
        """Number of objects that are handed from step to step, such as random states."""
        return self.spec.n_shared

    @property
    def n_outs(self) -> int:
        """Number of states."""
        return len(self.spec.states)

    @property
    def n_tap_outs(self) -> int:
        """Number of states that are not sit-sot."""
        return self.n_mit_mot + self.n_mit_sot

    @property
    def seqs_arg_offset(self) -> int:
        """Where the states begin among the node's inputs."""
        return 1 + self.n_seqs

    @property
    def shared_arg_offset(self) -> int:
        """Where the shared objects begin among the node's inputs."""
        return self.seqs_arg_offset + self.n_outs

    @property
    def nit_sot_arg_offset(self) -> int:
        """Where the shared objects end among the node's inputs."""
        return self.shared_arg_offset + self.n_shared_outs

    # -- taps ---------------------------------------------------------------------------------------------

    @property
    def tap_array(self) -> list[list[int]]:
        """For each state, how far back it is read."""
        return [list(state.taps) for state in self.spec.states]

    @property
    def mintaps(self) -> list[int]:
        """For each state and then each output, the farthest place that is read; 0 for outputs."""
        return [*(-state.rows for state in self.spec.states), *(0 for _ in self.spec.outputs)]

    @property
    def mit_mot_out_slices(self) -> list[list[int]]:
        """Empty: there are no mit-mot states."""
        return []

    def mitmot_taps(self) -> list[list[int]]:
        """Empty: there are no mit-mot states."""
        return []

    def mitmot_out_taps(self) -> list[list[int]]:
        """Empty: there are no mit-mot states."""
        return []

    def mitsot_taps(self) -> list[list[int]]:
        """The part of `tap_array` for mit-sot states."""
        return self.tap_array[: self.n_mit_sot]

    @property
    def as_while(self) -> bool:
        """Whether the last inner output is a condition to stop."""
        return self.spec.as_while

    @property
    def truncate_gradient(self) -> int:
        """Through how many steps gradients go back; -1 for all."""
        return self.spec.truncate_gradient

    @property
    def info(self) -> dict[str, Any]:
        """The counts and taps, and how to run the loop, in a dict of their own."""
        names = (
            "tap_array n_seqs n_mit_mot n_mit_mot_outs mit_mot_out_slices n_mit_sot n_sit_sot n_shared_outs n_nit_sot "
            "truncate_gradient name mode gpua as_while profile allow_gc"
        )
        return {**{name: getattr(self, name) for name in names.split()}, "destroy_map": {}}

    # -- parts of lists -----------------------------------------------------------------------------------

    def _places(self) -> Loop:
        """The parts of the scan, with places instead of variables."""
        numbered = _Numbered(self.spec, range(len(self.inner_inputs)), range(len(self.inner_outputs)))
        n_inputs = 1 + self.n_seqs + self.n_outs + self.n_shared_outs + self.spec.n_non_sequences
        return Loop.of(numbered, range(n_inputs))

    def outer_seqs(self, list_inputs: Any) -> list[Any]:
        """The arrays that steps go along."""
        return _inputs(list_inputs)[1 : self.seqs_arg_offset]

    def inner_seqs(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Elements of the sequences, one for each offset at which one is read."""
        return [list_inputs[k] for part in self._places().sequences for k in part.inner]

    def outer_mitmot(self, list_inputs: Any) -> list[Any]:
        """Empty: there are no mit-mot states."""
        return []

    def inner_mitmot(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Empty: there are no mit-mot states."""
        return []

    def outer_mitsot(self, list_inputs: Any) -> list[Any]:
        """The buffers of the mit-sot states: initial rows, and room for those of the steps."""
        return _inputs(list_inputs)[self.seqs_arg_offset : self.seqs_arg_offset + self.n_mit_sot]

    def inner_mitsot(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Earlier values of the mit-sot states, one for each distance at which one is read."""
        return [list_inputs[k] for part in self._places().states[: self.n_mit_sot] for k in part.inner]

    def outer_sitsot(self, list_inputs: Any) -> list[Any]:
        """The buffers of the sit-sot states: an initial row, and room for those of the steps."""
        return _inputs(list_inputs)[self.seqs_arg_offset + self.n_mit_sot : self.shared_arg_offset]

    def inner_sitsot(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Values before of the sit-sot states."""
        return [list_inputs[k] for part in self._places().states[self.n_mit_sot :] for k in part.inner]

    def outer_shared(self, list_inputs: Any) -> list[Any]:
        """The objects that are handed from step to step, before the first one."""
        return _inputs(list_inputs)[self.shared_arg_offset : self.nit_sot_arg_offset]

    def inner_shared(self, list_inputs: Sequence[Any]) -> list[Any]:
        """The objects that are handed from step to step."""
        return [list_inputs[part.inner] for part in self._places().shared]

    def outer_nitsot(self, list_inputs: Any) -> list[Any]:
        """For each output that no step reads how many rows it has: the number of steps."""
        return [_inputs(list_inputs)[0]] * self.n_nit_sot

    def outer_non_seqs(self, list_inputs: Any) -> list[Any]:
        """What is the same in all steps."""
        return _inputs(list_inputs)[self.nit_sot_arg_offset :]

    def inner_non_seqs(self, list_inputs: Sequence[Any]) -> list[Any]:
        """What is the same in all steps, as steps see it."""
        return [list_inputs[part.inner] for part in self._places().non_sequences]

    def outer_mitmot_outs(self, list_outputs: Any) -> list[Any]:
        """Empty: there are no mit-mot states."""
        return []

    def inner_mitmot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """Empty: there are no mit-mot states."""
        return []

    def outer_mitsot_outs(self, list_outputs: Any) -> list[Any]:
        """All rows of the mit-sot states, the initial ones first."""
        return _outputs(list_outputs)[: self.n_mit_sot]

    def inner_mitsot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """New values of the mit-sot states."""
        return list(list_outputs[: self.n_mit_sot])

    def outer_sitsot_outs(self, list_outputs: Any) -> list[Any]:
        """All rows of the sit-sot states, the initial one first."""
        return _outputs(list_outputs)[self.n_mit_sot : self.n_outs]

    def inner_sitsot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """New values of the sit-sot states."""
        return list(list_outputs[self.n_mit_sot : self.n_outs])

    def outer_nitsot_outs(self, list_outputs: Any) -> list[Any]:
        """All rows of the outputs that no step reads."""
        return _outputs(list_outputs)[self.n_outs : self.n_outs + self.n_nit_sot]

    def inner_nitsot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """The outputs that no step reads."""
        return list(list_outputs[self.n_outs : self.n_outs + self.n_nit_sot])

    def outer_shared_outs(self, list_outputs: Any) -> list[Any]:
        """The objects that are handed from step to step, after the last one."""
        return _outputs(list_outputs)[self.n_outs + self.n_nit_sot :]

    def inner_shared_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """New values of the objects that are handed from step to step."""
        return [list_outputs[part.value] for part in self._places().shared]

    # -- what belongs to what -----------------------------------------------------------------------------

    @property
    def var_mappings(self) -> dict[str, dict[int, Any]]:
        """See `get_oinp_iinp_iout_oout_mappings`."""
        return self.get_oinp_iinp_iout_oout_mappings()

    def get_oinp_iinp_iout_oout_mappings(self) -> dict[str, dict[int, Any]]:
        """Which inputs and outputs, inner and outer, belong to the same sequence, state, output or object.

        Returns
        -------
        dict
            From names such as ``"inner_inp_from_outer_inp"`` to a dict from places. What is looked up is a list of
            places for inner variables; one place, or -1 for none, for the node's.
        """
        places = self._places()
        parts = [
            _Part(places.n_steps),
            *(_Part(s.outer, s.inner) for s in places.sequences),
            *(_Part(s.initial, s.inner, [s.value], s.value) for s in places.states),
            *(_Part(inner_outputs=[o.value], outer_output=o.value) for o in places.outputs),
            *(_Part(s.outer, [s.inner], [s.value], s.value) for s in places.shared),
            *(_Part(n.outer, [n.inner]) for n in places.non_sequences),
            *([] if places.condition is None else [_Part(inner_outputs=[places.condition])]),
        ]
        sides = {
            "outer_inp": lambda part: part.outer_input,
            "inner_inp": lambda part: list(part.inner_inputs),
            "inner_out": lambda part: list(part.inner_outputs),
            "outer_out": lambda part: part.outer_output,
        }
        mappings: dict[str, dict[int, Any]] = {}
        for source, key in sides.items():
            for target, value in sides.items():
                if source != target:
                    found = mappings[f"{target}_from_{source}"] = {}
                    for part in parts:
                        keys = key(part) if isinstance(key(part), list) else [key(part)]
                        found.update((k, value(part)) for k in keys if k >= 0)
        return mappings


def _inputs(given: Any) -> list[Any]:
    """The list of inputs; instead of it the node may be given."""
    return list(given.inputs if isinstance(given, Apply) else given)


def _outputs(given: Any) -> list[Any]:
    """The list of outputs; instead of it the node may be given."""
    return list(given.outputs if isinstance(given, Apply) else given)
