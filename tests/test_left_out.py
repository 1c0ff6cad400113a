"""docs/names_left_out.md lists each name of Theano that is left out, each whose parameters differ, and no other."""

from __future__ import annotations

import functools
import importlib
import inspect

import theano
import theano.tensor as T
from tests.names_left_out import (
    NOT_COUNTED,
    PARAMETERS,
    in_code,
    is_there,
    left_out,
    missing,
    reason,
    rows,
    sections,
    table,
)
from tests.signatures import all_differences, thing


@functools.cache
def found():
    """Tier and name of what is not there, with the entry of the page that it belongs to."""
    known = left_out()
    return [(tier, name, reason(name, known)) for tier, name in missing()]


def test_every_name_that_is_missing_has_its_reason():
    assert [name for _, name, entry in found() if entry is None] == []


def test_every_name_of_the_page_is_missing():
    assert set(left_out()) - {entry for *_, entry in found()} == set()
    of_its_own = {name for _, name, entry in found() if entry == name}
    assert {name for name in left_out() if not name.startswith("*.")} == of_its_own


def test_most_names_are_there():
    """Tier 1, what tutorials and libraries use, complete; of what is documented 99 of 100; of others 9 of 10."""
    headings = left_out()
    counted: dict[int, int] = {1: 0, 2: 0, 3: 0}
    absent: dict[int, int] = {1: 0, 2: 0, 3: 0}
    for row in rows():
        there = is_there(row["name"], row["kind"])
        entry = None if there else reason(row["name"], headings)
        if entry is None or headings[entry] not in NOT_COUNTED:
            counted[int(row["tier"])] += 1
            absent[int(row["tier"])] += not there
    share = {tier: 1 - absent[tier] / counted[tier] for tier in counted}
    print({tier: f"{counted[tier] - absent[tier]}/{counted[tier]}" for tier in counted})
    assert share[1] == 1 and share[2] >= 0.99 and share[3] >= 0.9


def test_parameters_that_differ_are_listed():
    listed = [name for names, what, why in sections()[PARAMETERS] for name in in_code(names) if what and why]
    assert len(listed) == len(set(listed))
    differing = dict(all_differences())
    assert {name: how for name, how in differing.items() if name not in listed} == {}
    assert set(listed) - set(differing) == set()


# A module, and as an attribute the variance.
_HIDDEN = {"theano.tensor.var.TensorVariable": lambda: importlib.import_module("theano.tensor.var").TensorVariable}


def test_what_clients_use_is_there():
    """Names and keywords of Lasagne, Keras, PyMC3, …; methods are those of some variable, type, op or function."""
    x = T.dmatrix("x")
    y, shared = T.exp(x), theano.shared(1.0)
    objects = [x, shared, x.type, y.owner, y.owner.op, theano.function([x], y)]
    wrong = []
    for row in table("names_of_clients"):
        name = row["name"]
        if name.startswith("<variable>."):
            known = any(hasattr(one, name.removeprefix("<variable>.")) for one in objects)
            wrong += [] if known else [name]
            continue
        value = _HIDDEN[name]() if name in _HIDDEN else thing(name)
        try:
            taken = inspect.signature(value).parameters.values()
        except (TypeError, ValueError):
            continue
        given = [word.partition(":")[0] for word in (row["keywords_passed"] or "").split()]
        if not any(p.kind == p.VAR_KEYWORD for p in taken):
            wrong += [f"{name}({word}=)" for word in given if word not in {p.name for p in taken}]
    assert wrong == []
