"""Verdicts as rows of JSON, the survivors that somebody has judged, and the table of both."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.mutants.mutate import Key, Mutant
from tools.mutants.trial import Outcome

__all__ = ["JUDGED", "Row", "judged", "load", "report", "store"]

JUDGED = Path(__file__).with_name("judged.toml")


@dataclass(frozen=True)
class Row:
    """A mutant's verdict; `line` is where it was then, `ran` of the `covering` tests ran at most."""

    file: str
    function: str
    old: str
    new: str
    kind: str
    line: int
    verdict: str  # "killed", "survived", or "uncovered": no test runs it
    by: str = ""
    message: str = ""
    ran: int = 0
    covering: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, mutant: Mutant, outcome: Outcome, ran: int, covering: int) -> Row:
        """The row of `mutant`."""
        return cls(*mutant.key, mutant.kind, mutant.first, **asdict(outcome), ran=ran, covering=covering)

    @property
    def key(self) -> Key:
        return Key(self.file, self.function, self.old, self.new)


def load(path: Path) -> dict[Key, Row]:
    """The rows of `path`; a later one of a mutant takes the place of those before."""
    rows: dict[Key, Row] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        row = Row(**json.loads(line))
        rows[row.key] = row
    return rows


def store(path: Path, row: Row) -> None:
    """Append `row` to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(row)) + "\n")


def judged(path: Path = JUDGED) -> dict[Key, str]:
    """Survivors that change nothing a test could see, each with the reason."""
    found: dict[Key, str] = {}
    for entry in tomllib.loads(path.read_text()).get("survivor", []):
        key = Key(*(" ".join(entry[name].split()) for name in Key._fields))
        if not entry["reason"].strip():
            raise ValueError(f"{path}: the survivor {key} has no reason.")
        found[key] = entry["reason"]
    return found


def _rate(killed: int, count: int) -> str:
    return f"{100 * killed / count:.1f} %" if count else "-"


def report(rows: Iterable[Row], reasons: Mapping[Key, str]) -> str:
    """The table of folders, then the survivors."""
    rows = sorted(rows, key=lambda row: (row.file, row.line))
    folders = sorted({row.file.partition("/")[0] for row in rows})
    titles = ("mutants", "killed", "same", "survived", "killed of those that change anything")
    lines = ["folder".ljust(12) + "".join(title.rjust(len(title) + 2) for title in titles)]
    for folder in [*folders, "all"]:
        group = [row for row in rows if folder in ("all", row.file.partition("/")[0])]
        killed = sum(row.verdict == "killed" for row in group)
        same = sum(row.verdict != "killed" and row.key in reasons for row in group)
        lost = len(group) - killed - same
        cells = (len(group), killed, same, lost, _rate(killed, killed + lost))
        lines.append(folder.ljust(12) + "".join(str(c).rjust(len(t) + 2) for c, t in zip(cells, titles)))
    survivors = [row for row in rows if row.verdict != "killed"]
    for title, group in (
        ("Survived, judged to change nothing that a test could see", [row for row in survivors if row.key in reasons]),
        ("Survived", [row for row in survivors if row.key not in reasons]),
    ):
        if group:
            lines += ["", f"{title}:"]
        for row in group:
            tests = "no test runs it" if row.verdict == "uncovered" else f"{row.ran} of {row.covering} tests"
            lines.append(f"{row.file}:{row.line} in {row.function} ({row.kind}; {tests})")
            lines += [f"    - {row.old}", f"    + {row.new}"]
            if row.key in reasons:
                lines.append(f"    {' '.join(reasons[row.key].split())}")
    return "\n".join(lines)
