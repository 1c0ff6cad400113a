"""How the parameters of a name of Theano differ from those here: whether calls written for it mean the same."""

from __future__ import annotations

import ast
import importlib
import inspect
import types
from collections.abc import Iterator
from typing import Any

from tests.names_left_out import rows

_KINDS = ("function", "class", "method", "staticmethod", "classmethod")
_SPREAD = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

# Methods that the package calls, not programs, and by position: how their parameters are called is not seen. (A class
# of a program that calls its parent's does so by position, too.) `perform` has no parameter for `params` where the op
# has none here.
BY_POSITION = frozenset(
    "L_op R_op grad perform infer_shape make_node impl st_impl static_impl output_types output_types_preference filter "
    "is_valid_value values_eq values_eq_approx value_eq value_validity_msg may_share_memory on_attach on_detach "
    "on_import on_prune on_change_input orderings process flops "
    "__call__ __contains__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __getitem__ __setitem__ __exit__ "
    "__setstate__".split()
)


def thing(name: str) -> Any:
    """What a dotted name means: an attribute, and a module where there is none; AttributeError or ImportError."""
    first, *rest = name.split(".")
    found, path = importlib.import_module(first), first
    for part in rest:
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    return found


class Theirs:
    """The parameters of a name in the table: names, and the texts of their defaults."""

    def __init__(self, text: str) -> None:
        args = ast.parse(f"def f{text}: pass").body[0].args  # type: ignore[attr-defined]
        defaults = [None] * (len(args.args) - len(args.defaults)) + [ast.unparse(d) for d in args.defaults]
        self.plain = [(a.arg, d) for a, d in zip(args.args, defaults, strict=True)]
        self.spread = args.vararg is not None
        self.keywords = args.kwarg is not None


def _same_default(text: str, value: Any) -> bool:
    try:
        wanted = ast.literal_eval(text)
    except ValueError:
        return True  # something that the original's module has
    wanted, value = (tuple(v) if isinstance(v, list | tuple) else v for v in (wanted, value))
    return value == wanted or (wanted in ((), {}) and value is None)


def differences(value: Any, text: str, kind: str, by_position: bool) -> list[str]:
    """What a call written for the signature `text` would find different in `value`."""
    if text == "(*args, **kwargs)" or (kind == "class" and text == "()"):
        return []  # it passes all on, or has no constructor of its own
    mine = list(inspect.signature(value).parameters.values())
    if kind == "method" and not isinstance(value, types.MethodType) and mine and mine[0].kind not in _SPREAD:
        found = _compared(mine[1:], Theirs(text), by_position)
        # A static method, or a table's row without its object, has no first parameter to leave out.
        return found and min(found, _compared(mine, Theirs(text), by_position), key=len)
    return _compared(mine, Theirs(text), by_position)


def _compared(mine: list[inspect.Parameter], theirs: Theirs, by_position: bool) -> list[str]:
    found = []
    takes_more = any(p.kind == p.VAR_POSITIONAL for p in mine)
    takes_names = any(p.kind == p.VAR_KEYWORD for p in mine)
    places = [p for p in mine if p.kind not in (*_SPREAD, p.KEYWORD_ONLY)]
    plain = [(n, d) for n, d in theirs.plain if not (by_position and n == "params")]
    for k, (name, default) in enumerate(plain):
        place = places[k] if k < len(places) else next((p for p in mine if p.name == name), None)
        if k >= len(places):
            if by_position and takes_more:
                continue
            if not (takes_names or (takes_more and place is not None)):
                found.append(f"no {name}" if place is None else f"{name} by name only")
        elif place is not None and place.name != name and not by_position:
            found.append(f"{place.name} for {name}")
            continue
        if place is not None and default is not None and place.kind not in _SPREAD:
            if place.default is place.empty:
                found.append(f"{place.name} is needed")
            elif not _same_default(default, place.default):
                found.append(f"{place.name}={place.default!r} for {default}")
    found += [f"{p.name} is needed" for p in places[len(plain) :] if p.default is p.empty and not theirs.spread]
    if theirs.spread and not takes_more and not by_position:
        found.append("no *args")
    if theirs.keywords and not takes_names and not by_position:
        found.append("no **kwargs")
    return found


def all_differences() -> Iterator[tuple[str, str]]:
    """Each name whose parameters differ, and how."""
    for row in rows():
        if row["kind"] not in _KINDS or not row["signature"].startswith("("):
            continue
        try:
            value = thing(row["name"])
        except (ImportError, AttributeError):
            continue
        if not callable(value) or isinstance(value, types.MemberDescriptorType):
            continue  # each object has its own
        leaf = row["name"].rpartition(".")[2]
        by_position = row["kind"] != "function" and (leaf in BY_POSITION or leaf.startswith("c_"))
        try:
            found = differences(value, row["signature"], row["kind"], by_position)
        except ValueError:  # written in C, as exceptions without a constructor are
            continue
        if found:
            yield row["name"], ", ".join(found)
