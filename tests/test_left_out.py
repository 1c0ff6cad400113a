"""docs/deviations.md lists each name of Theano that is left out, and no other."""

from __future__ import annotations

import functools

import pytest

from tests.names_left_out import TABLE, is_there, left_out, missing, reason, rows

pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="the table of Theano's names is not at hand")


@functools.cache
def found():
    """Tier and name of what is not there, with the pattern that it matches."""
    patterns = left_out()
    return [(tier, name, reason(name, patterns)) for tier, name in missing()]


def test_every_name_that_is_missing_has_its_reason():
    assert [name for _, name, pattern in found() if pattern is None] == []


def test_every_row_leaves_something_out():
    used = {pattern for *_, pattern in found()}
    assert [pattern for pattern in left_out() if pattern not in used] == []


def test_most_names_are_there():
    """Tier 1, what tutorials and libraries use, complete; of what is documented 99 of 100; of others 9 of 10."""
    patterns = left_out()
    counted: dict[int, int] = {1: 0, 2: 0, 3: 0}
    absent: dict[int, int] = {1: 0, 2: 0, 3: 0}
    for row in rows():
        pattern = reason(row["name"], patterns)
        there = is_there(row["name"], row["kind"])
        if there or pattern is None or patterns[pattern][1]:
            counted[int(row["tier"])] += 1
            absent[int(row["tier"])] += not there
    share = {tier: 1 - absent[tier] / counted[tier] for tier in counted}
    print({tier: f"{counted[tier] - absent[tier]}/{counted[tier]}" for tier in counted})
    assert share[1] == 1 and share[2] >= 0.99 and share[3] >= 0.9
