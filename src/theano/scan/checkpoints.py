"""`scan_checkpoints`: a scan whose gradient remembers only every N-th step and computes the others again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.scan.arguments import as_list, number_of_steps, sequence_info, state_info
from theano.scan.function import scan
from theano.tensor.making.alloc import zeros
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import as_index
from theano.tensor.pointwise.math import minimum
from theano.tensor.shaping.join import concatenate


def scan_checkpoints(
    fn: Callable[..., Any],
    sequences: Any = (),
    outputs_info: Any = None,
    non_sequences: Any = (),
    name: str = "checkpointscan_fn",
    n_steps: Any = None,
    save_every_N: int = 10,
    padding: bool = True,
) -> tuple[Any, Any]:
    """A scan that keeps the states of every `save_every_N`-th step only.

    Its gradient needs less memory and twice the time forwards.

    Parameters
    ----------
    fn, sequences, outputs_info, non_sequences, name, n_steps
        As for `scan`, but sequences and states have no taps and every output is a state.
    save_every_N
        How many steps to go from one stored state to the next.
    padding
        Pad the sequences to a multiple of `save_every_N`, which copies them. Without, their length must be
        one.

    Returns
    -------
    outputs, updates
        The outputs have the states after steps `N`, `2 N`, … and after the last one.

    Raises
    ------
    ValueError
        `save_every_N` is below 1.
    RuntimeError
        An output is no state, or an output or a sequence has taps.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> sums, updates = theano.scan_checkpoints(
    ...     lambda x, total: total + x, sequences=x, outputs_info=0.0, save_every_N=2)
    >>> sums.eval({x: [1, 2, 3, 4, 5]})
    array([ 3., 10., 15.])
    """
    every = int(save_every_N)
    if every < 1:
        raise ValueError(f"save_every_N must be at least 1, not {save_every_N}")
    states = as_list(outputs_info)
    for k, given in enumerate(states):
        info = state_info(k, given)
        if info is None:
            raise RuntimeError("Every output of scan_checkpoints must be a state: outputs_info has None")
        if info.taps != [-1]:
            raise RuntimeError(f"scan_checkpoints has no taps in outputs: output {k} has {info.taps}")
    seqs = [sequence_info(k, s) for k, s in enumerate(as_list(sequences))]
    for k, s in enumerate(seqs):
        if s.taps != [0]:
            raise RuntimeError(f"scan_checkpoints has no taps in sequences: sequence {k} has {s.taps}")
    total = number_of_steps(seqs, n_steps)
    n_blocks = (total + every - 1) // every
    starts = arange(n_blocks) * every
    lengths = minimum(as_index(every), total - starts)
    blocks = [_in_blocks(s.input, total, n_blocks, every, padding) for s in seqs]
    others = as_list(non_sequences)
    n = len(seqs)

    def block(length: Any, *arguments: Any) -> tuple[list[Any], Any]:
        inner, updates = scan(
            fn, sequences=list(arguments[:n]), outputs_info=list(arguments[n : n + len(states)]),
            non_sequences=list(arguments[n + len(states) :]), n_steps=length, name=f"{name}_inner",
            return_list=True,
        )  # fmt: skip
        return [out[-1] for out in inner], updates

    return scan(block, sequences=[lengths, *blocks], outputs_info=states, non_sequences=others, name=f"{name}_outer")


def _in_blocks(x: Any, total: Any, n_blocks: Any, every: int, padding: bool) -> Any:
    """`x` with its first axis in two: blocks, and elements of a block."""
    x = x[:total]
    rest = [x.shape[k] for k in range(1, x.type.ndim)]
    if padding:
        missing = n_blocks * every - total
        x = concatenate([x, zeros([missing, *rest], dtype=x.type.dtype)], axis=0)
    return x.reshape([n_blocks, every, *rest], ndim=x.type.ndim + 1)
