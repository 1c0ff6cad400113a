"""The graph of a step: rewritten like any other, invariants before the loop, loops over the same steps merged."""

from __future__ import annotations

import numpy as np
import pytest
from loop_graphs import checked, inner_ops, numbers, outer_ops, scans

import theano
import theano.tensor as T
from theano.rewrite import RULES, Query
from theano.rewrite.engine.database import optdb
from theano.scan.parts import Loop, NonSequenceArg, SequenceArg, StateArg

x, M, v, a = T.dmatrix("x"), T.dmatrix("M"), T.dvector("v"), T.dscalar("a")


def ema(sequence, factor=0.5):
    out, _ = theano.scan(lambda r, s: s * factor + r, sequences=sequence, outputs_info=T.zeros_like(sequence[0]))
    return out


class TestSteps:
    def test_steps_are_rewritten(self):
        out, _ = theano.scan(lambda r, s: s * T.log(1 + r) + (r - r), sequences=x, outputs_info=T.zeros_like(x[0]))
        f = theano.function([x], out, mode=theano.Mode(linker="py"))
        (loop,) = scans(f)
        assert [str(n.op) for n in theano.graph.io_toposort(loop.op.inner_inputs, loop.op.inner_outputs)] == [
            "Elemwise{log1p}", "Elemwise{mul,no_inplace}"
        ] or len(inner_ops(loop)) == 2  # fmt: skip

    def test_nested_steps_are_rewritten(self):
        def inner(r, s):
            return T.log(1 + r) * s

        def outer(row, s):
            out, _ = theano.scan(inner, sequences=row, outputs_info=s)
            return out[-1] + 0 * s

        out, _ = theano.scan(outer, sequences=x, outputs_info=a)
        f = checked([x, a], [out], np.abs(numbers(3, 2)), 2.0)
        (loop,) = scans(f)
        (nested,) = [n for n in theano.graph.io_toposort(loop.op.inner_inputs, loop.op.inner_outputs)
                     if type(n.op).__name__ == "Scan"]  # fmt: skip
        assert "log1p" in str([n.op for n in theano.graph.io_toposort(nested.op.inner_inputs, nested.op.inner_outputs)])
        assert nested.op.spec.states[0].keep == 1

    def test_each_step_once(self):
        """What is at its fixed point is not looked at again."""
        f = theano.function([x], ema(x), mode=theano.Mode(linker="py"))
        (loop,) = scans(f)
        assert loop.op.settled is not None
        again = theano.function(f.maker.fgraph.inputs, f.maker.fgraph.outputs[0], mode=theano.Mode(linker="py"))
        assert not [s for s in theano.rewrite.trace(again).steps if s.rule.startswith("step_of_scan")]

    def test_rules_of_users(self):
        @theano.gof.local_optimizer([T.tanh])
        def tanh_is_identity(node):
            return [node.inputs[0]] if node.op == T.tanh else None

        theano.rewrite.register_canonicalize(tanh_is_identity, "only_here", name="tanh_is_identity")
        try:
            mode = theano.Mode(linker="py").including("only_here")
            out, _ = theano.scan(lambda r, s: T.tanh(r) + s, sequences=x, outputs_info=T.zeros_like(x[0]))
            assert theano.function([x], out, mode=mode)([[1.0], [2.0]]).tolist() == [[1], [3]]
        finally:
            theano.rewrite.engine.registry.remove_rule("tanh_is_identity")

    def test_graphs_without_loops_skip_the_phases_of_loops(self):
        seconds = theano.rewrite.trace(theano.function([x], T.tanh(x).sum(), mode=theano.Mode(linker="py"))).seconds
        assert seconds["loops"] < 1e-3 and seconds["saved"] < 1e-3

    def test_constants_inside(self):
        out, _ = theano.scan(lambda r, s, k: s * k + r, sequences=x, outputs_info=T.zeros_like(x[0]),
                             non_sequences=T.constant(0.0))  # fmt: skip
        f = checked([x], [out], numbers(3, 2))
        assert len(inner_ops(scans(f)[0])) <= 1

    def test_equal_rows_are_no_sequence(self):
        out, _ = theano.scan(lambda r, s: s * r, sequences=T.alloc(a, 5, 2), outputs_info=T.ones((2,)))
        (loop,) = scans(checked([a], [out], 1.5))
        assert loop.op.spec.sequences == ()

    def test_equal_states_are_one(self):
        (p, q, r), _ = theano.scan(
            lambda t, p, q, r: (p + t * q, q + t * p, r * t), sequences=v, outputs_info=[1.0, 1.0, 1.0]
        )
        f = checked([v], [p, q, r, q[-1]], numbers(4))
        assert len(scans(f)[0].op.spec.states) == 2

    def test_states_that_begin_equal_stay(self):
        (p, q), _ = theano.scan(lambda t, p, q: (p + t * q, q - t * p), sequences=v, outputs_info=[1.0, 1.0])
        f = checked([v], [p, q], numbers(4))
        assert len(scans(f)[0].op.spec.states) == 2


    def test_an_array_given_twice_is_read_once(self):
        out, _ = theano.scan(
            lambda r, q, s, m, n: s * r + q + (m * n).sum(), sequences=[v, v], outputs_info=a, non_sequences=[M, M]
        )
        (loop,) = scans(checked([v, a, M], [out], numbers(4), 2.0, numbers(3, 3)))
        assert len(loop.op.spec.sequences) == 1

    def test_equal_states_of_which_different_rows_are_read(self):
        (p, q), _ = theano.scan(
            lambda r, s, t: (s * r + 1, t * r + 1), sequences=v, outputs_info=[T.zeros_like(a), T.zeros_like(a)]
        )
        for outs in ([p[-1], q[-3:]], [p[-3:], q[-1]], [p[-2:], q], [p[-1], q[-1]]):
            (loop,) = scans(checked([v, a], outs, numbers(6), 0.0))
            assert len(loop.op.spec.states) == 1


