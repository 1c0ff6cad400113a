"""What a scan tells programs that walk graphs, under Theano's names."""

import numpy as np
import pytest
from theano.scan_module.scan_op import Scan
from theano.scan_module.scan_utils import map_variables

import theano
import theano.tensor as T


def scan_node(variable):
    node = variable.owner
    while not isinstance(node.op, Scan):
        node = node.inputs[0].owner
    return node


@pytest.fixture
def loop():
    """A loop with each kind of part; names of inner variables begin with those of what they stand for."""
    x, y = T.dvectors("x", "y")
    a, s, m = T.dscalar("a"), T.dscalar("s"), T.dvector("m")
    w = theano.shared(2.0, "w")
    count = theano.shared(0, "count")
    streams = T.shared_randomstreams.RandomStreams(3)

    def step(x_before, x_after, y_now, s, m2, m1, w):
        new_s = s + x_before * y_now + streams.uniform()
        new_m = m2 + m1 * a + w
        rows = x_after * a
        new_s.name, new_m.name, rows.name = "new_s", "new_m", "rows"
        return [new_s, rows, new_m], {count: count + 1}, theano.scan_module.until(new_s > 1e5)

    outs, _ = theano.scan(
        step, sequences=[dict(input=x, taps=[-1, 1]), y], non_sequences=[w], truncate_gradient=7, name="each",
        outputs_info=[s, None, dict(initial=m, taps=[-2, -1])],
    )  # fmt: skip
    return scan_node(outs[0]), [x, y, a, s, m]


def names(variables):
    return [None if v.name is None else v.name.removesuffix("_copy") for v in variables]


