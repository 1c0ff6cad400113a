"""The tables of ``docs/clients.md``: what is recorded of each client."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools.clients.outcomes import Outcomes, known
from tools.clients.table import CLIENTS
from tools.clients.workplace import ROOT, Workplace

__all__ = ["record", "tables"]

_RECORDED = Path(__file__).parent / "recorded.json"
_DOCUMENT = ROOT / "docs" / "clients.md"
BEGIN, END = "<!-- tables of tools.clients -->\n", "<!-- end of tables -->\n"


def record(place: Workplace, ours: Outcomes | None, theirs: Outcomes | None) -> None:
    """Keep the outcomes of a client, and write the document."""
    rows = json.loads(_RECORDED.read_text(encoding="utf-8")) if _RECORDED.exists() else {}
    row = rows.setdefault(place.client.key, {})
    row["with"] = f"Python {platform.python_version()}, NumPy {place.version('numpy')}"
    if ours:
        row["jobs"] = [len(ours.passed), len(ours.passed) + len(ours.failed)]
    if theirs:
        row["suite"] = [len(theirs.passed), len(theirs.passed) + len(theirs.failed), len(theirs.skipped)]
        row["modules"] = {"": len(place.modules())} | dict(theirs.commits())
        row["reasons"] = dict(sorted(theirs.reasons(known(place.client.key)).items()))
    _RECORDED.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    text = _DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _DOCUMENT.write_text(before + BEGIN + "\n" + tables(rows) + "\n" + END + rest.partition(END)[2], encoding="utf-8")


def tables(rows: dict[str, Any]) -> str:
    """The tables of the document."""
    done = [(client, rows[client.key]) for client in CLIENTS if client.key in rows]
    lines = _table(
        "library | our tests of its use that pass | its own tests that pass | skipped | modules, at commit | with",
        (
            (client.distribution.replace("==", " "), _part(row.get("jobs")), _part(row.get("suite")),
             str(row["suite"][2]) if "suite" in row else "–", _modules(row.get("modules")), row["with"])
            for client, row in done
        ),
    )  # fmt: skip
    why = [(client.key, str(number), why) for client, row in done for why, number in row.get("reasons", {}).items()]
    if why:
        lines += ["", *_table("library | tests | why they do not pass", why)]
    return "\n".join(lines) + "\n"


def _part(numbers: list[int] | None) -> str:
    return "–" if numbers is None else f"{numbers[0]} of {numbers[1]}"


def _modules(run: dict[str, int] | None) -> str:
    if run is None:
        return "–"
    at = [f"{number} at {commit}" for commit, number in run.items() if commit]
    return f"{', '.join(at)}, of {run['']}"


def _table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    return [f"| {head} |", "|" + "---|" * (head.count("|") + 1), *(f"| {' | '.join(row)} |" for row in rows)]