class TestRowsKept:
    @pytest.mark.parametrize("read", [lambda o: o[-3:], lambda o: o[-3:, 0], lambda o: o[-1:] * 2, lambda o: o[-2]])
    @pytest.mark.parametrize("taps", [[-1], [-3, -1]])
    def test_last_rows(self, read, taps):
        """Also where there are fewer steps than rows are asked for: initial rows are none of them."""
        n = T.lscalar("n")
        start = x[0] if taps == [-1] else {"initial": x[:3], "taps": taps}
        out, _ = theano.scan(lambda r, *s: r + s[0] * 2, sequences=x[:n], outputs_info=start)
        f = theano.function([x, n], read(out))
        assert scans(f)[0].op.spec.states[0].keep in (1, 2, 3)
        plain = theano.function([x, n], out)
        for steps in (5, 3, 2):
            np.testing.assert_array_equal(f(numbers(5, 2), steps), read(plain(numbers(5, 2), steps)))

    def test_row_that_no_step_made(self):
        n = T.lscalar("n")
        out, _ = theano.scan(lambda r, s, q: r + s * q, sequences=x[:n], outputs_info={"initial": x, "taps": [-3, -1]})
        f = theano.function([x, n], out[-2])
        with pytest.raises(IndexError):
            f(numbers(5, 2), 1)