class TestLayout:
    def test_counts(self, loop):
        op = loop[0].op
        counts = "n_seqs n_mit_mot n_mit_mot_outs n_mit_sot n_sit_sot n_nit_sot n_shared_outs n_outs n_tap_outs".split()
        assert [getattr(op, name) for name in counts] == [2, 0, 0, 1, 2, 1, 1, 3, 1]
        assert op.tap_array == [[-2, -1], [-1], [-1]] and op.mit_mot_out_slices == []
        assert op.mitsot_taps() == [[-2, -1]] and op.mitmot_taps() == op.mitmot_out_taps() == []
        assert op.mintaps == [-2, -1, -1, 0]
        assert op.as_while and op.truncate_gradient == 7 and not op.gpua
        for name, value in op.info.items():
            assert name == "destroy_map" or getattr(op, name) == value
        assert {*counts, "tap_array", "name", "mode", "as_while"} - op.info.keys() == {"n_outs", "n_tap_outs"}

    def test_inner_variables(self, loop):
        node, _ = loop
        op = node.op
        assert op.inputs is op.inner_inputs and op.outputs is op.inner_outputs
        # Theano's order: sequences, mit-sot, sit-sot, shared, what is the same in all steps
        parts = [op.inner_seqs, op.inner_mitmot, op.inner_mitsot, op.inner_sitsot, op.inner_shared, op.inner_non_seqs]
        assert [v for part in parts for v in part(op.inputs)] == op.inputs
        assert names(op.inner_seqs(op.inputs)) == ["x[t-1]", "x[t+1]", "y[t]"]
        assert names(op.inner_mitsot(op.inputs)) == ["m[t-2]", "m[t-1]"]
        assert names(op.inner_sitsot(op.inputs)) == ["s[t-1]", "count"]
        assert names(op.inner_non_seqs(op.inputs)) == ["w", "a"]
        outs = [op.inner_mitmot_outs, op.inner_mitsot_outs, op.inner_sitsot_outs, op.inner_nitsot_outs]
        listed = [v for part in [*outs, op.inner_shared_outs] for v in part(op.outputs)]
        assert [*listed, op.outputs[-1]] == op.outputs and op.outputs[-1].dtype == "bool"
        assert names(listed) == ["new_m", "new_s", None, "rows", None]
        assert op.inps_is_tensor == [v is not op.inner_shared(op.inputs)[0] for v in op.inputs]
        assert op.outs_is_tensor == [v is not op.inner_shared_outs(op.outputs)[0] for v in op.outputs]

    def test_outer_variables(self, loop):
        node, (x, y, a, s, m) = loop
        op = node.op
        parts = [op.outer_seqs, op.outer_mitmot, op.outer_mitsot, op.outer_sitsot, op.outer_shared, op.outer_non_seqs]
        assert [node.inputs[0], *(v for part in parts for v in part(node.inputs))] == node.inputs
        assert all(part(node) == part(node.inputs) for part in parts)
        assert op.outer_seqs(node) == [x, y] and names(op.outer_non_seqs(node)) == ["w", "a"]
        inputs = theano.gof.graph.inputs
        assert inputs(op.outer_mitsot(node))[0] is m and inputs([op.outer_sitsot(node)[0].owner.inputs[0]]) == [s]
        assert op.outer_nitsot(node) == [node.inputs[0]]
        offsets = [op.seqs_arg_offset, op.shared_arg_offset, op.nit_sot_arg_offset]
        assert offsets == [3, 6, 7] and node.inputs[6:7] == op.outer_shared(node)
        outs = [op.outer_mitmot_outs, op.outer_mitsot_outs, op.outer_sitsot_outs, op.outer_nitsot_outs]
        assert [v for part in [*outs, op.outer_shared_outs] for v in part(node)] == node.outputs
        assert op.output_types == [v.type for v in node.outputs]

    def test_loops_of_gradients(self):
        """After rewriting, too, the parts make up the lists; steps of the second order are loops over loops' rows."""
        x, w = T.dvector("x"), T.dscalar("w")
        outs, _ = theano.scan(
            lambda x, s, m2, m1: [T.tanh(s * w + x), T.sin(m2 * m1 * w) + s], sequences=x,
            outputs_info=[0.5, dict(initial=T.constant([1.0, 2.0]), taps=[-2, -1])],
        )  # fmt: skip
        slope = T.grad(outs[0][-1] * outs[1][-1], w)
        f = theano.function([x, w], [slope, T.grad(slope, w)])
        nodes = [node for node in f.maker.fgraph.toposort() if isinstance(node.op, Scan)]
        assert len(nodes) >= 2
        for node in nodes:
            op = node.op
            inner = [op.inner_seqs, op.inner_mitsot, op.inner_sitsot, op.inner_shared, op.inner_non_seqs]
            outer = [op.outer_seqs, op.outer_mitsot, op.outer_sitsot, op.outer_shared, op.outer_non_seqs]
            outs = [op.outer_mitsot_outs, op.outer_sitsot_outs, op.outer_nitsot_outs, op.outer_shared_outs]
            assert [v for part in inner for v in part(op.inputs)] == op.inputs
            assert [v for part in outer for v in part(node)] == node.inputs[1:]
            assert [v for part in outs for v in part(node)] == node.outputs
            assert all(taps == [-1] for taps in op.tap_array[op.n_mit_sot :])
            for k, outer_place in op.var_mappings["outer_inp_from_inner_inp"].items():
                assert node.inputs[outer_place].dtype == op.inputs[k].dtype

    def test_mappings(self, loop):
        node, _ = loop
        maps = node.op.var_mappings
        inner = [[], [0, 1], [2], [3, 4], [5], [6], [7], [8], [9]]
        assert maps["inner_inp_from_outer_inp"] == dict(enumerate(inner))
        assert maps["outer_out_from_outer_inp"] == {0: -1, 1: -1, 2: -1, 3: 0, 4: 1, 5: 2, 6: 4, 7: -1, 8: -1}
        assert maps["inner_out_from_outer_out"] == {k: [k] for k in range(5)}
        assert maps["outer_inp_from_inner_out"] == {0: 3, 1: 4, 2: 5, 3: -1, 4: 6, 5: -1}
        for name, found in maps.items():  # there and back again
            target, source = name.split("_from_")
            back = maps[f"{source}_from_{target}"]
            for k, places in found.items():
                for place in places if isinstance(places, list) else [places]:
                    if place >= 0:
                        assert k in (back[place] if isinstance(back[place], list) else [back[place]])

    def test_states_are_sorted(self):
        """A state of several distances comes first in the node; results stay where the step function has them."""
        x = T.dvector("x")
        outs, _ = theano.scan(
            lambda x, a, b2, b1, c: [a + x, b2 * b1, c - x], sequences=x,
            outputs_info=[0.0, dict(initial=T.constant([1.0, 2.0]), taps=[-2, -1]), 10.0],
        )  # fmt: skip
        op = scan_node(outs[0]).op
        assert op.tap_array == [[-2, -1], [-1], [-1]]
        for mode in (None, "FAST_COMPILE"):
            a, b, c = theano.function([x], outs, mode=mode)([1, 2, 3])
            assert a.tolist() == [1, 3, 6] and b.tolist() == [2, 4, 8] and c.tolist() == [9, 7, 4]
        slopes = theano.function([x], T.grad(outs[0].sum() + outs[1].sum() * 0 + outs[2][-1], x))([1, 2, 3])
        assert slopes.tolist() == [2, 1, 0]

    def test_a_scan_is_not_made_of_lists(self):
        with pytest.raises(TypeError, match=r"made by theano\.scan"):
            Scan([T.dscalar()], [T.dscalar()], {"n_seqs": 1})

    def test_annotations_of_a_graph_library(self):
        """A library may collect what was noted at variables of steps from ``op.outputs`` of each `Scan`."""
        x, w = T.dvector("x"), theano.shared(2.0, "w")

        def step(x, s):
            total = x * w + s
            total.tag.annotations, total.name = ["noted"], "total"
            return T.tanh(total)

        out, _ = theano.scan(step, sequences=x, outputs_info=0.0)
        nodes = theano.gof.graph.io_toposort(theano.gof.graph.inputs([out]), [out])
        scans = [node.op for node in nodes if isinstance(node.op, Scan)]
        inner = theano.gof.graph.io_toposort(theano.gof.graph.inputs(scans[0].outputs), scans[0].outputs)
        noted = [v for node in inner for v in node.outputs if getattr(v.tag, "annotations", None)]
        assert len(scans) == 1 and [(v.name, v.tag.annotations) for v in noted] == [("total", ["noted"])]


