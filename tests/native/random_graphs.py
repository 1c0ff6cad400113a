"""Random graphs over small whole numbers, built together with the values that NumPy gives for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from theano.graph import evaluate
from theano.ifelse import ifelse

FLOATS = ("float16", "float32", "float64")
INTS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = (*FLOATS, "float64", "float32", *INTS, "bool", "complex64", "complex128")
LENGTHS = (0, 1, 2, 3, 4, 5, 9, 17)
# Sums and products of larger numbers may be rounded, in an order that is the executor's business.
LARGEST = {"float16": 60, "float32": 3000, "complex64": 3000}

Step = Sequence[int]
Given = np.ndarray | Callable[[], np.ndarray]  # an argument, or what finds it when it is needed


@dataclass
class Entry:
    """A variable, its value, and whether that is exact in every executor."""

    variable: Any
    value: np.ndarray
    exact: bool = True

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def dtype(self) -> str:
        return str(self.variable.type.dtype)

    @property
    def kind(self) -> str:
        return self.value.dtype.kind

    @property
    def small(self) -> bool:
        """Whether arithmetic on it is exact."""
        if self.kind in "iub" or not self.value.size:
            return True
        return bool(np.abs(self.value).max() <= LARGEST.get(self.dtype, 1e6))


@dataclass
class Graph:
    """What a test compiles."""

    inputs: list[Any] = field(default_factory=list)
    values: list[Given] = field(default_factory=list)
    shared: list[Any] = field(default_factory=list)
    pool: list[Entry] = field(default_factory=list)
    bounds: list[Entry] = field(default_factory=list)  # numbers that are parts of slices and ranges only
    outputs: list[Entry] = field(default_factory=list)
    updates: list[tuple[Any, Entry]] = field(default_factory=list)


def numbers(seed: int, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.RandomState(seed)
    if dtype == "bool":
        return np.asarray(rng.rand(*shape) < 0.5)
    low = 0 if dtype.startswith("uint") else -4
    array = np.asarray(rng.randint(low, 5, shape))
    if dtype.startswith("complex"):
        array = array + 1j * rng.randint(-4, 5, shape)
    return np.asarray(array, dtype=dtype)


def laid_out(array: np.ndarray, layout: int) -> np.ndarray:
    """The same numbers in another memory order."""
    if array.ndim == 0 or layout == 0:
        return array
    if layout == 1:
        return np.asfortranarray(array)
    if layout == 2:  # every second element of a larger array
        wide = np.zeros([2 * n for n in array.shape], dtype=array.dtype)
        view = wide[tuple(slice(None, None, 2) for _ in array.shape)]
    else:  # backwards
        view = np.zeros_like(array)[tuple(slice(None, None, -1) for _ in array.shape)]
    view[...] = array
    return view


def add_leaf(graph: Graph, spec: Step) -> None:
    """An input or, every third time, a shared variable."""
    dtype = DTYPES[spec[0] % len(DTYPES)]
    ndim = spec[1] % 4
    shape = tuple(LENGTHS[(spec[2] >> (3 * k)) % len(LENGTHS)] for k in range(ndim))
    if ndim == 3:
        shape = tuple(min(n, 5) for n in shape)
    broadcast = tuple(n == 1 and bool(spec[3] >> k & 1) for k, n in enumerate(shape))
    value = numbers(spec[4], dtype, shape)
    if spec[4] % 5 == 0 and (same := overlapping(graph, spec)) is not None:
        v, given, value = same
        graph.inputs.append(v)
        graph.values.append(given)
    elif spec[5] % 3 == 0:
        v = theano.shared(value, broadcastable=broadcast)
        graph.shared.append(v)
    else:
        v = T.TensorType(dtype, broadcast)()
        graph.inputs.append(v)
        graph.values.append(laid_out(value, spec[5] % 4))
    graph.pool.append(Entry(v, value))


def overlapping(graph: Graph, spec: Step) -> tuple[Any, Given, np.ndarray] | None:
    """An input that shares memory with one that is there: the same array, a part of it, a part of shared storage."""
    if spec[5] % 2 and graph.shared:
        s = graph.shared[spec[5] % len(graph.shared)]
        value = s.get_value()
        part = slice(spec[4] % 2, None) if value.ndim else ()
        v = T.TensorType(str(value.dtype), (False,) * value.ndim)()

        def now() -> np.ndarray:
            current = s.get_value(borrow=True)
            return current[part] if current.shape == value.shape else value[part]

        return v, now, value[part]
    arrays = [a for a in graph.values if isinstance(a, np.ndarray)]
    if not arrays:
        return None
    array = arrays[spec[5] % len(arrays)]
    if array.ndim and spec[4] % 2:
        array = array[: 1 + spec[5] % 3]
    return T.TensorType(str(array.dtype), (False,) * array.ndim)(), array, np.array(array)


Builder = Callable[[Graph, Entry, Step], "Any"]
BUILDERS: list[Builder] = []


def builder(function: Builder) -> Builder:
    BUILDERS.append(function)
    return function


def partner(graph: Graph, x: Entry, number: int) -> Entry:
    """An operand that `x` can be combined with element by element."""
    fits = [e for e in graph.pool if matches(x, e)]
    return fits[number % len(fits)]


def matches(x: Entry, y: Entry) -> bool:
    for k in range(1, min(x.ndim, y.ndim) + 1):
        a, b = x.value.shape[-k], y.value.shape[-k]
        one = x.variable.type.broadcastable[-k] or y.variable.type.broadcastable[-k]
        if a != b and not (one and 1 in (a, b)):
            return False
    return True


SMOOTH = (T.exp, T.tanh, T.nnet.sigmoid, T.sin, T.arctan, T.nnet.softplus, T.log1p, T.sqrt, T.erf, T.expm1)


@builder
def smooth(graph: Graph, x: Entry, step: Step) -> Any:
    if x.kind == "c" or x.dtype == "float16" or not x.small:
        return None
    y = x.variable if x.kind == "f" else T.cast(x.variable, "float64")
    return SMOOTH[step[2] % len(SMOOTH)](T.minimum(abs(y), 20)), False


@builder
def unary(graph: Graph, x: Entry, step: Step) -> Any:
    v = x.variable
    if x.dtype == "bool":
        return ~v
    if x.kind == "c":
        return (v.real, v.imag, T.conj(v), -v, abs(v))[step[2] % 5], x.exact and step[2] % 5 != 4
    choices = [lambda: -v, lambda: abs(v), lambda: T.sqr(v), lambda: T.sgn(v)]
    if x.exact and x.kind == "f":
        choices += [lambda: T.floor(v / 2), lambda: T.eq(v, 1), lambda: T.isnan(v), lambda: T.round(v / 4)]
    return choices[step[2] % len(choices)]() if x.small else None


@builder
def cast(graph: Graph, x: Entry, step: Step) -> Any:
    dtype = DTYPES[step[2] % len(DTYPES)]
    if x.kind == "c" or not x.exact:
        return None
    if not np.isfinite(x.value).all() or not (np.abs(x.value.astype(float)) < 100).all():
        return None
    if dtype.startswith("uint") and (x.value < 0).any():
        return None
    return T.cast(x.variable, dtype)


@builder
def binary(graph: Graph, x: Entry, step: Step) -> Any:
    y = partner(graph, x, step[3])
    a, b = x.variable, y.variable
    if "bool" in (x.dtype, y.dtype):
        return T.mul(a, b)
    if not (x.small and y.small):
        return None
    choices: list[Callable[[], Any]] = [lambda: a + b, lambda: a - b, lambda: a * b]
    if "c" not in (x.kind, y.kind):
        choices += [lambda: T.maximum(a, b), lambda: T.minimum(a, b)]
        if x.exact and y.exact:
            choices += [lambda: T.lt(a, b), lambda: T.eq(a, b), lambda: a // T.maximum(abs(b), 1),
                        lambda: a % T.maximum(abs(b), 1), lambda: T.switch(T.ge(a, b), a, b)]  # fmt: skip
    return choices[step[2] % len(choices)]()


@builder
def reduction(graph: Graph, x: Entry, step: Step) -> Any:
    v = x.variable
    axis: Any = None if step[3] % 4 == 0 or not x.ndim else step[3] % x.ndim
    if x.ndim > 1 and step[3] % 5 < 2:  # several axes, in any order
        axis = tuple(np.random.RandomState(step[3]).permutation(x.ndim)[: 1 + step[3] % x.ndim].tolist())
    keep = bool(step[4] & 1)
    empty = x.value.size == 0 and any(n == 0 for n in x.value.shape)
    choices: list[Callable[[], Any]] = [lambda: v.sum(axis=axis, keepdims=keep)]
    if x.kind != "c":
        if not empty and x.dtype != "bool":
            choices += [lambda: v.max(axis=axis, keepdims=keep), lambda: v.min(axis=axis, keepdims=keep)]
            if x.exact and not isinstance(axis, tuple):
                choices.append(lambda: T.argmax(v, axis=axis))
        if x.exact:
            choices += [lambda: T.any(T.neq(v, 0), axis=axis), lambda: T.all(T.neq(v, 0), axis=axis)]
        if x.value.size < 9:
            choices.append(lambda: v.prod(axis=axis, keepdims=keep))
        if not empty:
            choices.append(lambda: (v.mean(axis=axis, keepdims=keep), False))
            if x.dtype not in ("bool", "float16"):
                choices += [lambda: (v.var(axis=axis, keepdims=keep), False), lambda: (by_hand(v, axis, keep), False)]
    return choices[step[2] % len(choices)]() if x.small else None


def by_hand(v: Any, axis: Any, keep: bool) -> Any:
    """A variance in other words."""
    return T.sqr(v - T.mean(v, axis=axis, keepdims=True)).mean(axis=axis, keepdims=keep)


@builder
def axes(graph: Graph, x: Entry, step: Step) -> Any:
    order: list[Any] = list(np.random.RandomState(step[2]).permutation(x.ndim))
    if step[3] % 2 and x.ndim < 3:
        order.insert(step[4] % (x.ndim + 1), "x")
    return x.variable.dimshuffle(*order) if order else None


@builder
def reshape(graph: Graph, x: Entry, step: Step) -> Any:
    v, size = x.variable, x.value.size
    if step[2] % 4 == 0:
        return v.flatten()
    if step[2] % 4 == 1 and x.ndim == 2:
        return v.reshape((v.shape[1], v.shape[0]))
    if step[2] % 4 == 2 and size:
        return v.reshape((-1, 1) if step[3] % 2 else (1, -1))
    return v.reshape((size // 2, 2)) if size % 2 == 0 else v.reshape((size,))


@builder
def index(graph: Graph, x: Entry, step: Step) -> Any:
    return x.variable[subscript(x, step)] if x.ndim else None


def subscript(x: Entry, step: Step) -> Any:
    """Integers and slices for the first axes."""
    parts: list[Any] = []
    for k in range(1 + step[2] % x.ndim):
        code, n = step[3] >> (2 * k), x.value.shape[k]
        bounds = [None, step[4] % 4, -(step[4] % 3) - 1]
        if code % 4 == 0 and n:
            parts.append(step[4] % n - (n if step[4] % 2 else 0))
        elif code % 4 == 1:
            parts.append(slice(bounds[code % 3], bounds[step[2] % 3], None))
        else:
            parts.append(slice(bounds[step[4] % 3], bounds[code % 3], (2, -1, -2)[step[4] % 3]))
    return tuple(parts)


def far(graph: Graph, value: int, found_when_it_runs: bool) -> Any:
    """A part of a slice or range, as a number or as an argument of the program."""
    if not found_when_it_runs:
        return T.constant(np.asarray(value, dtype="int64"))
    v = T.lscalar()
    graph.inputs.append(v)
    graph.values.append(np.asarray(value))
    graph.bounds.append(Entry(v, np.asarray(value)))
    return v


ENDS = (0, 1, -1, 2, -2, 2**31, 2**62, -(2**62), 2**63 - 1, -(2**63 - 1), -(2**63))


@builder
def far_away(graph: Graph, x: Entry, step: Step) -> Any:
    """Slices, read or written, with bounds and steps up to the ends of the integers."""
    if not x.ndim or x.dtype == "bool":
        return None
    n = x.value.shape[0]
    parts: list[Any] = []
    for k in range(3):
        code = step[2 + k]
        value = (*ENDS, n, -n, n - 1)[code % (len(ENDS) + 3)]
        missing = code // 20 % 4 == 0 or (k == 2 and value == 0)
        parts.append(None if missing else far(graph, value, bool(code // 80 % 2)))
    window = x.variable[slice(*parts)]
    if step[2] // 200 % 3 == 0:
        return window
    y = T.cast(T.constant(2), x.dtype)
    return T.set_subtensor(window, y) if step[3] // 200 % 2 else T.inc_subtensor(window, y) if x.small else None


@builder
def ranges(graph: Graph, x: Entry, step: Step) -> Any:
    """A few numbers between the ends of the integers."""
    start, by = (ENDS[step[k] % len(ENDS)] for k in (2, 3))
    stop = min(max(start + (by or 1) * (step[4] % 5), -(2**63)), 2**63 - 1) - step[4] // 5 % 2
    if stop < -(2**63):
        return None
    parts = [far(graph, v, bool(step[2] >> (4 + k) & 1)) for k, v in enumerate((start, stop, by or 1))]
    made = T.arange(*parts)
    return made.shape[0] if step[3] // 20 % 2 else made % 7


@builder
def cut_off(graph: Graph, x: Entry, step: Step) -> Any:
    """Floats beyond the integers that they become; the products are exact."""
    if x.kind != "f" or not x.exact or not x.small:
        return None
    scale = (2.0**7, 2.0**15, 2.0**31, 2.0**32, 2.0**40, 2.0**63, 2.0**70, np.inf, np.nan)[step[2] % 9]
    with np.errstate(all="ignore"):
        factor = T.constant(np.asarray(scale).astype(x.dtype))
    return T.cast(x.variable * factor, INTS[step[3] % len(INTS)]) % 7


@builder
def found(graph: Graph, x: Entry, step: Step) -> Any:
    """An element or rows at a place that is computed: for all that is known before, out of range."""
    if not x.ndim or not x.value.shape[0]:
        return None
    numbers = [e for e in graph.pool if e.exact and e.small and e.kind in "iuf" and e.value.size]
    if not numbers:
        return None
    e = numbers[step[2] % len(numbers)]
    place = T.cast(abs(e.variable).max(), "int64") % T.maximum(x.variable.shape[0], 1)
    return x.variable[place] if step[3] % 2 else x.variable[place:]


@builder
def masked(graph: Graph, x: Entry, step: Step) -> Any:
    """As many rows as the numbers say; others that happen to be as many are combined with them."""
    if not x.ndim or not x.exact or x.kind == "c":
        return None
    number = x.variable if x.ndim == 1 else T.neq(x.variable, 0).sum(axis=tuple(range(1, x.ndim)))
    chosen = T.neq(number, 0) if step[2] % 2 else T.eq(number, 0)
    return x.variable[chosen.nonzero()[0]]


@builder
def ordered(graph: Graph, x: Entry, step: Step) -> Any:
    """Numbers in order, where they would go, those that differ, and how often."""
    if not x.ndim or not x.exact or x.kind == "c":
        return None
    v, axis = x.variable, step[2] % x.ndim
    choices = [lambda: T.sort(v, axis), lambda: T.argsort(v, axis, kind="stable"), lambda: T.sort(v, None, "stable"),
               lambda: T.extra_ops.Unique(True, True, True)(v)[step[4] % 4],
               lambda: T.extra_ops.Unique(True, True, True, axis)(v)[step[4] % 4]]  # fmt: skip
    if x.value.shape[axis] > 1:
        choices.append(lambda: T.topk_and_argtopk(v, (2, -1)[step[4] % 2], axis)[step[4] // 2 % 2])
    return choices[step[3] % len(choices)]()


@builder
def repeated(graph: Graph, x: Entry, step: Step) -> Any:
    """Elements as often as numbers say, and places in what is sorted."""
    if not x.ndim or not x.exact or x.value.size > 200:
        return None
    if step[2] % 2 == 0 and x.kind != "c" and x.ndim == 1:
        return T.extra_ops.searchsorted(T.sort(x.variable), x.variable, ("left", "right")[step[3] % 2])
    axis = step[2] // 2 % x.ndim
    times = (T.arange(x.variable.shape[axis]) + step[3] % 3) % 3
    return T.extra_ops.RepeatOp(axis)(x.variable, times)


@builder
def gather(graph: Graph, x: Entry, step: Step) -> Any:
    if not x.ndim or not x.value.shape[0]:
        return None
    n = x.value.shape[0]
    places = np.random.RandomState(step[2]).randint(-n, n, step[3] % 5)
    if step[4] % 2 and x.ndim == 2 and x.value.shape[1]:
        if not len(places):
            return None
        rows = T.arange(x.variable.shape[0])  # columns for all of them, also when an update changes how many they are
        return x.variable[rows, T.constant(places[:1] % x.value.shape[1])[rows % 1]]
    return x.variable[T.constant(places)]


@builder
def places(graph: Graph, x: Entry, step: Step) -> Any:
    """Read or written where arrays say, along any axis or two: some places more than once."""
    if not x.value.size or not x.ndim or x.dtype == "bool":
        return None
    rng, axis = np.random.RandomState(step[2]), step[3] % x.ndim
    count = step[4] // 4 % 6
    arrays = [T.constant(rng.randint(-n, n, count)) for n in x.value.shape[axis : axis + 1 + step[3] // 4 % 2]]
    window = x.variable[(*[slice(None)] * axis, *arrays)]
    y = T.cast(T.arange(1, count + 1), x.dtype).dimshuffle(0, *"x" * (x.ndim - axis - len(arrays)))
    if step[4] % 4 == 0:
        return window
    return T.set_subtensor(window, y) if step[4] % 4 == 1 else T.inc_subtensor(window, y) if x.small else None


@builder
def behind_mask(graph: Graph, x: Entry, step: Step) -> Any:
    """A number, or numbers of its own, written where something holds."""
    if not x.ndim or not x.exact or x.kind not in "if" or not x.small:
        return None
    window = x.variable[T.gt(x.variable, step[2] % 3)]
    y = window * T.cast(2, x.dtype) if step[3] % 3 == 0 else T.cast(T.constant(2), x.dtype)
    return T.set_subtensor(window, y) if step[4] % 2 else T.inc_subtensor(window, y)


@builder
def assign(graph: Graph, x: Entry, step: Step) -> Any:
    if not x.ndim or x.dtype == "bool":
        return None
    if step[3] % 3 == 2 and x.value.shape[0]:
        places = np.random.RandomState(step[2]).randint(0, x.value.shape[0], step[4] % 5)
        window = x.variable[T.constant(places)]
    else:
        window = x.variable[subscript(x, step)]
    y = T.cast(T.constant(2), x.dtype)
    fits = [e for e in graph.pool if e.dtype == x.dtype and e.ndim == 0]
    if fits and step[2] % 2:
        y = fits[step[3] % len(fits)].variable
    elif x.small and step[2] % 3 == 0:  # numbers of the same kind as those they are put among
        y = (window[::-1] if window.ndim else window) + y
    return T.set_subtensor(window, y) if step[4] % 2 else T.inc_subtensor(window, y) if x.small else None


@builder
def chain(graph: Graph, x: Entry, step: Step) -> Any:
    """Windows of one array written one after the other."""
    if not x.ndim or x.dtype == "bool" or not x.small or x.value.shape[0] < 2:
        return None
    v = x.variable
    for k in range(2 + step[2] % 2):
        window = (v[0], v[1:], v[-1], v[:-1])[(step[3] >> (2 * k)) % 4]
        new = T.cast(k + 1, x.dtype) * (x.variable[1] if window.ndim < x.ndim else x.variable[1:])
        v = T.set_subtensor(window, new) if step[4] >> k & 1 else T.inc_subtensor(window, new)
    return v


@builder
def split(graph: Graph, x: Entry, step: Step) -> Any:
    if not x.ndim:
        return None
    axis = step[2] % x.ndim
    n = x.value.shape[axis]
    sizes = [step[3] % (n + 1)]
    sizes.append(n - sizes[0])
    return T.split(x.variable, sizes, 2, axis=axis)[step[4] % 2]


@builder
def labelled(graph: Graph, x: Entry, step: Step) -> Any:
    """An element of each row, by number."""
    if x.ndim != 2 or not x.value.shape[1]:
        return None
    n, m = x.value.shape
    places = np.random.RandomState(step[2]).randint(-m, m, max(n, 1))
    rows = T.arange(x.variable.shape[0])
    columns = T.constant(places)[rows % len(places)]  # as many as there are rows, also when an update changes that
    if x.dtype in ("float32", "float64") and x.small and step[3] % 2:
        loss = T.nnet.logsoftmax(x.variable)[rows, columns]
        return (loss if step[4] % 2 else theano.grad(-loss.sum(), x.variable, add_names=False)), False
    picked = (x.variable * T.cast(1, x.dtype))[rows, columns]
    return picked if step[4] % 2 else T.inc_subtensor(T.zeros_like(x.variable)[rows, columns], picked)


@builder
def gradient(graph: Graph, x: Entry, step: Step) -> Any:
    """With respect to something that an expression has been made of."""
    if x.dtype not in ("float32", "float64") or not x.small:
        return None
    fits = [e for e in graph.pool if e.dtype in ("float32", "float64")]
    y = fits[step[2] % len(fits)]
    cost = x.variable if step[3] % 2 else T.sqr(x.variable)
    made = theano.grad(cost.sum(), y.variable, disconnected_inputs="ignore", return_disconnected="None")
    return None if made is None else (made, x.exact and y.exact and False)


@builder
def join(graph: Graph, x: Entry, step: Step) -> Any:
    if not x.ndim:
        return None
    axis = step[2] % x.ndim
    fits = [
        e for e in graph.pool
        if e.ndim == x.ndim and e.dtype == x.dtype
        and all(a == b for k, (a, b) in enumerate(zip(e.value.shape, x.value.shape)) if k != axis)
    ]  # fmt: skip
    y = fits[step[3] % len(fits)]
    if step[4] % 3 == 0 and y.value.shape == x.value.shape and x.ndim < 3:
        return T.stack([x.variable, y.variable], axis=axis), x.exact and y.exact
    return T.concatenate([x.variable, y.variable], axis=axis), x.exact and y.exact


@builder
def product(graph: Graph, x: Entry, step: Step) -> Any:
    if x.ndim not in (1, 2) or x.dtype in ("bool", "float16"):
        return None
    fits = [
        e for e in graph.pool
        if e.ndim in (1, 2) and e.value.shape[0] == x.value.shape[-1] and e.dtype not in ("bool", "float16") and e.small
    ]  # fmt: skip
    if not fits or not x.small:
        return None
    y = fits[step[2] % len(fits)]
    if step[3] % 4 == 0 and x.ndim == 2 and y.ndim == 2 and x.dtype == y.dtype:
        both = T.batched_dot(T.stack([x.variable, x.variable]), T.stack([y.variable, y.variable]))
        return both, x.exact and y.exact
    return T.dot(x.variable, y.variable), x.exact and y.exact


@builder
def branch(graph: Graph, x: Entry, step: Step) -> Any:
    conditions = [e for e in graph.pool if e.ndim == 0 and e.exact and e.kind in "iub"]
    fits = [e for e in graph.pool if e.variable.type == x.variable.type]
    if not conditions:
        return None
    y = fits[step[3] % len(fits)]
    return ifelse(conditions[step[2] % len(conditions)].variable, x.variable, y.variable), x.exact and y.exact


@builder
def softmax(graph: Graph, x: Entry, step: Step) -> Any:
    if x.ndim != 2 or x.dtype not in ("float32", "float64") or not x.value.shape[1] or not x.small:
        return None
    return (T.nnet.softmax, T.nnet.logsoftmax)[step[2] % 2](x.variable), False


@builder
def made(graph: Graph, x: Entry, step: Step) -> Any:
    v = x.variable
    if not x.ndim:
        return T.alloc(v, 1 + step[2] % 4, step[3] % 4)
    choices = [lambda: T.zeros_like(v), lambda: T.arange(v.shape[0]), lambda: v.shape, lambda: T.ones_like(v),
               lambda: T.eye(v.shape[0], step[3] % 4, dtype="float32")]  # fmt: skip
    return choices[step[2] % len(choices)]()


@builder
def cumulative(graph: Graph, x: Entry, step: Step) -> Any:
    """Running sums along any axis, and products of few numbers."""
    if not x.ndim or not x.small:
        return None
    axis = None if step[2] % 4 == 0 else step[2] % x.ndim
    if step[3] % 3 == 0 and x.value.size < 9 and x.kind != "c":
        return T.cumprod(x.variable, axis=axis)
    return T.cumsum(x.variable, axis=axis)


def grow(graph: Graph, step: Step) -> None:
    """Add one expression to the pool, if the step fits to what is there."""
    x = graph.pool[step[1] % len(graph.pool)]
    made = BUILDERS[step[0] % len(BUILDERS)](graph, x, step)
    if made is None:
        return
    v, exact = made if isinstance(made, tuple) else (made, None)
    known = {e.variable: e for e in graph.pool}
    with np.errstate(all="ignore"):
        (value,) = evaluate([v], {e.variable: e.value for e in (*graph.pool, *graph.bounds)})
    if exact is None:
        exact = _inherited(v, known)
    if value.size > 4000 or v in known or not np.isfinite(value).all():
        return
    graph.pool.append(Entry(v, np.asarray(value), exact))


def _inherited(v: Any, known: dict[Any, Entry]) -> bool:
    """Whether all that a new expression is made of is exact."""
    stack, seen = [v], set()
    while stack:
        u = stack.pop()
        if u in known:
            if not known[u].exact:
                return False
        elif u.owner is not None and u not in seen:
            seen.add(u)
            stack.extend(u.owner.inputs)
    return True


def build(leaves: Sequence[Step], steps: Sequence[Step], wanted: Sequence[int]) -> Graph:
    graph = Graph()
    for spec in leaves:
        add_leaf(graph, spec)
    for step in steps:
        grow(graph, step)
    chosen = [graph.pool[-1 - k % len(graph.pool)] for k in wanted]
    graph.outputs = chosen
    for k, s in enumerate(graph.shared):
        fits = [e for e in graph.pool if e.variable.type == s.type and e.variable is not s and e.small]
        if fits:
            new = fits[(wanted[0] + k) % len(fits)]
            old = next(e for e in graph.pool if e.variable is s)
            if k % 2 and new.kind in "iuf" and old.small and matches(old, new):
                new = Entry(s + new.variable, old.value + new.value, new.exact)
                graph.pool.append(new)
            graph.updates.append((s, new))
    return graph
