"""How the parameters of a name of Theano differ from those here: whether calls written for it mean the same."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from tests.names_left_out import resolve, rows

_SPREAD = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

# Methods that the package calls, not programs, and by position: how their parameters are named is not seen. An
# operation of a program that derives from one of ours may call its parent's, by position, too.
BY_POSITION = frozenset(
    "L_op R_op grad perform infer_shape make_node impl output_types connection_pattern filter is_valid_value values_eq "
    "values_eq_approx value_validity_msg may_share_memory on_attach on_detach on_import on_prune on_change_input "
    "orderings process "
    "__call__ __contains__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __getitem__ __setitem__ __set__ __exit__ "
    "__setstate__".split()
)


class Theirs:
    """The parameters of a name in the table: names, kinds, and the texts of the defaults."""

    def __init__(self, text: str) -> None:
        args = ast.parse(f"def f{text}: pass").body[0].args  # type: ignore[attr-defined]
        defaults = [None] * (len(args.args) - len(args.defaults)) + [ast.unparse(d) for d in args.defaults]
        pairs = [(a.arg, d) for a, d in zip(args.args, defaults, strict=True)]
        self.plain = [(name, default) for name, default in pairs if name not in ("self", "cls")]
        self.spread = args.vararg is not None
        self.keywords = args.kwarg is not None


def _mine(value: Any) -> list[inspect.Parameter]:
    return [p for p in inspect.signature(value).parameters.values() if p.name not in ("self", "cls")]


def _same_default(text: str, value: Any) -> bool:
    try:
        wanted = ast.literal_eval(text)
    except ValueError:
        return True  # a name of the original's own module
    if isinstance(wanted, list | tuple | dict) and not wanted:
        return value is None or len(value) == 0
    return bool(wanted == value) and type(wanted) in (type(value), int, float)


def differences(value: Any, text: str, by_position: bool) -> list[str]:
    """What a call written for the signature `text` would find different in `value`."""
    theirs, found = Theirs(text), []
    mine = _mine(value)
    takes_more = any(p.kind == p.VAR_POSITIONAL for p in mine)
    takes_names = any(p.kind == p.VAR_KEYWORD for p in mine)
    places = [p for p in mine if p.kind not in (*_SPREAD, p.KEYWORD_ONLY)]
    for k, (name, default) in enumerate(theirs.plain):
        place = places[k] if k < len(places) else None
        if place is None:
            known = next((p for p in mine if p.name == name), None)
            if not (takes_more if by_position else takes_more and (known or takes_names)):
                found.append(f"no {name}" if known is None else f"{name} by name only")
            place = known
        elif place.name != name and not by_position:
            found.append(f"{place.name} for {name}")
            continue
        if place is not None and default is not None and place.kind not in _SPREAD:
            if place.default is place.empty:
                found.append(f"{place.name} is needed")
            elif not _same_default(default, place.default):
                found.append(f"{place.name}={place.default!r} for {default}")
    for p in places[len(theirs.plain) :]:
        if p.default is p.empty and not theirs.spread:
            found.append(f"{p.name} is needed")
    if theirs.spread and not takes_more:
        found.append("no *args")
    if theirs.keywords and not takes_names and not by_position:
        found.append("no **kwargs")
    return found


def all_differences() -> Iterator[tuple[str, str, list[str]]]:
    """Name, signature in Theano, and differences, of each that differs."""
    for row in rows():
        if not row["signature"].startswith("(") or row["kind"] not in ("function", "class", "method", "staticmethod",
                                                                       "classmethod"):
            continue
        try:
            value = resolve(row["name"])
            leaf = row["name"].rpartition(".")[2]
            found = differences(value, row["signature"], row["kind"] != "function" and leaf in BY_POSITION)
        except (ImportError, AttributeError):
            continue
        except (TypeError, ValueError, SyntaxError) as error:
            found = [f"? {type(error).__name__} {error}"]
        if found:
            yield row["name"], row["signature"], found