class TestScanUtils:
    def test_safe_new(self):
        safe_new = theano.scan_module.scan_utils.safe_new
        x = T.dvector("x")
        assert safe_new(x) is not x and safe_new(x).type == x.type and safe_new(x, "_new").name == "x_new"
        assert safe_new(x * 2, "_new").name is None and safe_new(x * 2).owner is None
        assert safe_new(T.drow("r"), dtype="float32").type == T.frow().type
        assert safe_new(T.constant(2.0), dtype="int64").dtype == "int64"
        assert float(safe_new(T.constant(2.5)).data) == 2.5
        assert not hasattr(safe_new(theano.shared(1.0)), "container")
        state = theano.shared(np.random.RandomState(3))
        assert safe_new(state, dtype="float32").type == state.type
        with theano.change_flags(compute_test_value="raise"):
            x.tag.test_value = np.ones(3)
            assert safe_new(x).tag.test_value is x.tag.test_value
            assert safe_new(x, dtype="float32").tag.test_value.dtype == "float32"

    def test_traverse_and_expand_empty(self):
        utils = theano.scan_module.scan_utils
        x, y, n = T.dmatrix("x"), T.dmatrix("y"), T.iscalar("n")
        assert utils.traverse(T.exp(x) + 1, x, y, {}) == {x: y} and utils.traverse(T.exp(y), x, y, {}) == {}
        assert utils.expand_empty(x, 0) is x
        grown = theano.function([x, n], utils.expand_empty(x, n))([[1, 2], [3, 4]], 3)
        assert grown.shape == (5, 2) and grown[:2].tolist() == [[1, 2], [3, 4]]

    def test_get_updates_and_outputs(self):
        parts = theano.scan_module.scan_utils.get_updates_and_outputs
        x, count = T.dscalar("x"), theano.shared(1)
        until = theano.scan_module.until(x > 1)
        assert parts(x) == (None, [x], {}) and parts({count: x}) == (None, [], {count: x})
        assert parts(([x, x], {count: x}, until)) == (until.condition, [x, x], {count: x})
        assert parts(until) == (until.condition, [], {})

    def test_is_nan_or_inf_or_none(self):
        ask, until = theano.scan_module.scan_utils.isNaN_or_Inf_or_None, theano.scan_module.until(T.constant(1))
        bad = [None, np.nan, -np.inf, np.float32("inf"), np.array(np.nan), T.constant(np.nan), T.constant(np.inf) + 1]
        assert all(ask(x) for x in bad)
        good = [0, 1.5, "nan", np.ones(2), np.ones(0), T.constant(3), T.dscalar(), theano.shared(np.nan), until]
        assert not any(ask(x) for x in good)


