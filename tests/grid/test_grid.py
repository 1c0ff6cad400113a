"""The grid: op × dtype × lengths × layout, each cell with values, shapes, gradients and R-op, compiled and by NumPy.

An operation is covered by being declared: one without an entry fails a test. The cells of an entry are a sample, always
the same; ``tools/grid.py`` goes through all of them.
"""

from __future__ import annotations

import numpy as np
import pytest

import theano.tensor as T
from tests.grid import cells
from tests.grid.cells import DTYPES, LAYOUTS, LENGTHS, Cell, cells_of, check, inputs_of
from tests.grid.entries import ANYTHING, ENTRIES, FULL_RANK, NEVER, NOT_HERE
from tests.grid.user_ops import USER_ENTRIES, Thrice
from tests.operations import declared, used
from theano import scalar

# Of an entry, and of an operation of users.
CELLS, USER_CELLS = 3, 5


@pytest.mark.parametrize("name", ENTRIES)
def test_cells(name):
    entry = ENTRIES[name]
    computed = []
    for cell in cells_of(name, USER_CELLS if name in USER_ENTRIES else CELLS, FULL_RANK):
        try:
            computed.append(check(entry.make, entry.points, cell, name in ANYTHING))
        except Exception as error:
            error.add_note(f"in the cell: {cell}")
            raise
    assert any(computed) != (name in NEVER), "all cells are refused"


def test_every_operation_has_an_entry():
    seen, names = set(), set()
    for name, entry in ENTRIES.items():
        cell = Cell(name, "float64", LENGTHS[0], LAYOUTS[0])
        made = entry.make(*inputs_of(entry.points, cell)[2])
        classes, scalars = used(made if isinstance(made, list | tuple) else [made])
        seen |= classes
        names |= scalars
    assert set(scalar.TABLE) - names == set()
    exempt = set().union(*NOT_HERE.values())
    assert {c.__name__ for c in declared() - seen} - exempt == set(), "give it an entry, or say what tests it instead"
    assert exempt & {c.__name__ for c in seen} == set(), "these have entries"


class TestCells:
    """The grid itself notices what is wrong, and its cells are what they are called."""

    def test_a_wrong_number_is_found(self, monkeypatch):
        cell = Cell("", "float32", LENGTHS[0], LAYOUTS[0])
        right = cells.evaluate
        monkeypatch.setattr(cells, "evaluate", lambda *a: [v + (v.dtype.kind == "f") * 0.01 for v in right(*a)])
        with pytest.raises(AssertionError, match="output 0"):
            check(lambda v: T.exp(v), [np.ones(3)], cell)

    def test_a_wrong_gradient_is_found(self):
        class Wrong(Thrice):
            def grad(self, inputs, gs):
                return [gs[0] * 2]

        with pytest.raises(AssertionError, match="R-op and gradient"):
            check(lambda v: Wrong()(v), [np.arange(3.0)], Cell("", "float64", LENGTHS[0], LAYOUTS[0]))

    def test_a_wrong_shape_is_found(self):
        class Wrong(Thrice):
            def infer_shape(self, node, shapes):
                return [(shapes[0][0] + 1,)]

        with pytest.raises(ValueError, match="mis-match"):
            check(lambda v: Wrong()(v), [np.arange(3.0)], Cell("", "float64", LENGTHS[0], LAYOUTS[0]))

    @pytest.mark.parametrize("lengths", LENGTHS, ids=lambda v: v.name)
    @pytest.mark.parametrize("layout", LAYOUTS, ids=lambda v: v.name)
    def test_layouts_hold_the_same_numbers(self, lengths, layout):
        point = np.arange(12.0).reshape(3, 4)
        for dtype in DTYPES:
            arrays, variables, given = inputs_of([point], Cell("", dtype, lengths, layout))
            seen = given[0].eval({variables[0]: arrays[0]}) if given[0] is not variables[0] else arrays[0]
            plain = inputs_of([point], Cell("", dtype, lengths, LAYOUTS[0]))[0][0]
            np.testing.assert_array_equal(seen, plain)
            assert seen.dtype == dtype
