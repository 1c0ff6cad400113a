"""One cell of the grid: an expression of ops for a dtype, lengths and a layout, computed in two ways."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import theano
import theano.tensor as T
from theano.gradient import Rop, grad
from theano.graph import evaluate
from theano.graph.errors import MethodNotDefined
from theano.graph.null_type import DisconnectedType, NullType

DTYPES = ["float64", "float32", "float16", "complex128", "complex64", "int64", "int8", "uint8", "bool"]


class Lengths(NamedTuple):
    """How an example's lengths are changed: equal ones stay equal, so that what fits goes on to fit."""

    name: str
    of: Callable[[int, list[int]], int]
    repeats: bool = False


LENGTHS = [
    Lengths("as they are", lambda n, every: n),
    Lengths("the first is 0", lambda n, every: 0 if n == every[0] else n),
    Lengths("the last is 0", lambda n, every: 0 if n == every[-1] else n),
    Lengths("all are 1", lambda n, every: 1),
    Lengths("the first is 1", lambda n, every: 1 if n == every[0] else n),
    Lengths("longer", lambda n, every: n + 7 if n > 1 else n, True),
    Lengths("longer than a vector", lambda n, every: n + 30 if n == every[-1] else n, True),
]


class Layout(NamedTuple):
    """An array that holds a value in some order, and what the expression is given of a variable for that array."""

    name: str
    array: Callable[[np.ndarray], np.ndarray]
    look: Callable[[Any], Any]


def _backwards(a: Any) -> Any:
    return a[(slice(None, None, -1),) * a.ndim] if a.ndim else a


def _apart(a: np.ndarray) -> np.ndarray:
    """The same numbers with gaps between them."""
    wide = np.zeros([2 * n for n in a.shape], a.dtype)
    wide[tuple(slice(None, None, 2) for _ in a.shape)] = a
    return wide[tuple(slice(None, None, 2) for _ in a.shape)]


LAYOUTS = [
    Layout("in C order", lambda a: np.array(a, order="C"), lambda x: x),
    Layout("an array in Fortran order", lambda a: np.array(a, order="F"), lambda x: x),
    Layout("an array backwards", lambda a: _backwards(np.array(_backwards(a))), lambda x: x),
    Layout("an array with gaps", _apart, lambda x: x),
    Layout("transposed in the graph", lambda a: np.array(a.T, order="C"), lambda x: x.T),
    Layout("backwards in the graph", lambda a: np.array(_backwards(a), order="C"), lambda x: _backwards(x)),
    Layout("a part in the graph", lambda a: np.pad(a, 1), lambda x: x[(slice(1, -1),) * x.ndim] if x.ndim else x),
]  # fmt: skip


class Cell(NamedTuple):
    """An entry's name, and how its inputs are changed."""

    entry: str
    dtype: str
    lengths: Lengths
    layout: Layout

    def __str__(self) -> str:
        return f"{self.entry}, {self.dtype}, {self.lengths.name}, {self.layout.name}"


def lengths_for(name: str, full_rank: tuple[str, ...]) -> list[Lengths]:
    """The lengths that an entry can have: rows are repeated in longer matrices, which then have no full rank."""
    return [n for n in LENGTHS if not n.repeats] if name.startswith(full_rank) else LENGTHS


def cells_of(name: str, count: int, full_rank: tuple[str, ...]) -> Iterator[Cell]:
    """The plain cell of an entry, and some others: the same in each run, others for each name."""
    rng = random.Random(zlib.crc32(name.encode()))
    yield Cell(name, "float64", LENGTHS[0], rng.choice(LAYOUTS))
    for _ in range(count - 1):
        yield Cell(name, rng.choice(DTYPES), rng.choice(lengths_for(name, full_rank)), rng.choice(LAYOUTS))


def as_dtype(point: np.ndarray, dtype: str) -> np.ndarray:
    """A point with numbers of another dtype that are about as large; whole numbers stay what they are."""
    if point.dtype.kind != "f":
        return point
    if dtype == "bool":
        return point > 1
    if dtype.startswith("uint"):
        return np.rint(3 * np.abs(point)).astype(dtype)
    if dtype.startswith("int"):
        return np.rint(3 * point).astype(dtype)
    return point.astype(dtype)


def resized(point: np.ndarray, lengths: Lengths, every: list[int]) -> np.ndarray:
    """A point with other lengths, whose numbers are repeated. An axis of one element may be there to spread."""
    shape = tuple(lengths.of(n, every) if n != 1 else 1 for n in point.shape)
    return np.resize(point, shape) if point.size and 0 not in shape else np.zeros(shape, point.dtype)


class Refused(Exception):
    """The expression is not defined for these dtypes or lengths, and says so."""


def inputs_of(points: Sequence[np.ndarray], cell: Cell) -> tuple[list[np.ndarray], list[Any], list[Any]]:
    """The arrays of a cell, variables for them, and what the expression is given."""
    every = sorted({n for p in points for n in p.shape if n != 1} or {1})
    values = [as_dtype(resized(np.asarray(p), cell.lengths, every), cell.dtype) for p in points]
    arrays = [cell.layout.array(v) if v.dtype.kind in "fcb" or v.dtype == cell.dtype else v for v in values]
    variables, given = [], []
    for k, (a, v) in enumerate(zip(arrays, values, strict=True)):
        # Lengths of 1 are known only where they are meant to spread.
        spreads = points[k].shape
        x = T.TensorType(a.dtype.name, [n == 1 for n in (spreads if a.shape == v.shape else (2,) * a.ndim)])(f"x{k}")
        variables.append(x)
        given.append(cell.layout.look(x) if a is not v else x)
    return arrays, variables, given


