"""Random programs on sparse matrices several of whose elements stand for one place: values and gradients of elements.

What a program means is computed by NumPy on lists of elements (`Elements`), which knows no structure: elements of one
place are added where a matrix counts, and functions of elements take each for itself. Gradients with respect to the
`data` of the matrices are compared with differences of these values.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import theano
import theano.tensor as T
from theano import sparse as S
from theano.ifelse import ifelse
from theano.sparse.csm import same_structure

M, N = 4, 5


class Elements(NamedTuple):
    """The elements of a matrix, in any order, several maybe for one place."""

    rows: np.ndarray
    columns: np.ndarray
    data: np.ndarray
    shape: tuple[int, int]

    def dense(self) -> np.ndarray:
        made = np.zeros(self.shape)
        np.add.at(made, (self.rows, self.columns), self.data)
        return made

    def each(self, function: Callable[..., np.ndarray]) -> Elements:
        return self._replace(data=function(self.data))


def merged(dense: np.ndarray) -> Elements:
    """One element for each place that is not 0."""
    rows, columns = dense.nonzero()
    return Elements(rows, columns, dense[rows, columns], dense.shape)


class Program:
    """Steps that are drawn; each makes a variable of others, and its value of theirs."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.numbers = np.random.RandomState(rng.randrange(10**6))
        self.inputs: list[Any] = []
        self.values: list[np.ndarray] = []
        self.variables: list[Any] = []
        self.rules: list[Callable[[list[Any]], Any]] = []  # values, of those of all variables before
        for _ in range(rng.randint(1, 2)):
            self._matrix()

    def input(self, value: np.ndarray) -> int:
        """The number of a new dense input."""
        x = T.TensorType("float64", (False,) * value.ndim)(f"in{len(self.inputs)}")
        k = len(self.inputs)
        self.inputs.append(x)
        self.values.append(value)
        return self.add(x, lambda known: known[0][k])

    def add(self, variable: Any, rule: Callable[[list[Any]], Any]) -> int:
        self.variables.append(variable)
        self.rules.append(rule)
        return len(self.rules)  # the first value is the list of all inputs

    def run(self, inputs: list[np.ndarray]) -> list[Any]:
        known: list[Any] = [inputs]
        for rule in self.rules:
            known.append(rule(known))
        return known

    def __getitem__(self, k: int) -> Any:
        return self.variables[k - 1]

    def _matrix(self) -> None:
        """A matrix of given structure, whose elements are an input."""
        format = self.rng.choice(["csr", "csc"])
        lines, width = (M, N) if format == "csr" else (N, M)
        count = self.rng.choice([0, 6, 12])
        along = np.sort(self.numbers.randint(0, lines, count))
        across = self.numbers.randint(0, max(1, width - 2), count)  # few places: some twice
        if self.rng.random() < 0.5:
            across = across[np.lexsort((across, along))]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(along, minlength=lines))])
        data = self.input(self.numbers.uniform(0.2, 1.0, count) * self.numbers.choice([-1, 1], count))
        x = S.CSM(format)(self[data], T.constant(across.astype("int32")), T.constant(indptr.astype("int32")), [M, N])
        rows, columns = (along, across) if format == "csr" else (across, along)
        self.add(x, lambda known: Elements(rows, columns, known[data], (M, N)))

    def drawn(self, shape: tuple[int, int] | None = None) -> int:
        """A sparse variable, the latest rather; of this shape, if one is given."""
        fitting = [k for k, v in enumerate(self.variables, 1) if hasattr(v.type, "format")]
        if shape is not None:
            fitting = [k for k in fitting if self.shape(k) == shape]
        return fitting[-1] if self.rng.random() < 0.6 else self.rng.choice(fitting)

    def shape(self, k: int) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.run(self.values)[k].shape
        return shape

    def dense(self, *shape: int) -> int:
        return self.input(self.numbers.uniform(0.2, 1.0, shape))

    def step(self) -> None:
        k = self.drawn()
        STEPS[self.rng.choice(list(STEPS))](self, k, self[k])


# -- steps: they get the program and a sparse variable, with its number ------------------------------------------------
def _alone(symbolic: Callable[[Any], Any], rule: Callable[[Elements], Any]) -> Any:
    return lambda p, k, x: p.add(symbolic(x), lambda known: rule(known[k]))


def _scaled(symbolic: Callable[[Any, Any], Any], axis: int, rule: Callable[..., Any]) -> Any:
    def step(p: Program, k: int, x: Any) -> None:
        s = p.dense(p.shape(k)[axis])
        place = "columns" if axis else "rows"
        p.add(symbolic(x, p[s]), lambda known: known[k]._replace(
            data=rule(known[k].data, known[s][getattr(known[k], place)])))  # fmt: skip

    return step


def _times_dense(p: Program, k: int, x: Any) -> None:
    d = p.dense(*p.shape(k))
    p.add(x * p[d], lambda known: known[k]._replace(data=known[k].data * known[d][known[k].rows, known[k].columns]))


