"""Errors at run time: the class of the original exception, a text that leads to the user's line."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from theano.base.flag_table import config
from theano.graph import Apply, Constant, FunctionGraph, Variable, format_origin, origin_of
from theano.graph.shown import shown
from theano.printing.debugprint import debugprint

# Larger values are named by their size only.
MAX_SHOWN_ELEMENTS = 5
# Levels of a failing expression that are listed: the indentation makes a listing grow as their square.
MAX_SHOWN_DEPTH = 50

_HINT_TRACEBACK = (
    "HINT: Re-running with most Theano optimizations disabled could give you a back-trace of when this node was "
    "created. This can be done with by setting the Theano flag 'optimizer=fast_compile'. If that does not work, "
    "Theano optimizations can be disabled with 'optimizer=None'."
)
_HINT_VERBOSITY = (
    "HINT: Use the Theano flag 'exception_verbosity=high' for a debugprint and storage map footprint of this "
    "apply node."
)


class UnusedInputError(Exception):
    """An input of a function that no output and no update needs."""


class AliasedMemoryError(Exception):
    """Memory is aliased that should not be."""

    def __init__(self, a: Any, b: Any) -> None:
        self.a = a
        self.b = b
        super().__init__(f"{a!r} and {b!r} share memory")


def check_present(variables: Sequence[Variable], values: Sequence[Any]) -> None:
    """A TypeError for an array that is not there: an input or a shared variable that was set to None."""
    for variable, value in zip(variables, values, strict=True):
        if value is None and hasattr(variable.type, "broadcastable"):
            where = trace_text(variable)
            made = f"\nBacktrace when that variable is created:\n\n{where}\n" if where else ""
            raise TypeError(f"{variable} has no value, it was set to None{made}")


def typed_result(op: Any, type_: Any, result: Any) -> Any:
    """What the `perform` of an op has left for an output: an array of exactly its type, where that is one of arrays.

    Raises
    ------
    TypeError
        Nothing has been left, or an array of another dtype or number of dimensions.
    ValueError
        An axis that is declared broadcastable does not have length 1.
    """
    if not hasattr(type_, "dtype") or not hasattr(type_, "broadcastable"):
        return result
    if result is None:
        raise TypeError(f"{op} has left no result, its type says {type_}")
    array = result if isinstance(result, np.ndarray) else np.asarray(result)
    if array.dtype != type_.numpy_dtype or array.ndim != type_.ndim:
        raise TypeError(
            f"{op} returned an array of dtype {array.dtype} with {array.ndim} dimensions, its type says {type_}: "
            f"write numpy.asarray(result, dtype={type_.dtype!r}), or another otype"
        )
    if any(one and n != 1 for one, n in zip(type_.broadcastable, array.shape, strict=True)):
        raise ValueError(f"{op} returned shape {array.shape}, its type says {type_}")
    return array


def trace_text(thing: Any) -> str:
    """Where the user made a variable or node, in the form of a traceback; '' if not known."""
    return format_origin(origin_of(thing)).rstrip("\n")


def raise_with_op(
    node: Apply,
    exc: BaseException,
    inputs: Sequence[Any] | None = None,
    fgraph: FunctionGraph | None = None,
    toposort_index: int | None = None,
) -> NoReturn:
    """Raise `exc` again, its text extended by the node that failed, its inputs and the line that made it.

    Parameters
    ----------
    node
        The node whose computation raised.
    exc
        The exception. It is the very object that is raised: class, attributes and traceback stay.
    inputs
        Values of the node's inputs, where known.
    fgraph
        Graph of the function, for the clients of the node's outputs.
    toposort_index
        Position of the node in the graph's order; found from `fgraph` when not given.

    Returns
    -------
    Never.

    Raises
    ------
    Exception
        `exc`.

    Examples
    --------
    >>> y = abs(T.dscalar("x"))
    >>> theano.gof.raise_with_op(y.owner, ValueError("too big"))
    Traceback (most recent call last):
    ValueError: too big
    Apply node that caused the error: ...
    """
    if node in getattr(exc, "theano_nodes", ()):  # an op that raises one exception object again and again
        raise exc
    if toposort_index is None and fgraph is not None:
        order = fgraph.toposort()
        toposort_index = order.index(node) if node in order else None
    detail = describe_failure(node, inputs, fgraph, toposort_index)
    _extend_message(exc, detail)
    try:
        exc.theano_nodes = (*getattr(exc, "theano_nodes", ()), node)  # type: ignore[attr-defined]
    except AttributeError:
        pass  # an exception class with __slots__
    raise exc


def raise_with_op_of_thunk(
    node: Apply, thunk: Any = None, exc_info: Any = None, storage_map: dict[Any, list[Any]] | None = None
) -> NoReturn:
    """`raise_with_op` as linkers of programs call it, by its name in ``theano.gof.link``.

    Parameters
    ----------
    node
        The node whose computation raised.
    thunk
        What ran it: its cells hold the values of the inputs.
    exc_info
        What ``sys.exc_info()`` gives; that of the exception which is handled now, if it is missing.
    storage_map
        Cells by variable, where `thunk` has none.

    Raises
    ------
    ValueError
        No exception is handled.
    """
    error = (sys.exc_info() if exc_info is None else exc_info)[1]
    if error is None:
        raise ValueError("raise_with_op: there is no exception that could be raised again")
    cells = getattr(thunk, "inputs", None)
    if cells is None and storage_map is not None and all(v in storage_map for v in node.inputs):
        cells = [storage_map[v] for v in node.inputs]
    raise_with_op(node, error, None if cells is None else [cell[0] for cell in cells])


def describe_failure(
    node: Apply,
    inputs: Sequence[Any] | None = None,
    fgraph: FunctionGraph | None = None,
    toposort_index: int | None = None,
) -> str:
    """The block of text that `raise_with_op` adds."""
    parts = [f"\nApply node that caused the error: {node}"]
    if toposort_index is not None:
        parts.append(f"Toposort index: {toposort_index}")
    parts.append(f"Inputs types: {[v.type for v in node.inputs]}")
    if inputs is not None:
        parts.append(f"Inputs shapes: {[_attribute(v, 'shape', 'No shapes') for v in inputs]}")
        parts.append(f"Inputs strides: {[_attribute(v, 'strides', 'No strides') for v in inputs]}")
        parts.append(f"Inputs values: {[_shown(v) for v in inputs]}")
    if fgraph is not None and node in fgraph.apply_nodes:  # a node of a loop's step has none there
        parts.append(f"Outputs clients: {[[user for user, _ in fgraph.clients(out)] for out in node.outputs]}")
    trace = trace_text(node)
    if trace:
        parts.append(
            "\nBacktrace when the node is created"
            "(use Theano flag traceback.limit=N to make it longer):\n" + trace
        )
    else:
        parts.append("\n" + _HINT_TRACEBACK)
    if config.exception_verbosity == "high":
        parts.append("\n" + _verbose(node, inputs, fgraph))
    else:
        parts.append(_HINT_VERBOSITY)
    return "\n".join(parts)


def _attribute(value: Any, name: str, missing: str) -> Any:
    return getattr(value, name, missing)


def _shown(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.size > MAX_SHOWN_ELEMENTS:
        return "not shown"
    if isinstance(value, list | tuple | dict | set | str | bytes) and len(value) > MAX_SHOWN_ELEMENTS:
        return "not shown"
    return _Safely(value)


class _Safely:
    """Shows a value in a text; the ``__repr__`` of a user's class must not hide the error that is told."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        try:
            return repr(self._value)
        except Exception:
            return shown(self._value)


