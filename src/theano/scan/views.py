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

    Parameters
    ----------
    fn : callable
        Takes an element of each sequence (for each tap of it), then the non-sequences; see `scan`.
    sequences
        One or a list; see `scan`.
    non_sequences
        Passed to every step.
    truncate_gradient, go_backwards, mode, name
        See `scan`.

    Returns
    -------
    outputs
        What `fn` returns, along a new first axis of as many steps as there are; a list if there are several.
    updates : OrderedUpdates
        New values of shared variables, for `theano.function`.

    Raises
    ------
    TypeError
        `fn` is no function, or can't take these arguments.
    ValueError
        The number of steps is not known.

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

    Parameters
    ----------
    fn : callable
        Returns the new value of what is accumulated; of the same dtype and number of axes.
    sequences
        One or a list; see `scan`.
    outputs_info
        The initial value, or a list; see `scan`.
    non_sequences
        Passed to every step.
    go_backwards, mode, name
        See `scan`.

    Returns
    -------
    outputs
        The last value, of the type of the initial one; a list if there are several.
    updates : OrderedUpdates
        New values of shared variables, for `theano.function`.

    Raises
    ------
    TypeError
        `fn` is no function, or can't take these arguments.
    ValueError
        The number of steps is not known, or a value changes its dtype or number of axes.

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
    """`reduce` from the first element to the last.

    Parameters
    ----------
    fn, sequences, outputs_info, non_sequences, mode, name
        See `reduce`.

    Returns
    -------
    outputs, updates
        See `reduce`.

    Raises
    ------
    TypeError, ValueError
        See `reduce`.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> value, updates = theano.foldl(lambda digit, sofar: 10 * sofar + digit, x, outputs_info=0.0)
    >>> value.eval({x: [1, 2, 3]})
    array(123.)
    """
    return reduce(fn, sequences, outputs_info, non_sequences, go_backwards=False, mode=mode, name=name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`reduce` from the last element to the first.

    Parameters
    ----------
    fn, sequences, outputs_info, non_sequences, mode, name
        See `reduce`.

    Returns
    -------
    outputs, updates
        See `reduce`.

    Raises
    ------
    TypeError, ValueError
        See `reduce`.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> value, updates = theano.foldr(lambda digit, sofar: 10 * sofar + digit, x, outputs_info=0.0)
    >>> value.eval({x: [1, 2, 3]})
    array(321.)
    """
    return reduce(fn, sequences, outputs_info, non_sequences, go_backwards=True, mode=mode, name=name)