def results_of(make: Callable[..., Any], given: Sequence[Any]) -> list[tuple[str, Any]]:
    """What a cell computes: the outputs, their lengths, gradients, and changes in a direction.

    Raises
    ------
    Refused
        The expression can't be made of such inputs.
    """
    try:
        made = make(*given)
    except (TypeError, ValueError, NotImplementedError, IndexError, OverflowError, AttributeError) as error:
        raise Refused(str(error)) from error
    outputs = list(made) if isinstance(made, list | tuple) else [made]
    named = [(f"output {k}", out) for k, out in enumerate(outputs)]
    named += [(f"shape of output {k}", out.shape) for k, out in enumerate(outputs) if hasattr(out, "ndim")]
    smooth = [x for x in given if x.dtype.startswith(("float", "complex"))]
    cost = _cost(outputs)
    if cost is None or not smooth:
        return named
    try:
        slopes = grad(cost, smooth, disconnected_inputs="ignore", return_disconnected="Disconnected",
                      null_gradients="return")  # fmt: skip
    except (MethodNotDefined, NotImplementedError, AttributeError, TypeError):
        return named
    known = [(x, g) for x, g in zip(smooth, slopes, strict=True) if not isinstance(g.type, DisconnectedType | NullType)]
    named += [(f"gradient of {x.name or x}", g) for x, g in known]
    if len(known) < len(smooth) or any(x.dtype.startswith("complex") for x in smooth):
        return named
    try:
        change = Rop(cost, smooth, [direction_of(x) for x in smooth])
    except (MethodNotDefined, NotImplementedError, AttributeError, TypeError, ValueError):
        return named
    along = sum(T.sum(T.cast(g, "float64") * direction_of(x)) for x, g in known)
    return [*named, ("change in a direction", change), ("change by the gradient", along)]


def direction_of(x: Any) -> Any:
    """Numbers by which an input is changed; the same for each way to compute."""
    ramp = T.arange(T.prod(x.shape, dtype="int64")).astype(x.dtype).reshape(x.shape, ndim=x.ndim)
    return (ramp % 3 - 1) / np.asarray(2, x.dtype)


def _cost(outputs: Sequence[Any]) -> Any:
    """A number that depends on all outputs of floating point; None if there are none."""
    parts = []
    for k, out in enumerate(outputs):
        dtype = getattr(out, "dtype", "")
        if dtype.startswith("complex"):
            parts += [T.sum(T.cast(T.real(out), "float64")), 2 * T.sum(T.cast(T.imag(out), "float64"))]
        elif dtype.startswith("float"):
            parts.append((k + 1) * T.sum(T.cast(out, "float64") * direction_of(out).astype("float64")))
    return sum(parts[1:], parts[0]) if parts else None


TOLERANCE = {"float64": 1e-8, "complex128": 1e-8, "float32": 2e-4, "complex64": 2e-4, "float16": 3e-2}


def assert_agree(name: str, got: Any, wanted: Any, dtype: str) -> None:
    """Same dtype, same shape, and the same numbers but for rounding in `dtype` somewhere on the way."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.dtype == wanted.dtype, f"{name}: {got.dtype}, not {wanted.dtype}"
    assert got.shape == wanted.shape, f"{name}: {got.shape}, not {wanted.shape}"
    if got.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, wanted, err_msg=name)
        return
    tolerance = max(TOLERANCE.get(dtype, 0.0), TOLERANCE[got.dtype.name])
    finite = np.abs(wanted[np.isfinite(wanted)])
    # Where terms cancel the rounding is that of the terms, which are about 1.
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=name)


def check(make: Callable[..., Any], points: Sequence[np.ndarray], cell: Cell, anything: bool = False) -> bool:
    """Compare compiled code with the ops' definitions in NumPy; False where the cell is refused by both.

    Outputs that may hold `anything` have a dtype and a shape only.
    """
    arrays, variables, given = inputs_of(points, cell)
    try:
        named = results_of(make, given)
    except Refused:
        return False
    graphs = [v for _, v in named]
    wanted, said = _tried(lambda: evaluate(graphs, dict(zip(variables, arrays, strict=True))))
    # In-place operations of users are copied for where somebody else reads what they overwrite.
    f, refused = _tried(lambda: theano.function(variables, graphs, accept_inplace=True, on_unused_input="ignore"))
    got, error = (None, refused) if refused is not None else _tried(lambda: f(*arrays))
    if said is not None:
        computed = "" if got is None else f"; compiled code computes {named[0][0]} = {got[0]}"
        assert error is not None, f"NumPy says {type(said).__name__}: {said}{computed}"
        return False
    if error is not None:
        raise error
    if anything:
        assert [(a.dtype, a.shape) for a in got] == [(b.dtype, b.shape) for b in wanted]
        return True
    values = dict(zip([n for n, _ in named], got, strict=True))
    for (name, _), a, b in zip(named, got, wanted, strict=True):
        assert_agree(name, a, b, cell.dtype)
    if "change by the gradient" in values:
        rounding = max(TOLERANCE.get(cell.dtype, 0.0), 1e-8)
        if not np.isfinite(values["change in a direction"]):
            return True
        slopes = [np.abs(v).sum() for n, v in values.items() if n.startswith("gradient of")]
        np.testing.assert_allclose(
            float(values["change in a direction"]), float(values["change by the gradient"]), rtol=rounding,
            atol=rounding * max(1.0, float(np.sum(slopes))), err_msg="R-op and gradient",
        )  # fmt: skip
    return True


def _tried(compute: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        with np.errstate(all="ignore"):
            return compute(), None
    except Exception as error:
        return None, error