def _verbose(node: Apply, inputs: Sequence[Any] | None, fgraph: FunctionGraph | None) -> str:
    """The expression that failed, and the sizes and values of the inputs of its last node."""
    listing = debugprint(node, depth=MAX_SHOWN_DEPTH, print_type=True, stop_on_name=True, file="str")
    parts = [f"Debugprint of the apply node:\n{listing}"]
    if inputs is not None:
        parts.append("\n".join(["Storage map footprint:", *_footprint(node, inputs, fgraph)]))
        values = [f" - {v}: {_Safely(value)!r}" for v, value in zip(node.inputs, inputs, strict=True)]
        parts.append("\n".join(["Inputs of the node in full:", *values]))
    return "\n".join(parts)


def _footprint(node: Apply, inputs: Sequence[Any], fgraph: FunctionGraph | None) -> Iterator[str]:
    """Lines about the memory of the inputs; a variable that the node uses twice counts once."""
    total = of_arguments = 0
    for variable, value in dict(zip(node.inputs, inputs, strict=True)).items():
        kind = _kind(variable, fgraph)
        shape, dtype = getattr(value, "shape", ()), getattr(variable.type, "numpy_dtype", None)
        if dtype is None or len(shape) != variable.type.ndim or None in shape:  # None: depends on data
            yield f" - {variable}{kind}, size not known"
            continue
        # Of what a loop computes element by element only the shape is known: this is what storing it would take.
        size = math.prod(shape) * dtype.itemsize
        yield f" - {variable}{kind}, Shape: {shape}, ItemSize: {dtype.itemsize} Byte(s), TotalSize: {size} Byte(s)"
        total += size
        of_arguments += size if kind.endswith("Input") else 0
    yield f" TotalSize: {total} Byte(s) {total / 2**30:.3f} GB"
    yield f" TotalSize inputs: {of_arguments} Byte(s) {of_arguments / 2**30:.3f} GB"


def _kind(variable: Variable, fgraph: FunctionGraph | None) -> str:
    """What a variable is to the function: nothing to say of intermediate results."""
    if isinstance(variable, Constant):
        return ", Constant"
    if hasattr(variable, "container"):
        return ", Shared Input"
    return ", Input" if fgraph is not None and variable in fgraph.inputs else ""


def _extend_message(exc: BaseException, detail: str) -> None:
    """Put `detail` behind the text of `exc`; as a note where its class makes the text in its own way."""
    if type(exc).__str__ is BaseException.__str__:  # KeyError shows its argument by `repr`: lines would run together
        text = exc.args[0] if len(exc.args) == 1 and isinstance(exc.args[0], str) else str(exc)
        exc.args = (text + detail,)
    else:
        exc.add_note(detail)