def _product(symbolic: Callable[[Any, Any], Any]) -> Any:
    def step(p: Program, k: int, x: Any) -> None:
        w = p.dense(p.shape(k)[1], 2)
        p.add(symbolic(x, p[w]), lambda known: known[k].dense() @ known[w])

    return step


def _sum(p: Program, k: int, x: Any) -> None:
    other = p.drawn(p.shape(k))
    y = p[other]
    if same_structure(x, y):
        p.add(x + y, lambda known: known[k]._replace(data=known[k].data + known[other].data))
    else:
        p.add(x + y, lambda known: merged(known[k].dense() + known[other].dense()))


def _mul(p: Program, k: int, x: Any) -> None:
    other = p.drawn(p.shape(k))
    p.add(S.mul(x, p[other]), lambda known: merged(known[k].dense() * known[other].dense()))


def _true_dot(p: Program, k: int, x: Any) -> None:
    other = p.drawn(p.shape(k))
    p.add(S.tanh(S.true_dot(x, p[other].T)), lambda known: merged(np.tanh(known[k].dense() @ known[other].dense().T)))


def _rows(p: Program, k: int, x: Any) -> None:
    m = p.shape(k)[0]
    at = [p.rng.randrange(-m, m) for _ in range(m)]
    p.add(x[at], lambda known: _taken(known[k], np.arange(m)[at], None))


def _taken(x: Elements, rows: np.ndarray | None, columns: np.ndarray | None) -> Elements:
    """Some rows or columns, which may repeat."""
    if rows is None:
        turned = _taken(Elements(x.columns, x.rows, x.data, x.shape[::-1]), columns, None)
        return Elements(turned.columns, turned.rows, turned.data, turned.shape[::-1])
    pairs = [(new, e) for new, old in enumerate(rows) for e in np.flatnonzero(x.rows == old)]
    new, at = (np.array([pair[side] for pair in pairs], int) for side in range(2))
    return Elements(new, x.columns[at], x.data[at], (len(rows), x.shape[1]))


def _part(axis: int, part: slice) -> Any:
    def rule(x: Elements) -> Elements:
        at = np.arange(x.shape[axis])[part]
        return _taken(x, None, at) if axis else _taken(x, at, None)

    return _alone(lambda x: x[:, part] if axis else x[part], rule)


def _stacked(axis: int) -> Any:
    def step(p: Program, k: int, x: Any) -> None:
        other, format = p.drawn(p.shape(k)), p.rng.choice(["csr", "csc"])
        n = p.shape(k)[axis]

        def rule(known: list[Any]) -> Elements:
            a, b = known[k], known[other]
            move = (0, n) if axis else (n, 0)
            shape = (a.shape[0] + move[0], a.shape[1] + move[1])
            data = np.concatenate([a.data, b.data])
            return Elements(*(np.concatenate([a[i], b[i] + move[i]]) for i in range(2)), data, shape)

        whole = p.add((S.hstack if axis else S.vstack)([x, p[other]], format), rule)
        first = p.rng.random() < 0.5
        _part(axis, slice(0, n) if first else slice(n, None))(p, whole, p[whole])

    return step


def _branch(p: Program, k: int, x: Any) -> None:
    same = [j for j, v in enumerate(p.variables, 1) if v.type == x.type and p.shape(j) == p.shape(k)]
    other, c = p.rng.choice(same), p.input(np.asarray(p.rng.choice([-1.0, 1.0])))
    p.add(ifelse(T.gt(p[c], 0), x, p[other]), lambda known: known[k] if known[c] > 0 else known[other])


def _graph(p: Program, k: int, x: Any) -> None:
    inner = x.type()
    op = theano.OpFromGraph([inner], [S.sqr(inner.T) * 0.5])
    p.add(op(x), lambda known: Elements(known[k].columns, known[k].rows, known[k].data**2 * 0.5, known[k].shape[::-1]))


def _loop(p: Program, k: int, x: Any) -> None:
    m, n = p.shape(k)
    w = p.dense(3, n)
    made = theano.scan(lambda v, h: S.dot(S.sin(x), v) + 0.1 * h, sequences=p[w], outputs_info=T.zeros((m,)))[0][-1]

    def rule(known: list[Any]) -> np.ndarray:
        h = np.zeros(m)
        for v in known[w]:
            h = known[k].each(np.sin).dense() @ v + 0.1 * h
        return h

    p.add(made, rule)


def _sampled(p: Program, k: int, x: Any) -> None:
    m, n = p.shape(k)
    a, b = p.dense(m, 2), p.dense(n, 2)

    def rule(known: list[Any]) -> Elements:
        e = known[k]
        return e._replace(data=e.data * (known[a] @ known[b].T)[e.rows, e.columns])

    p.add(S.sampling_dot(p[a], p[b], x), rule)


def _plus_dense(p: Program, k: int, x: Any) -> None:
    d = p.dense(*p.shape(k))
    p.add(x + p[d], lambda known: known[k].dense() + known[d])


def _rebuilt(x: Any) -> Any:
    data, *structure = S.csm_properties(x)
    return S.CSM(x.format)(T.sin(data), *structure)


