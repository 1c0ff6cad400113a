"""Records: fields in order, defaults, inheritance, comparison, copies."""

from __future__ import annotations

import copy
import pickle
from typing import ClassVar

import pytest

from theano.base import record
from theano.base.record import Record, field, replace


class Base(Record):
    a: int
    b: list[int] = field(default_factory=list)
    count: ClassVar[int] = 7


class Derived(Base):
    c: str = "c"


class Same(Record, eq=True):
    x: int
    y: int = 0


class ByName(Record):
    first: int
    extra: int = field(default=4, kw_only=True)
    last: str = "z"


@pytest.fixture(autouse=True, params=["few", "many"])
def written_out(request, monkeypatch):
    monkeypatch.setattr(record, "MANY", 0 if request.param == "many" else 1000)
    for cls in (Base, Derived, Same, ByName):
        cls.__init__, cls._made = record._first, [0]


def test_fields_of_a_base_come_first():
    assert repr(Derived(1, [2], "z")) == "Derived(a=1, b=[2], c='z')"
    assert repr(Base(1)) == "Base(a=1, b=[])"


def test_annotations_that_are_no_texts():
    """Without ``from __future__ import annotations``, Python 3.14 makes annotations when they are asked for."""
    body = "class Point(Record): x: int; kind: ClassVar[int] = 3; y: int = 0\nclass Empty(Record): pass"
    names = {"Record": Record, "ClassVar": ClassVar}
    exec(compile(body, "example", "exec", dont_inherit=True), names)
    point = names["Point"]
    assert (repr(point(1)), point.kind, repr(names["Empty"]())) == ("Point(x=1, y=0)", 3, "Empty()")


def test_each_class_has_its_own_initializer():
    """Whichever of a base and a class derived from it is made first."""
    for first in (0, 1):

        class Parent(Record):
            a: int

        class Child(Parent):
            b: int = 5

        made = [lambda p=Parent: p(1), lambda c=Child: c(1)]
        results = [made[first](), made[1 - first]()]
        assert sorted(map(repr, results)) == ["Child(a=1, b=5)", "Parent(a=1)"]


def test_defaults_are_made_anew():
    assert Base(1).b is not Base(1).b
    given: list[int] = []
    assert Base(1, given).b is given
    assert Base.count == 7


def test_arguments_are_checked():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'a'"):
        Base()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Base(1, z=2)


def test_fields_that_are_given_by_name_only():
    assert repr(ByName(2, "y")) == "ByName(first=2, extra=4, last='y')"
    assert (ByName(2, extra=5).extra, replace(ByName(2), extra=6).extra) == (5, 6)
    with pytest.raises(TypeError, match="from 2 to 3 positional arguments but 4 were given"):
        ByName(2, "y", 5)


def test_fields_are_slots():
    with pytest.raises(AttributeError):
        Base(1).other = 2


def test_comparison():
    assert Base(1) != Base(1)
    assert Same(1) == Same(1, 0) != Same(1, 2)
    assert len({Same(1), Same(1), Same(2)}) == 2
    assert Same(1) != (1, 0)


def test_copies():
    record = Derived(1, [2])
    other = replace(record, a=3)
    assert (other.a, other.b is record.b, record.a) == (3, True, 1)
    assert pickle.loads(pickle.dumps(Same(1, 2))) == copy.deepcopy(Same(1, 2)) == Same(1, 2)
