"""Products of stacks of matrices: however many axes count them, and however these lie in memory."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check
from theano.tensor.linalg.dot import batched_dot_op

RNG = np.random.default_rng(0)


def copies(f: Any) -> list[str]:
    """The items of a function that only move numbers: ``t1[i, j] = x.f32[i + j*(x.shape[0])]``."""
    lines = str(theano.printing.items(f)).splitlines()
    return [line for line in lines if re.fullmatch(r"    t\d+\[[^]]*\] = [\w.]+\[([^][]|\[\d+\])*\]", line)]


def laid_out(shape: Sequence[int], order: Sequence[int], dtype: Any = "float64") -> np.ndarray:
    """Random numbers whose axes follow one another in memory in some order."""
    made = RNG.normal(size=[shape[a] for a in order]).astype(dtype)
    return made.transpose(np.argsort(order))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("of_x", list(itertools.permutations(range(4)))[::3])
@pytest.mark.parametrize("of_y", [(0, 1, 2, 3), (1, 0, 2, 3), (0, 2, 1, 3), (3, 1, 0, 2)])
def test_axes_in_any_order(of_x: tuple[int, ...], of_y: tuple[int, ...], dtype: str) -> None:
    x, y = T.TensorType(dtype, (False,) * 4)("x"), T.TensorType(dtype, (False,) * 4)("y")
    back = [tuple(int(k) for k in np.argsort(order)) for order in (of_x, of_y)]
    f = theano.function([x, y], batched_dot_op(x.dimshuffle(back[0]), y.dimshuffle(back[1])))
    for n, m in ((2, 3), (1, 3), (5, 1), (0, 2), (2, 0), (6, 2)):
        a, b = laid_out((n, m, 4, 5), of_x, dtype), laid_out((n, m, 5, 3), of_y, dtype)
        got = f(a.transpose(of_x), b.transpose(of_y))
        near = 1e-5 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(got, a @ b, rtol=near, atol=near)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (2, 1, 0, 3, 4), (1, 3, 0, 4, 2), (4, 2, 3, 1, 0)])
def test_three_axes_that_are_not_one_after_the_other(order: tuple[int, ...]) -> None:
    check(batched_dot_op, laid_out((2, 3, 2, 3, 4), order), laid_out((2, 3, 2, 4, 2), order), expect=np.matmul)
    x = T.TensorType("float64", (False,) * 5)()
    back = tuple(int(k) for k in np.argsort(order))
    f = theano.function([x], batched_dot_op(x.dimshuffle(back), x.dimshuffle(back).dimshuffle(0, 1, 2, 4, 3)))
    a = laid_out((2, 3, 2, 3, 4), order)
    np.testing.assert_allclose(f(a.transpose(order)), a @ a.swapaxes(3, 4), rtol=1e-12)


@pytest.mark.parametrize("front", [(1, 3), (3, 1), (1, 1), (2, 1, 3), (1, 2, 1)])
@pytest.mark.parametrize(
    "dtypes", [("float64", "float32"), ("int32", "int64"), ("bool", "float64"), ("complex128", "complex128")]
)
def test_lengths_of_1_and_other_dtypes(front: tuple[int, ...], dtypes: tuple[str, str]) -> None:
    a = (4 * RNG.normal(size=(*front, 3, 4))).astype(dtypes[0])
    b = (4 * RNG.normal(size=(*front, 4, 2))).astype(dtypes[1])
    check(batched_dot_op, a, b, expect=np.matmul)
    check(batched_dot_op, a[..., :1], b[..., :1, :], expect=np.matmul)
    check(batched_dot_op, a[..., :0], b[..., :0, :], expect=np.matmul)


def test_repeated_and_reversed_matrices() -> None:
    x, y = T.dtensor4("x"), T.dmatrix("y")
    f = theano.function([x, y], batched_dot_op(x[::-1, ::2], T.alloc(y, x.shape[0], (x.shape[1] + 1) // 2, *y.shape)))
    a, b = RNG.normal(size=(3, 5, 4, 3)), RNG.normal(size=(3, 2))
    np.testing.assert_allclose(f(a, b), a[::-1, ::2] @ b, rtol=1e-12)
    assert not copies(f)


def test_lengths_that_do_not_fit() -> None:
    x, y = T.dtensor4("x"), T.dtensor4("y")
    f = theano.function([x, y], batched_dot_op(x, y))
    for shape in ((3, 3, 4, 5), (2, 2, 4, 5), (2, 3, 5, 5)):
        with pytest.raises(ValueError, match="batched_dot: "):
            f(np.ones((2, 3, 4, 4)), np.ones(shape))
    with pytest.raises(TypeError, match="equally many dimensions, three or more, got 4 and 3"):
        batched_dot_op(x, T.dtensor3())
    with pytest.raises(ValueError, match=r"x.shape\[1\] = 3 but y.shape\[1\] = 2"):
        batched_dot_op(T.zeros((2, 3, 4, 4)), T.zeros((2, 2, 4, 4)))


# -- heads -------------------------------------------------------------------------------------------------


def apart(x: Any, heads: int) -> Any:
    """(batch, place, head, feature) as (batch, head, place, feature)."""
    return x.reshape((x.shape[0], x.shape[1], heads, x.shape[2] // heads)).transpose(0, 2, 1, 3)


def test_attention_of_heads_copies_no_operand() -> None:
    q, k, v = T.ftensor3s("q", "k", "v")
    found = T.nnet.attention(*(apart(x, 2) for x in (q, k, v)), causal=True)
    f = theano.function([q, k, v], found)
    assert not copies(f)
    # The gradients are put in order where they are results; nothing that a product reads is moved.
    g = theano.function([q, k, v], T.grad((found * theano.shared(np.float32(2))).sum(), [q, k, v]))
    said = str(theano.printing.items(g))
    moved = {line.strip().partition("[")[0] for line in copies(g)}
    lines = [line for line in said.splitlines() if line.startswith("    reads ")]
    read = {part.partition(".")[0] for line in lines for part in line.split()}
    assert moved and not moved & read
    assert len(said) < 15_000  # lengths are products of lengths, not choices of what -1 might mean


def by_hand(x: Any, y: Any, heads: int, m: Any) -> Any:
    """Products of heads as programs for Theano write them, with stacks of three axes."""
    def stack(v: Any) -> Any:
        made = apart(v, heads)
        return made.reshape((made.shape[0] * made.shape[1], made.shape[2], made.shape[3]))

    return m(stack(x), stack(y).transpose(0, 2, 1))


@pytest.mark.parametrize("same", [True, False])
def test_reshaped_heads(same: bool) -> None:
    """Matrices that a reshape counts along one axis are read where they lie, if the counts agree for sure."""
    x, y = T.dtensor3("x"), T.dtensor3("y")
    out = by_hand(x, x if same else y, 2, T.batched_dot)
    f = theano.function([x, y], [out, T.grad((out**2).sum(), x)], on_unused_input="ignore")
    a, b = RNG.normal(size=(3, 4, 6)), RNG.normal(size=(3, 5, 6))
    got, slope = f(a, b)
    np.testing.assert_allclose(got, by_hand(a, a if same else b, 2, np.matmul), rtol=1e-12)
    plain = theano.function([x, y], T.grad((out**2).sum(), x), mode=theano.Mode("py", None), on_unused_input="ignore")
    np.testing.assert_allclose(slope, plain(a, b), rtol=1e-12)
    one = theano.function([x, y], out, on_unused_input="ignore")
    assert bool(copies(one)) is not same


def test_counts_that_agree_only_as_products() -> None:
    """Two times three matrices and three times two: they are what the program says, one after the other."""
    x, y = T.dtensor4("x"), T.dtensor4("y")
    flat = [v.transpose(1, 0, 2, 3).reshape((-1, v.shape[2], v.shape[3])) for v in (x, y)]
    f = theano.function([x, y], T.batched_dot(*flat))
    a, b = RNG.normal(size=(2, 3, 4, 5)), RNG.normal(size=(3, 2, 5, 2))
    left, right = (v.swapaxes(0, 1).reshape(6, *v.shape[2:]) for v in (a, b))
    np.testing.assert_allclose(f(a, b), left @ right, rtol=1e-12)
    with pytest.raises(ValueError):
        f(a, b[:2])


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_transposed_products(order: tuple[int, ...]) -> None:
    """A product whose rows and columns are exchanged afterwards is computed the other way round."""
    x, y = T.dtensor4("x"), T.dtensor4("y")
    f = theano.function([x, y], batched_dot_op(x, y).dimshuffle(order) + 1)
    a, b = RNG.normal(size=(2, 3, 4, 5)), RNG.normal(size=(2, 3, 5, 6))
    np.testing.assert_allclose(f(a, b), (a @ b).transpose(order) + 1, rtol=1e-12)
    if order == (0, 1, 3, 2):
        assert not any(type(n.op).__name__ == "DimShuffle" and n.inputs[0].owner for n in f.maker.fgraph.toposort())


# -- results that are reshaped -----------------------------------------------------------------------------


UPDATES: dict[str, tuple[Any, Any]] = {
    "none": (None, lambda old, new: old),
    "set": (lambda old, new: new, lambda old, new: new),
    "added": (lambda old, new: old + new, lambda old, new: old + new),
    "changed": (lambda old, new: T.inc_subtensor(new[0], 1.0), lambda old, new: new + np.eye(6, 1)),
}


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("shapes", [((2, 3, 2),), ((2, 3, 2), (6, 2)), ((6, 2), (2, 3, 2)), ((2, 3, 2), (12,), (6, 2))])
def test_reshaped_results_are_written_where_they_are_returned(shapes: list[tuple[int, ...]], update: str) -> None:
    x, y = T.dtensor3("x"), T.dmatrix("y")
    a, b = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(4, 2))
    flat, total = T.dot(x.reshape((6, 4)), y), theano.shared(np.ones((6, 2)), "total")
    outputs = [flat.reshape(shape) for shape in shapes]
    changes, by_hand = UPDATES[update]
    updates = [] if changes is None else [(total, changes(total, flat))]
    f = theano.function([x, y], [*outputs, outputs[0] + 1], updates=updates)
    wanted, old = (a.reshape(6, 4) @ b), np.ones((6, 2))
    for _ in range(2):
        *got, more = f(a, b)
        for value, shape in zip(got, shapes, strict=True):
            np.testing.assert_allclose(value, wanted.reshape(shape), rtol=1e-12)
        np.testing.assert_allclose(more, wanted.reshape(shapes[0]) + 1, rtol=1e-12)
        old = by_hand(old, wanted)
        np.testing.assert_allclose(total.get_value(), old, rtol=1e-12)
        arrays = [*got, more, total.get_value(borrow=True)]
        assert not any(np.shares_memory(v, w) for v, w in itertools.combinations(arrays, 2))


def test_a_reshaped_product_is_not_copied() -> None:
    x, y = T.dtensor3("x"), T.dmatrix("y")
    assert not copies(theano.function([x, y], T.dot(x, y)))
    assert not copies(theano.function([x, y], T.dot(x, y).reshape((-1,))))
