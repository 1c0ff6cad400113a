"""What `scan` accepts, in which order the step gets it, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from theano.scan_module import until

import theano
import theano.tensor as T


def value(v, mode="FAST_COMPILE", **given):
    return theano.function(list(given.pop("inputs", [])), v, mode=mode)(*given.pop("args", []))


class TestSteps:
    x = np.arange(6.0)

    @pytest.mark.parametrize("taps", [[0], [-1], [2], [-2, 0, 1], [1, 2], [1, -1], [-3, -2]], ids=str)
    @pytest.mark.parametrize("backwards", [False, True])
    def test_which_elements_are_read(self, taps, backwards, mode):
        out, _ = theano.map(lambda *read: T.stack(list(read)), [dict(input=self.x, taps=taps)], go_backwards=backwards)
        low, high = min(0, *taps, 0), max(0, *taps, 0)
        n = 6 - high + low
        order = range(n - 1, -1, -1) if backwards else range(n)
        assert value(out, mode).tolist() == [[self.x[t + k - low] for k in taps] for t in order]

    def test_shortest_sequence_counts(self, mode):
        out, _ = theano.map(lambda a, b: a + b, [self.x, self.x[:4]])
        assert value(out, mode).tolist() == [0, 2, 4, 6]

    @pytest.mark.parametrize("n", [0, 1, 3, 6, 100])
    def test_n_steps_is_clipped(self, n, mode):
        m = T.lscalar()
        for steps, inputs, args in ((n, [], []), (m, [m], [n])):
            out, _ = theano.scan(lambda a: a * 2, sequences=self.x, n_steps=steps)
            assert value(out, mode, inputs=inputs, args=args).tolist() == [2 * v for v in range(min(n, 6))]

    def test_n_steps_of_other_dtypes(self):
        n = T.bscalar()
        out, _ = theano.scan(lambda s: s * 2, outputs_info=1.0, n_steps=n)
        assert value(out, inputs=[n], args=[3]).tolist() == [2, 4, 8]
        with pytest.raises(TypeError, match="n_steps"):
            theano.scan(lambda s: s, outputs_info=1.0, n_steps=2.0)

    def test_no_steps(self):
        n = T.lscalar()
        s, _ = theano.scan(lambda s: s * 2, outputs_info=T.constant([3.0]).dimshuffle(0), n_steps=n)
        with pytest.raises(NotImplementedError):
            value(s, inputs=[n], args=[0])
        assert value(s[-1], inputs=[n], args=[0]).tolist() == [3]
        x = T.dmatrix()
        out, _ = theano.scan(lambda r: [r * 2, r.sum(), T.outer(r, r)], sequences=x)
        shapes = [v.shape for v in value(out, inputs=[x], args=[np.zeros((0, 4))])]
        assert shapes == [(0, 4), (0,), (0, 4, 4)]

    def test_negative_steps(self, mode):
        n = T.lscalar()
        s, _ = theano.scan(lambda s: s * 2, outputs_info=1.0, n_steps=n)
        with pytest.raises(IndexError, match="negative number of step"):
            value(s, mode, inputs=[n], args=[-2])
        out, _ = theano.scan(lambda r: r * 2, sequences=self.x, n_steps=n)
        with pytest.raises(IndexError):
            value(out, mode, inputs=[n], args=[-2])

    def test_unknown_number_of_steps(self):
        with pytest.raises(ValueError, match="No information about the number of steps"):
            theano.scan(lambda s: s, outputs_info=1.0)
        with pytest.raises(ValueError, match="No information about the number of steps"):
            theano.scan(lambda s: (s, until(s > 3)), outputs_info=1.0)

    def test_until_with_a_sequence(self, mode):
        out, _ = theano.scan(lambda r: (r * 2, until(r >= 2)), sequences=self.x)
        assert value(out, mode).tolist() == [0, 2, 4]
        assert value(out.shape[0], mode) == 3
        out, _ = theano.scan(lambda r: (r * 2, until(r >= 20)), sequences=self.x)
        assert len(value(out, mode)) == 6


class TestArgumentsOfTheStep:
    def test_order_and_names(self):
        x, y, h, g, W = T.dvector("x"), T.dvector("y"), T.dvector("h"), T.dscalar("g"), T.dmatrix("W")
        seen = []

        def step(*args):
            seen.extend(args)
            return [args[5], args[6]]

        theano.scan(
            step, sequences=[dict(input=x, taps=[1, -1, 0]), y],
            outputs_info=[dict(initial=h, taps=[-1, -2]), g], non_sequences=[W, 3],
        )  # fmt: skip
        names = [v.name for v in seen[:7]]
        assert names == ["x[t+1]", "x[t-1]", "x[t]", "y[t]", "h[t-1]", "h[t-2]", "g[t-1]"]
        assert seen[7] is W and int(seen[8].data) == 3

    def test_array_and_list_of_arrays(self):
        a = np.arange(3.0)
        one, _ = theano.map(lambda r: r * 2, a)
        two, _ = theano.map(lambda r, s: r * s, [a, a])
        assert value(one).tolist() == [0, 2, 4] and value(two).tolist() == [0, 1, 4]

    def test_sequence_of_length_one(self):
        row = T.drow()
        out, _ = theano.map(lambda r: r, row)
        assert out.broadcastable == (False, False)
        assert value(out, inputs=[row], args=[[[1, 2]]]).tolist() == [[1, 2]]

    def test_captured(self, mode):
        """Variables of the surroundings, whatever the step does with them."""
        x, w = T.dvector("x"), T.dscalar("w")
        s = theano.shared(2.0, "s")
        y = T.exp(w) * s
        out, _ = theano.scan(lambda r: [r * y + s, s, y], sequences=x)
        got = value(out, mode, inputs=[x, w], args=[[1, 2], 0.5])
        e = 2 * np.exp(0.5)
        np.testing.assert_allclose(got[0], [e + 2, 2 * e + 2])
        np.testing.assert_allclose(got[1], [2, 2])
        np.testing.assert_allclose(got[2], [e, e])

    def test_strict(self):
        x, w = T.dvector("x"), T.dscalar("w")
        s = theano.shared(2.0, "s")
        # variables that are not shared are found, as without strict
        out, _ = theano.scan(lambda r: r * w + T.exp(w), sequences=x, strict=True)
        np.testing.assert_allclose(value(out, inputs=[x, w], args=[[1, 2], 3]), np.array([3, 6]) + np.exp(3))
        with pytest.raises(theano.graph.MissingInputError, match="s"):
            theano.scan(lambda r: r * s, sequences=x, strict=True)
        with pytest.raises(theano.graph.MissingInputError, match="s"):
            theano.scan(lambda r: (r, {s: s + 1}), sequences=x, strict=True)
        out, _ = theano.scan(lambda r, w, s: r * w * s, sequences=x, non_sequences=[w, s], strict=True)
        assert value(out, inputs=[x, w], args=[[1, 2], 3]).tolist() == [6, 12]
        # what is computed in the step from what it was given alone does not count as taken from outside
        out, _ = theano.scan(lambda r, w, s: r + w * s + T.zeros_like(w), x, non_sequences=[w, s], strict=True)
        assert value(out, inputs=[x, w], args=[[1, 2], 3]).tolist() == [7, 8]
        with pytest.raises(theano.graph.MissingInputError, match="uses the shared variable s,"):
            theano.scan(lambda r, w: r + w * T.exp(s), sequences=x, non_sequences=w, strict=True)
        # an expression of a shared variable that was given as such
        e = s * w
        out, _ = theano.scan(lambda r, e: r + e, sequences=x, non_sequences=e, strict=True)
        assert value(out, inputs=[x, w], args=[[1, 2], 3]).tolist() == [7, 8]

    def test_test_values(self):
        with theano.change_flags(compute_test_value="raise"):
            x = T.dmatrix("x")
            x.tag.test_value = np.arange(6.0).reshape(3, 2)
            out, _ = theano.scan(lambda a, b, s: s + a * b, sequences=dict(input=x, taps=[0, 1]), outputs_info=x[0])
            assert out.tag.test_value.tolist() == [[0, 4], [8, 19]]
            with pytest.raises(ValueError):
                theano.scan(lambda a: T.dot(a, T.zeros((3, 3))), sequences=x)


class TestStates:
    def test_initial_with_more_rows(self, mode):
        init = np.arange(1.0, 6)
        out, _ = theano.scan(lambda a, b: a + b, outputs_info=dict(initial=init, taps=[-2, -1]), n_steps=4)
        assert value(out, mode).tolist() == [3, 5, 8, 13]

    @pytest.mark.parametrize("taps", [[], [0.5], [True], "ab"], ids=str)
    def test_taps_that_are_none(self, taps, mode):
        with pytest.raises(ValueError, match="the taps of .* must be a list of integers, not"):
            theano.scan(lambda a: a, sequences=dict(input=T.dvector(), taps=taps), mode=mode)

    def test_initial_with_fewer_rows(self, mode):
        init = T.dvector("init")
        out, _ = theano.scan(lambda a, b: a + b, outputs_info=dict(initial=init, taps=[-3, -1]), n_steps=4)
        with pytest.raises(ValueError, match=r"init.*3 initial rows"):
            value(out, mode, inputs=[init], args=[[1, 2]])

    def test_none_is_an_output_no_step_reads(self):
        (a, b, c), _ = theano.scan(lambda s: [s * 2, s, s + 1], outputs_info=[1.0, None, dict()], n_steps=2)
        assert [v.tolist() for v in value([a, b, c])] == [[2, 4], [1, 2], [2, 3]]

    def test_same_dtype(self):
        state32, state64 = T.fscalar("s"), T.dscalar("s")
        with pytest.raises(ValueError, match="When compiling the inner function of scan"):
            theano.scan(lambda s: s + state64, outputs_info=state32, n_steps=2)
        with pytest.raises(ValueError, match="When compiling the inner function of scan"):
            theano.scan(lambda s: s * 1.5, outputs_info=T.constant(1), n_steps=2)
        with pytest.raises(ValueError, match="When compiling the inner function of scan"):
            theano.scan(lambda s: s + T.dvector(), outputs_info=state64, n_steps=2)

    def test_results_that_fit_are_converted(self):
        """No value is lost, so nobody need care."""
        out, _ = theano.scan(lambda s: T.cast(s + 1, "float32"), outputs_info=T.dscalar("s"), n_steps=2)
        assert out.dtype == "float64"
        x = T.dvector()
        out, _ = theano.scan(lambda r, s: s + r, sequences=x, outputs_info=0.0)
        assert value(out, inputs=[x], args=[[0.1, 0.2]]).tolist() == [0.1, 0.1 + 0.2]

    def test_widened_state(self):
        x = T.dmatrix()
        with pytest.raises(TypeError, match="Inconsistency in the inner graph of scan"):
            theano.scan(lambda r, s: s + r, sequences=x, outputs_info=T.constant(np.zeros(1)))
        init = T.unbroadcast(T.constant(np.zeros(1)), 0)
        out, _ = theano.scan(lambda r, s: s + r, sequences=x, outputs_info=init)
        assert value(out, inputs=[x], args=[[[1], [2]]]).tolist() == [[1], [3]]

    def test_time_axis_is_never_broadcastable(self):
        (a, b), _ = theano.scan(lambda s: [s, s], outputs_info=[T.ones((1, 1)), None], n_steps=1)
        assert a.broadcastable == b.broadcastable == (False, True, True)

    def test_shape_changes(self, mode):
        x = T.dvector("x")
        out, _ = theano.scan(lambda s: s[1:], outputs_info=x, n_steps=2)
        with pytest.raises(ValueError, match="same shape"):
            value(out, mode, inputs=[x], args=[[1, 2, 3]])
        out, _ = theano.map(lambda n: T.ones((n,)), T.arange(1, 3))
        with pytest.raises(ValueError, match="same shape"):
            value(out, mode)

    @pytest.mark.parametrize(
        "info", [dict(taps=[-1]), dict(initial=1.0, taps=[0]), dict(initial=[1.0, 2.0], taps=[-2, 1]),
                 dict(initial=1.0, taps=[-2, -1]), dict(initial=1.0, taps=[-1.5]), dict(initial=1.0, tap=[-1]),
                 dict(initial=[1.0, 2.0], taps=[-1, -1]), dict(initial=1.0, taps=[])], ids=str
    )  # fmt: skip
    def test_wrong_information(self, info):
        with pytest.raises(ValueError):
            theano.scan(lambda *s: s[0], outputs_info=[info], n_steps=2)

    @pytest.mark.parametrize("sequence", [3.0, dict(taps=[0]), dict(input=[1, 2], steps=2)], ids=str)
    def test_wrong_sequences(self, sequence):
        with pytest.raises(ValueError, match="sequence 0"):
            theano.map(lambda *s: s[0], [sequence])


class TestMessages:
    x = T.dvector("x")

    def test_arguments_of_the_step_are_listed(self):
        with pytest.raises(TypeError, match="2 arguments, in this order: sequences x\\[t\\]; non_sequences w"):
            theano.scan(lambda a: a, self.x, non_sequences=T.dscalar("w"))
        with pytest.raises(TypeError, match="takes 0 positional arguments .* earlier outputs s\\[t-2\\], s\\[t-1\\]"):
            theano.scan(lambda: self.x, outputs_info=dict(initial=T.dmatrix("s"), taps=[-2, -1]), n_steps=2)

    def test_type_errors_of_the_step_itself_stay(self):
        with pytest.raises(TypeError) as caught:
            theano.scan(lambda a: a + None, self.x)
        assert "scan calls" not in str(caught.value)

    def test_initial_values_of_other_dimensions(self):
        with pytest.raises(ValueError, match="one step: 1 dimension\\(s\\), without an axis of time") as caught:
            theano.scan(lambda a, s: s.sum() + self.x, self.x, T.zeros((1, 2)))
        assert "upcast" not in str(caught.value)
        with pytest.raises(ValueError, match="with the axis of time"):
            theano.scan(lambda a, r, s: self.x, self.x, dict(initial=self.x, taps=[-2, -1]))
        with pytest.raises(ValueError, match="upcast or downcast"):
            theano.scan(lambda a, s: s + a, self.x, T.constant(0))


class TestReturned:
    x = T.constant(np.arange(3.0))

    def test_forms(self, mode):
        a = theano.shared(1)
        forms = [
            lambda r: r,
            lambda r: [r],
            lambda r: (r, {a: a + 1}),
            lambda r: (r, [(a, a + 1)]),
            lambda r: (r, until(r > 10)),
            lambda r: ([r], {a: a + 1}, until(r > 10)),
            lambda r: ((r,), theano.OrderedUpdates({a: a + 1})),
        ]
        for k, form in enumerate(forms):
            out, updates = theano.scan(form, sequences=self.x)
            assert isinstance(updates, theano.OrderedUpdates)
            assert list(updates) == ([a] if k in (2, 3, 5, 6) else [])
            assert value(out, mode).tolist() == [0, 1, 2]

    @pytest.mark.parametrize(
        "form",
        [
            lambda a, r: ({a: a + 1}, r),
            lambda a, r: (until(r > 1), r),
            lambda a, r: (until(r > 1), {a: a + 1}),
            lambda a, r: 3,
            lambda a, r: [r, 3],
            lambda a, r: "r",
            lambda a, r: (r, r, {a: a + 1}),
            lambda a, r: (r, {r: a}),
        ],
    )
    def test_wrong_forms(self, form):
        a = theano.shared(1)
        with pytest.raises(ValueError, match="cannot parse the return value"):
            theano.scan(lambda r: form(a, r), sequences=self.x)

    @pytest.mark.parametrize("nothing", [{}, [], (), None, theano.OrderedUpdates()], ids=repr)
    def test_empty_parts(self, nothing):
        """Where there are no updates or no outputs, what stands for them says so, in any place."""
        count = theano.shared(1)
        forms = [
            lambda r: (r, nothing),
            lambda r: (nothing, r),
            lambda r: (r, nothing, until(r > 1)),
            lambda r: ([r], until(r > 1), nothing),
            lambda r: (nothing, until(r > 1)),
            lambda r: (nothing, nothing, until(r > 1)),
            lambda r: (nothing, {count: count + 1}),
        ]
        outs, updates = zip(*(theano.scan(form, sequences=self.x) for form in forms), strict=True)
        values = [None if out is None else value(out).tolist() for out in outs]
        assert values == [[0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 1, 2], None, None, None]
        assert [list(u) for u in updates] == [[]] * 6 + [[count]]

    @pytest.mark.parametrize("infos", [[None], [None, None, None], [1.0]])
    def test_wrong_count(self, infos):
        with pytest.raises(ValueError, match="Please provide None as outputs_info"):
            theano.scan(lambda *a: [a[0], a[0]], sequences=self.x, outputs_info=infos)

    def test_return_list(self):
        one, _ = theano.scan(lambda r: r, sequences=self.x, return_list=True)
        none, _ = theano.scan(lambda: {theano.shared(1): T.constant(2, dtype="int64")}, n_steps=2, return_list=True)
        assert isinstance(one, list) and none == []

    def test_updates_are_simultaneous_and_see_the_step_before(self, mode):
        a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
        out, updates = theano.scan(lambda: ([a, b], {a: b, b: a + b}), n_steps=5)
        f = theano.function([], out, updates=updates, mode=mode)
        got = f()
        assert got[0].tolist() == [1, 2, 3, 5, 8] and got[1].tolist() == [2, 3, 5, 8, 13]
        assert (a.get_value(), b.get_value()) == (13, 21)
        assert f()[0].tolist()[0] == 13

    def test_default_updates_are_collected(self, mode):
        a = theano.shared(np.zeros(2), "a")
        a.default_update = a + 1
        out, updates = theano.scan(lambda r: r + a.sum(), sequences=self.x)
        assert list(updates) == [a]
        assert theano.function([], out, updates=updates, mode=mode)().tolist() == [0, 3, 6]
        assert a.get_value().tolist() == [3, 3]

    def test_explicit_updates_have_precedence(self):
        a = theano.shared(0.0, "a")
        a.default_update = a + 1
        out, updates = theano.scan(lambda: (a, {a: a + 10}), n_steps=3)
        assert theano.function([], out, updates=updates)().tolist() == [0, 10, 20]

    def test_update_of_another_type(self):
        a = theano.shared(0)
        with pytest.raises(TypeError):
            theano.scan(lambda r: (r, {a: r}), sequences=self.x)

    def test_nested_scans_hand_updates_on(self, mode):
        a = theano.shared(0)

        def inner():
            return a, {a: a + 1}

        def outer(r):
            out, updates = theano.scan(inner, n_steps=3)
            return out + r, updates

        out, updates = theano.scan(outer, sequences=self.x)
        f = theano.function([], out, updates=updates, mode=mode)
        assert f().tolist() == [[0, 1, 2], [4, 5, 6], [8, 9, 10]]
        assert a.get_value() == 9

    def test_updates_of_inner_scan_are_defaults_if_dropped(self, mode):
        """A random stream whose updates the step forgets still changes from step to step."""
        a = theano.shared(0)
        a.default_update = a + 1
        out, updates = theano.scan(lambda r: a * 2 + r, sequences=self.x)
        assert theano.function([], out, updates=updates, mode=mode)().tolist() == [0, 3, 6]


def test_errors_name_the_users_line():
    x, W = T.dmatrix("x"), T.dmatrix("W")
    out, _ = theano.scan(lambda r: T.dot(r, W), sequences=x)  # the line to be named
    f = theano.function([x, W], out)
    with pytest.raises(ValueError) as caught:
        f(np.zeros((2, 3)), np.zeros((4, 4)))
    assert "test_arguments.py" in str(caught.value)
    assert "T.dot(r, W), sequences=x)  # the line to be named" in str(caught.value)


class Counting(theano.Op):
    """The identity; counts its runs, and fails after some."""

    __props__ = ()
    itypes = otypes = (T.dscalar,)
    runs = 0
    most = 1000

    def perform(self, node, inputs, out):
        Counting.runs += 1
        if Counting.runs > Counting.most:
            raise RuntimeError("enough")
        out[0][0] = inputs[0].copy()


class TestRunning:
    def test_only_the_branch_taken_runs(self, mode):
        x = T.dvector("x")
        out, _ = theano.map(lambda r: theano.ifelse.ifelse(r > 1, Counting()(r), -r), x)
        f = theano.function([x], out, mode=mode)
        Counting.runs, Counting.most = 0, 1000
        assert f([0, 1, 2, 3]).tolist() == [0, -1, 2, 3]
        assert Counting.runs == 2

    def test_a_step_that_fails_changes_nothing(self, mode):
        a = theano.shared(0.0, "a")
        out, updates = theano.scan(lambda: (Counting()(a), {a: a + 1}), n_steps=10)
        f = theano.function([], out, updates=updates, mode=mode)
        Counting.runs, Counting.most = 0, 5
        with pytest.raises(RuntimeError, match="enough"):
            f()
        assert a.get_value() == 0
        Counting.runs, Counting.most = 0, 1000
        assert f().tolist() == list(range(10)) and a.get_value() == 10

    def test_what_does_not_vary_runs_once(self, mode):
        x, w = T.dvector("x"), T.dscalar("w")
        once = Counting()(w)
        out, _ = theano.map(lambda r: r * once, x)
        f = theano.function([x, w], out, mode=mode)
        Counting.runs, Counting.most = 0, 1000
        assert f([1, 2, 3], 2).tolist() == [2, 4, 6]
        assert Counting.runs == 1


def test_a_step_that_returns_nothing():
    outputs, updates = theano.scan(lambda r: None, T.dvector())
    assert outputs is None and not updates
    with pytest.raises(ValueError, match="cannot parse the return value"):
        theano.scan(lambda r: 3, T.dvector())
