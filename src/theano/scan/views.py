"""Common uses of `scan`: `map`, `reduce`, `foldl`, `foldr`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.scan.function import scan


def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`fn` of each element of `sequences`, stacked; no step sees another's result.

    Examples
    --------
    >>> x = T.dmatrix("x")
    >>> norms, updates = theano.map(lambda row: row.norm(2), x)
    >>> norms.eval({x: [[3, 4], [6, 8]]})
    array([ 5., 10.])
    """
    return scan(
        fn, sequences=sequences, outputs_info=[], non_sequences=non_sequences,
        truncate_gradient=truncate_gradient, go_backwards=go_backwards, mode=mode, name=name,
    )  # fmt: skip


def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The last value of a `scan`: `fn` gets an element of each sequence, then what has been accumulated.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> total, updates = theano.reduce(lambda element, total: total + element, x, outputs_info=0.0)
    >>> total.eval({x: [1, 2, 3]})
    array(6.)
    """
    outs, updates = scan(
        fn, sequences=sequences, outputs_info=outputs_info, non_sequences=non_sequences,
        go_backwards=go_backwards, mode=mode, name=name,
    )  # fmt: skip
    if isinstance(outs, list):
        return [out[-1] for out in outs], updates
    return outs[-1], updates


def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`reduce` from the first element to the last."""
    return reduce(fn, sequences, outputs_info, non_sequences, go_backwards=False, mode=mode, name=name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`reduce` from the last element to the first."""
    return reduce(fn, sequences, outputs_info, non_sequences, go_backwards=True, mode=mode, name=name)