def _kept(x: Elements) -> Elements:
    there = x.data != 0
    return Elements(x.rows[there], x.columns[there], x.data[there], x.shape)


STEPS: dict[str, Callable[[Program, int, Any], Any]] = {
    "neg": _alone(lambda x: -x, lambda x: x.each(np.negative)),
    "sqr": _alone(S.sqr, lambda x: x.each(np.square)),
    "sin": _alone(S.sin, lambda x: x.each(np.sin)),
    "rebuilt": _alone(_rebuilt, lambda x: x.each(np.sin)),
    "transpose": _alone(lambda x: x.T, lambda x: Elements(x.columns, x.rows, x.data, x.shape[::-1])),
    "format": _alone(lambda x: S.hstack([x], "csr" if x.format == "csc" else "csc"), lambda x: x),
    "remove0": _alone(S.remove0, _kept),
    "sorted": _alone(S.ensure_sorted_indices, lambda x: x),
    "clean": _alone(S.clean, _kept),
    "half": _alone(lambda x: x * 0.5, lambda x: x.each(lambda v: v * 0.5)),
    "turned": _alone(lambda x: x + S.sqr(x.T).T, lambda x: merged(x.dense() + x.each(np.square).dense())),
    "columns scaled": _scaled(S.col_scale, 1, np.multiply),
    "rows scaled": _scaled(S.row_scale, 0, np.multiply),
    "mul_s_v": _scaled(S.mul_s_v, 1, np.multiply),
    "structured_add_s_v": _scaled(S.structured_add_s_v, 1, np.add),
    "mul_s_d": _times_dense,
    "add_s_d": _plus_dense,
    "dot": _product(S.dot),
    "structured_dot": _product(S.structured_dot),
    "add": _sum,
    "mul": _mul,
    "true_dot": _true_dot,
    "rows": _rows,
    "reversed": _part(0, slice(None, None, -1)),
    "columns": _part(1, slice(None, None, -1)),
    "hstack": _stacked(1),
    "vstack": _stacked(0),
    "branch": _branch,
    "graph": _graph,
    "loop": _loop,
    "sampled": _sampled,
    "elements": _alone(lambda x: (S.csm_data(x) ** 3).sum(), lambda x: (x.data**3).sum()),
    "sum": _alone(lambda x: S.sp_sum(x, 0), lambda x: x.dense().sum(0)),
    "structured sum": _alone(lambda x: S.sp_sum(x, 1, sparse_grad=True), lambda x: x.dense().sum(1)),
    "dense": _alone(S.dense_from_sparse, lambda x: x.dense()),
    "element": _alone(lambda x: x[0, 1], lambda x: x.dense()[0, 1]),
    "places": _alone(lambda x: x[[0, 1, 0], [1, 0, 1]], lambda x: x.dense()[[0, 1, 0], [1, 0, 1]]),
}  # fmt: skip


def _cost(values: list[Any]) -> float:
    dense = [v.dense() if isinstance(v, Elements) else np.asarray(v) for v in values]
    return float(sum(np.square(v).sum() for v in dense))


def compare(seed: int) -> None:
    """Compare the program of a seed, and its gradients, in both executors."""
    p = Program(random.Random(seed))
    for _ in range(p.rng.randint(1, 7)):
        p.step()
    given = set(p.inputs)
    made = [k for k, v in enumerate(p.variables, 1) if v not in given][-4:]
    expected = p.run(p.values)
    if not all(np.isfinite(_cost([expected[k]])) and _cost([expected[k]]) < 1e4 for k in made):
        return  # squares grow
    outputs = [S.dense_from_sparse(x) if hasattr(x.type, "format") else x for x in (p[k] for k in made)]
    cost = sum(T.sqr(x).sum() for x in outputs)
    grads = T.grad(cost, p.inputs, disconnected_inputs="ignore")
    slopes = [_slopes(p, made, k) for k in range(len(p.inputs))]
    for mode in (None, "FAST_COMPILE"):
        f = theano.function(p.inputs, [*outputs, *grads], on_unused_input="ignore", mode=mode)
        found = f(*p.values)
        for k, value in zip(made, found, strict=False):
            true = expected[k].dense() if isinstance(expected[k], Elements) else expected[k]
            np.testing.assert_allclose(value, true, rtol=1e-9, atol=1e-12, err_msg=f"{mode}: {p[k]}")
        for x, g, true in zip(p.inputs, found[len(made) :], slopes, strict=True):
            np.testing.assert_allclose(g, true, rtol=1e-4, atol=1e-5, err_msg=f"{mode}: gradient of {x}")


def _slopes(p: Program, made: list[int], k: int) -> np.ndarray:
    """The gradient of the cost with respect to an input, by differences."""
    value = p.values[k]
    slopes = np.zeros(value.shape)
    for at in np.ndindex(value.shape):
        sides = []
        for step in (1e-6, -1e-6):
            moved = [v.copy() for v in p.values]
            moved[k][at] += step
            known = p.run(moved)
            sides.append(_cost([known[j] for j in made]))
        slopes[at] = (sides[0] - sides[1]) / 2e-6
    return slopes