class TestMapVariables:
    """``replacement`` in the tag of a variable stands for it."""

    @staticmethod
    def mapped(*graphs):
        return map_variables(lambda v: getattr(v.tag, "replacement", v), graphs)

    def test_expressions_and_leaves(self):
        a, b, c = T.dscalars("a", "b", "c")
        total = a + b
        total.tag.replacement = a * b
        other = T.exp(c)
        found = self.mapped(total + c, other, total)
        assert theano.function([a, b, c], found)(2, 3, 0) == [6, 1, 6] and found[1] is other
        b.tag.replacement = T.constant(5.0, dtype="float64")
        assert theano.function([a, c], self.mapped(b * a + c))(2, 1)[0] == 11
        assert theano.function([a, b], total)(2, 3) == 5  # the old graph is as it was

    def test_steps_of_loops(self, mode):
        """What is noted inside of a step, or of a step of a step, may be computed from variables outside."""
        x, a, k = T.dvector("x"), T.dscalar("a"), T.dscalar("k")

        def step(x, s):
            factor = a * 2
            factor.tag.replacement = k + theano.shared(1.0)
            return T.minimum(s + x * factor, 100.0)

        def replaced(v):
            found = getattr(v.tag, "replacement", v)
            return T.maximum(v, 3.0) if v.owner is not None and v.owner.op == T.minimum else found

        out, _ = theano.scan(step, sequences=x, outputs_info=0.0)
        last = map_variables(replaced, [out[-1] * 2])[0]
        assert theano.function([x, k], last, mode=mode)([1, 2], 10) == 66
        assert theano.function([x, k], T.grad(last, k), mode=mode)([1, 2], 10) == 6
        assert theano.function([x, k], last, mode=mode)([0.1, 0.1], 0) == 6.2
        m = T.dmatrix("m")
        nested, _ = theano.scan(lambda row: theano.scan(step, sequences=row, outputs_info=0.0)[0], sequences=m)
        both = map_variables(replaced, [nested, out])
        got = theano.function([m, x, k], both, mode=mode)([[1, 2], [3, 4]], [1], 10)
        assert got[0].tolist() == [[11, 33], [33, 77]] and got[1].tolist() == [11]
        assert map_variables(lambda v: v, [nested])[0] is nested

    def test_op_from_graph(self):
        a, b, x, y = T.dscalars("a", "b", "x", "y")
        product = a * b
        product.tag.replacement = x - 1
        op = theano.OpFromGraph([a, b], [product + b])
        assert theano.function([x, y], self.mapped(op(x, y)))(5, 3)[0] == 7
        own = theano.OpFromGraph([a, b], [product + b], lop_overrides=lambda i, o, g: g * 2)
        with pytest.raises(NotImplementedError, match="derivatives of its own"):
            self.mapped(own(x, y))
