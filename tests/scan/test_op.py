"""The op: identity, copies, shapes, printing, rows kept, and its rewrites."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from theano.compile.nanguardmode import NanGuardMode

import theano
import theano.tensor as T
from theano.compile import as_op
from theano.scan import Loop, Scan
from theano.scan.identity import structure_hash
from theano.scan.parts import OutputArg
from theano.scan.rows import GrowingRows


def scans(f):
    graph = f.maker.fgraph if hasattr(f, "maker") else None
    nodes = graph.toposort() if graph else theano.graph.toposort_of(f if isinstance(f, list) else [f])
    return [n for n in nodes if isinstance(n.op, Scan)]


def decay(x, factor=0.5, name=None):
    out, _ = theano.scan(lambda r, s: s * factor + r, sequences=x, outputs_info=T.zeros_like(x[0]), name=name)
    return out


class TestIdentity:
    def test_equal_structure_is_equal(self):
        x, y = T.dmatrix("x"), T.dmatrix("y")
        (a,), (b,), (c,), (d,) = (
            scans(v) for v in (decay(x), decay(y, name="other"), decay(x, 0.25), decay(T.fmatrix()))
        )
        assert a.op == b.op and hash(a.op) == hash(b.op)
        assert a.op != c.op and a.op != d.op

    def test_nested(self):
        def make(k):
            out, _ = theano.map(lambda r: decay(r, k), T.dtensor3())
            return scans(out)[0].op

        assert make(0.5) == make(0.5) != make(0.25)

    def test_equal_scans_merge(self):
        x = T.dmatrix("x")
        f = theano.function([x], [decay(x) + 1, decay(x) * 2])
        assert len(scans(f)) == 1
        assert_allclose(f(np.ones((2, 1)))[0], [[2], [2.5]])

    def test_pickle_and_copy(self):
        x = T.dmatrix("x")
        g = T.grad(decay(x).sum(), x)
        for twin in (pickle.loads(pickle.dumps(g)), copy.deepcopy(g)):
            assert [n.op for n in scans(twin)] == [n.op for n in scans(g)]
            (leaf,) = theano.graph.explicit_inputs([twin])
            assert_allclose(twin.eval({leaf: np.ones((3, 1))}), [[1.75], [1.5], [1]])
        f = theano.function([x], g)
        assert_allclose(pickle.loads(pickle.dumps(f))(np.ones((3, 1))), [[1.75], [1.5], [1]])

    def test_clone_replaces_what_was_captured(self):
        w, v, x = theano.shared(2.0, "w"), T.dscalar("v"), T.dvector("x")
        out, _ = theano.scan(lambda r, s: s * w + r, sequences=x, outputs_info=0.0)
        changed = theano.clone(out, replace={w: v})
        assert changed.eval({x: [1, 1], v: 3}).tolist() == [1, 4]
        assert theano.function([x, v], out, givens={w: v})([1, 1], 3).tolist() == [1, 4]
        assert out.eval({x: [1, 1]}).tolist() == [1, 3]
        other = theano.shared(5.0)
        assert theano.function([x], out).copy(swap={w: other})([1, 1]).tolist() == [1, 6]

    def test_leaves_of_steps_are_inputs(self):
        x, s = T.dscalar(), T.dscalar()
        loop = Loop(T.constant(3))
        loop.outputs.append(OutputArg(x + s))
        with pytest.raises(theano.graph.MissingInputError):
            loop.apply()

    def test_wrong_inputs(self):
        (node,) = scans(decay(T.dmatrix()))
        with pytest.raises(ValueError, match="inputs"):
            node.op(*node.inputs[:-1])
        with pytest.raises(TypeError, match="needs an input of type"):
            node.op(node.inputs[0], T.fmatrix(), *node.inputs[2:])


class TestPrinting:
    def test_names(self):
        x = T.dvector()
        assert str(scans(decay(x))[0].op) == "for{cpu,scan_fn}"
        assert str(scans(decay(x, name="rnn"))[0].op) == "for{cpu,rnn}"

    def test_debugprint(self):
        A, k = T.dvector("A"), T.lscalar("k")
        out, _ = theano.scan(lambda a, A: a * A, outputs_info=T.ones((2,)), non_sequences=A, n_steps=k)
        text = theano.printing.debugprint(out[-1], file="str").splitlines()
        at = text.index("Inner graphs of the scan ops:")
        assert text[at - 1] == "" and text[at + 1] == ""
        assert text[at + 2].startswith("for{cpu,scan_fn} [id C] ''")
        assert text[at + 3].startswith(" >Elemwise{mul,no_inplace} [id ")
        assert text[at + 4].startswith(" > |<TensorType(float64, vector)> [id ") and "-> [id " in text[at + 4]
        assert text[at + 5].startswith(" > |A_copy [id ") and " -> [id " in text[at + 5]
        outer = text[at + 5].rpartition("-> ")[2]
        assert f" | | |A {outer}" in text  # the leaf it stands for

    def test_debugprint_of_nested_scans(self):
        x = T.dtensor3("x")
        out, _ = theano.map(lambda r: decay(r).sum(), x)
        text = theano.printing.debugprint(out, file="str")
        assert text.count("Inner graphs of the scan ops:") == 1
        assert text.count("for{cpu,scan_fn}") == 4  # each as a node and before its inner graph


class TestShapes:
    def test_inferred_shapes_are_those_of_the_values(self):
        """`infer_shape` needs no value, and is right."""
        x, n, k = T.dmatrix("x"), T.lscalar("n"), T.lscalar("k")
        outs, _ = theano.scan(
            lambda a, b, s2, s1, u: [
                s1 + a, u * 2, T.outer(a, b), a.sum(), T.zeros((k, x.shape[0])), T.concatenate([a, a, s2]),
            ],
            sequences=dict(input=x, taps=[0, 1]), n_steps=n,
            outputs_info=[dict(initial=x[:2], taps=[-2, -1]), T.ones((5,)), None, None, None, None],
        )  # fmt: skip
        shapes = theano.function([x, n, k], [o.shape for o in outs])
        values = theano.function([x, n, k], outs)
        assert not scans(shapes)
        args = np.ones((6, 3)), 4, 7
        assert [tuple(s) for s in shapes(*args)] == [v.shape for v in values(*args)]
        assert [v.shape for v in values(*args)] == [(4, 3), (4, 5), (4, 3, 3), (4,), (4, 7, 6), (4, 9)]

    def test_states_are_as_long_in_all_steps(self):
        """What an op of unknown shape makes is as long as the state that it is the next value of."""
        unknown = as_op([T.dvector], [T.dvector])(lambda a: 2 * a)
        x = T.dvector("x")
        outs, _ = theano.scan(
            lambda s: (lambda v: [v, v + 1, T.concatenate([v, v])])(unknown(s)),
            outputs_info=[x, None, None], n_steps=3,
        )  # fmt: skip
        f = theano.function([x], [o.shape for o in outs])
        assert not scans(f) and [s.tolist() for s in f(np.ones(4))] == [[3, 4], [3, 4], [3, 8]]

    def test_unknown_shapes_are_measured(self):
        x = T.dvector("x")
        out, _ = theano.map(lambda r: T.arange(2 * T.cast(r, "int64")), T.ones_like(x))
        assert theano.function([x], out.shape)([1, 1, 1]).tolist() == [3, 2]
        stopped, _ = theano.scan(lambda r: (r, theano.scan_module.until(r > 1)), sequences=x)
        assert theano.function([x], stopped.shape[0])([1, 2, 3]) == 2


class TestRows:
    @pytest.mark.parametrize("keep", [None, 1, 2, 3, 50])
    @pytest.mark.parametrize("certain", [True, False])
    @pytest.mark.parametrize("initial", [0, 3])
    def test_rows(self, keep, certain, initial):
        start = np.arange(float(initial))[:, None] if initial else None
        rows = GrowingRows("x", start, initial + 40, certain, keep, initial, np.dtype("float64"))
        for k in range(initial, initial + 40):
            for back in range(1, initial + 1):
                assert rows.row(k - back) == k - back
            rows.append(np.array([float(k)]))
        expected = np.arange(float(initial + 40))
        assert rows.result()[:, 0].tolist() == expected[-(keep or 0) :].tolist()

    def test_states_that_swap_rows(self, mode):
        """A new value may be a view of the very row it is stored over."""
        x = T.dvector("x")
        (a, b), _ = theano.scan(
            lambda a2, a1, b2, b1: [b2, a2], outputs_info=[dict(initial=x, taps=[-2, -1])] * 2, n_steps=5
        )
        f = theano.function([x], [a[-1], b[-1]], mode=mode)
        assert [float(v) for v in f([3, 4])] == [3, 3]


class TestRewrites:
    def test_last_row_only(self, mode):
        x = T.dmatrix("x")
        f = theano.function([x], decay(x)[-1].sum(), mode=mode)
        assert scans(f)[0].op.spec.states[0].keep == 1
        assert f(np.ones((3, 2))) == 3.5
        (_, y), _ = theano.scan(lambda r, s: [s + r, s * 2], sequences=x, outputs_info=[x[0] * 0, None])
        f = theano.function([x], [y[-2:], y[-3]], mode=mode)
        assert scans(f)[0].op.spec.outputs == (3,)
        assert [v.tolist() for v in f(np.arange(5.0)[:, None])] == [[[6], [12]], [2]]

    def test_all_rows_where_all_are_read(self):
        x = T.dmatrix("x")
        y = decay(x)
        for keep, outs in (
            (None, [y[-1], y]),
            (None, [y[-1], y.sum()]),
            (None, [y[-1], y[1]]),
            (None, [y[-1], T.grad(T.sqr(y).sum(), x)]),
            (1, [y[-1], T.grad(y[-1].sum(), x)]),  # the gradient of what is linear needs no rows
        ):
            f = theano.function([x], outs)
            forward = [n for n in scans(f) if str(n.op) == "for{cpu,scan_fn}"]
            assert [n.op.spec.states[0].keep for n in forward] == [keep]

    @pytest.mark.parametrize("taps", [[-1], [-2, -1]])
    def test_steps_given_back_are_an_output(self, taps):
        """They are written where they are given back, not copied from behind the initial rows."""
        x, s = T.dmatrix("x"), T.dmatrix("s")
        initial = s[0] if len(taps) == 1 else {"initial": s, "taps": taps}
        y, _ = theano.scan(lambda r, *before: sum(before) * r, sequences=x, outputs_info=initial)
        f = theano.function([x, s], [y, (y**2).sum()])
        (node,) = scans(f)
        assert ([p.keep for p in node.op.spec.states], node.op.spec.outputs) == ([len(taps)], (None,))
        values = np.arange(1.0, 11).reshape(5, 2), np.ones((2, 2))
        slow = theano.function([x, s], [y, (y**2).sum()], mode="FAST_COMPILE")
        for got, expected in zip(f(*values), slow(*values), strict=True):
            np.testing.assert_allclose(got, expected)
        for g in (f, slow):
            with pytest.raises(NotImplementedError, match="for{cpu,scan_fn} was asked to run for 0 steps"):
                g(values[0][:0], values[1])

    def test_unread_outputs_are_dropped(self, mode):
        x = T.dvector("x")
        (a, b, c, d), _ = theano.scan(
            lambda r, a, b, c: [a + r, b + a, c * 2, c + 1], sequences=x, outputs_info=[0.0, 0.0, 1.0, None]
        )
        for out, n_states, n_outputs in ((a, 1, 0), (b, 2, 0), (c, 1, 0), (d, 1, 1)):
            f = theano.function([x], out, mode=mode)
            (node,) = scans(f)
            given = 0 if mode == "FAST_COMPILE" or n_outputs else 1  # all steps of a state are an output
            assert (len(node.op.spec.states), len(node.op.spec.outputs)) == (n_states, n_outputs + given)
            assert f([1, 2]).shape == (2,)

    def test_condition_keeps_its_states(self, mode):
        x = T.dvector("x")
        (a, b), _ = theano.scan(
            lambda r, a: ([a + r, r * 2], theano.scan_module.until(a + r > 2)), sequences=x, outputs_info=[0.0, None]
        )
        f = theano.function([x], b, mode=mode)
        assert f([1, 1, 1, 1]).tolist() == [2, 2, 2]

    def test_second_gradient_shares_the_first(self):
        x, w = T.dvector("x"), T.dscalar("w")
        out, _ = theano.scan(lambda r, s: T.tanh(s * w + r), sequences=x, outputs_info=0.0)
        gx, gw = T.grad(out[-1], [x, w])
        f = theano.function([x, w], [gx, gw, T.grad((gx**2).sum() + gw, w)])
        names = [n.op.name for n in scans(f)]
        assert len(names) == 4 and names.count("grad_of_grad_of_scan_fn") == 1


def test_modes_of_the_step():
    x = T.dvector("x")
    for mode in ("FAST_RUN", "FAST_COMPILE", "DebugMode", theano.Mode(optimizer=None)):
        out, _ = theano.scan(lambda r, s: s + T.exp(r), sequences=x, outputs_info=0.0, mode=mode)
        assert_allclose(out.eval({x: [0, 0]}), [1, 2])
    out, _ = theano.scan(lambda r, s: s + T.exp(r), sequences=x, outputs_info=0.0)
    assert_allclose(theano.function([x], T.grad(out[-1], x), mode="DebugMode")([0, 1]), np.exp([0, 1]))


def test_steps_run_in_the_mode_that_is_asked_for():
    x = T.dvector("x")
    out, _ = theano.map(T.log, x, mode=NanGuardMode())
    f = theano.function([x], out, mode="FAST_COMPILE")
    assert f([1.0, 1.0]).tolist() == [0, 0]
    with pytest.raises(AssertionError, match="NaN detected"):
        f([1.0, -1.0])


def test_import_places():
    import theano.scan_module.scan
    import theano.scan_module.scan_op
    from theano.scan_module import until
    from theano.scan_module.scan_utils import clone, equal_computations
    from theano.scan_module.scan_utils import until as same

    assert callable(theano.scan) and theano.scan.until is until is same
    assert theano.scan_module.scan.scan is theano.scan
    assert theano.scan_module.scan_op.Scan is Scan
    assert clone is theano.clone and equal_computations([], [])


def test_steps_that_differ_in_a_number_have_different_hashes():
    """Else all loops of one kind would meet in one place of every table."""
    x, y = T.dscalars("x", "y")
    graphs = [([v], [v * k + c]) for v in (x, y) for k in (1.0, 2.0) for c in (1.0, 2.0)]
    assert len({structure_hash(*graph) for graph in graphs}) == 4
    assert structure_hash([x, y], [x - y]) != structure_hash([x, y], [y - x]) == structure_hash([y, x], [x - y])