class TestInvariants:
    def test_work_on_what_is_given_moves_out(self):
        out, _ = theano.scan(
            lambda r, s, m: T.dot(s, T.exp(m) / 3) + r * T.exp(m).sum(), sequences=x, outputs_info=T.zeros_like(x[0]),
            non_sequences=M,
        )  # fmt: skip
        f = checked([x, M], [out], numbers(4, 3), numbers(3, 3))
        (loop,) = scans(f)
        assert "exp" not in str([n.op for n in theano.graph.io_toposort(loop.op.inner_inputs, loop.op.inner_outputs)])
        assert inner_ops(loop).count("Elemwise") == 1 and "exp" in str([n.op for n in f.maker.fgraph.toposort()])

    def test_as_much_as_possible_moves_out(self):
        """Not only the first part of it: of what is the same in all steps the last value is handed over."""
        out, _ = theano.scan(lambda r, s, m: s * r + T.exp(m).sum(), sequences=v, outputs_info=a, non_sequences=M)
        f = checked([v, a, M], [out], numbers(4), 2.0, numbers(3, 3))
        (loop,) = scans(f)
        assert "Sum" not in inner_ops(loop) and "exp" not in str(inner_ops(loop)) and "Sum" in outer_ops(f)

    def test_large_out_of_small_stays(self):
        """Filled arrays are not made to be read."""
        out, _ = theano.scan(lambda r, s, k: s * r + T.alloc(k, 1000), sequences=v, outputs_info=T.zeros((1000,)),
                             non_sequences=a)  # fmt: skip
        f = checked([v, a], [out[-1]], numbers(4), 2.0)
        assert all(i.type.ndim != 1 or i.owner is None for i in scans(f)[0].inputs[3:])

    @pytest.mark.parametrize("work", [lambda m, k: m[k], lambda m, k: m * (7 // k)])
    def test_what_may_fail_does_not_run_for_no_step(self, work):
        k, n = T.lscalar("k"), T.lscalar("n")
        r, s, m, i = T.dscalar(), T.dvector(), T.dvector(), T.lscalar()
        loop = Loop(
            n,
            sequences=[SequenceArg(v, [0], [r])],
            states=[
                StateArg(T.unbroadcast(v[:1].dimshuffle("x", 0), 0, 1), [-1], [s], s + T.tanh(s) * work(m, i) * r, 1)
            ],
            non_sequences=[NonSequenceArg(v, m), NonSequenceArg(k, i)],
        )
        f = theano.function([v, k, n], loop.apply().states[0][-1])
        assert f([1.0, 2.0], 0, 0).tolist() == f([1.0, 2.0], 9, 0).tolist() == [1]
        if work(v, k).ndim:
            with pytest.raises(ZeroDivisionError):
                f([1.0, 2.0], 0, 1)
        else:
            with pytest.raises(IndexError):
                f([1.0, 2.0], 9, 1)

    def test_certain_steps(self):
        k = T.lscalar("k")
        out, _ = theano.scan(lambda s, m, k: s * m[k], outputs_info=a, non_sequences=[v, k], n_steps=3)
        f = checked([v, a, k], [out], numbers(4), 3.0, 1)
        assert "Subtensor" in outer_ops(f)


class TestMerging:
    def test_loops_over_the_same_arrays(self):
        out = [ema(x, 0.5), ema(x, 0.25)]
        f = checked([x], out, numbers(5, 2))
        (loop,) = scans(f)
        assert len(loop.op.spec.sequences) == 1 and len(loop.op.spec.states) == 2

    def test_a_loop_that_needs_another(self):
        y = ema(x, 0.5)
        f = checked([x], [ema(x * y, 0.25), y], numbers(5, 2))
        assert len(scans(f)) == 2

    def test_no_cycle_through_merged_loops(self):
        y, z = ema(x, 0.5), ema(x, 0.25)
        outs = [ema(M * y, 0.125), ema(M * z, 0.0625), ema(x * ema(M, 3.0), 2.0)]
        checked([x, M], outs, numbers(5, 2), numbers(5, 2))

    def test_loops_with_nothing_in_common_stay(self):
        p, q = (
            theano.scan(lambda s, c: s * c, outputs_info=T.ones_like(i), non_sequences=i, n_steps=5)[0] for i in (v, M)
        )
        assert len(scans(checked([v, M], [p, q], numbers(2), numbers(3, 2)))) == 2

    @pytest.mark.parametrize("which", [0, 1])
    def test_a_loop_that_may_end_early_stays_alone(self, which):
        """The other one goes through all steps."""

        def ends(r, s):
            return s + r, theano.scan_module.until(s > 2)

        steps = [lambda r, s: s * 0.5 + r, ends]
        outs = [theano.scan(step, v, a)[0][-1] for step in (steps if which else steps[::-1])]
        assert len(scans(checked([v, a], outs, np.arange(1.0, 9.0), 0.0))) == 2

    def test_common_work_is_done_once(self):
        p = theano.scan(lambda r, s: T.exp(s) * r, sequences=x, outputs_info=T.zeros_like(x[0]))[0]
        q = theano.scan(
            lambda r, s, t: (T.exp(s) * r, T.exp(s) + t), sequences=x, outputs_info=[T.zeros_like(x[0])] * 2
        )[0][1]
        f = checked([x], [p, q], numbers(5, 2))
        (loop,) = scans(f)
        assert len(loop.op.spec.states) == 2 and len(inner_ops(loop)) <= 3

    def test_random_states(self):
        srng = T.shared_randomstreams.RandomStreams(1)
        outs, updates = [], []
        for _ in range(2):
            out, u = theano.scan(
                lambda r, s: s + r * srng.uniform(r.shape), sequences=x, outputs_info=T.zeros_like(x[0])
            )
            outs.append(out)
            updates += u.items()
        f = theano.function([x], outs, updates=updates, mode=theano.Mode(linker="py"))
        assert len(scans(f)) == 1
        first, second = f(np.ones((3, 2)))
        assert (first != second).all() and (np.diff(first, axis=0) > 0).all()


def test_rules_have_names_and_words():
    """Every rule about loops says what it does."""
    rules = [r for r in RULES.values() if r.tags & {"loops", "saved"}]
    assert len(rules) > 8 and all(r.doc for r in rules)
    names = {name for name, _ in optdb.plan(Query(include=["fast_run"]))}
    assert {"loops", "saved"} <= names
