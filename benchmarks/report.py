"""The table: as text, as Markdown, as JSON."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.runner import Row
from benchmarks.workloads import WORKLOADS

MARKS = ("<!-- generated: python -m benchmarks --tables -->", "<!-- end of generated -->")


def show_seconds(seconds: float) -> str:
    """Three digits and a unit.

    >>> show_seconds(5.8e-8), show_seconds(0.0312)
    ('58.0 ns', '31.2 ms')
    """
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
        value = seconds * factor
        if value >= 1 or unit == "ns":
            return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {unit}"
    raise AssertionError


def show_bytes(count: float) -> str:
    """Megabytes."""
    return f"{count / 1e6:.0f} MB"


def show_ratio(times: float) -> str:
    """Tenths of a per cent can be seen."""
    return f"{times:.3f}"


def formatter(row: Row) -> Callable[[float], str]:
    """How the figures of a row are shown."""
    return {"memory": show_bytes, "ratio": show_ratio}.get(row.workload.clock, show_seconds)


def peers_of(row: Row) -> dict[str, float]:
    """Figures of those that the target compares with."""
    target = row.workload.target
    of = "best" if target is None or target.of is None else target.of
    return {name: x for name, x in row.best.items() if name != OURS and of in ("best", name)}


def ratio(row: Row) -> tuple[float, str] | None:
    """Our figure over the best peer's, and that peer."""
    peers = peers_of(row)
    if OURS not in row.best or not peers:
        return None
    best = min(peers, key=lambda name: peers[name])
    return row.best[OURS] / peers[best], best


def verdict(row: Row) -> str:
    """hit, miss, or empty where that cannot be said."""
    target = row.workload.target
    if target is None:
        return ""
    if OURS in row.errors:
        return "miss"
    if OURS not in row.best:
        return ""
    if target.of is None:
        return "hit" if row.best[OURS] <= target.limit else "miss"
    found = ratio(row)
    return "" if found is None else "hit" if found[0] <= target.limit else "miss"


def _cells(row: Row, contenders: Sequence[str]) -> list[str]:
    show = formatter(row)
    figures = [
        show(row.best[name]) if name in row.best else "failed" if name in row.errors else "–"
        for name in contenders
    ]
    found, target = ratio(row), row.workload.target
    compared = f"{found[0]:.3g} ({CONTENDERS[found[1]].label})" if found else "–"
    return [
        row.workload.title,
        *figures,
        compared,
        "–" if target is None else target.text(show),
        verdict(row) or "–",
    ]


def _heads(contenders: Sequence[str], first: str) -> list[str]:
    return [first, *(CONTENDERS[name].label for name in contenders), "ours / best", "target", ""]


def _failures(rows: Sequence[Row]) -> list[str]:
    return [
        f"{row.workload.name}, {CONTENDERS[name].label}: {text}"
        for row in rows
        for name, text in row.errors.items()
    ]


def as_text(rows: Sequence[Row], contenders: Sequence[str]) -> str:
    """Columns for a terminal."""
    table = [_heads(contenders, "row"), *(_cells(row, contenders) for row in rows)]
    widths = [max(len(line[k]) for line in table) for k in range(len(table[0]))]
    lines = [
        "  ".join(cell.ljust(width) if k == 0 else cell.rjust(width) for k, (cell, width) in cells)
        for cells in (list(enumerate(zip(line, widths, strict=True))) for line in table)
    ]
    return "\n".join([*lines, *(f"! {text}" for text in _failures(rows))])


def as_markdown(rows: Sequence[Row], contenders: Sequence[str], measured_on: str) -> str:
    """Two tables and what they were measured on, which `origin` tells."""
    parts = [measured_on]
    for group, head in (("run", "per call"), ("compile", "compile and start")):
        chosen = [row for row in rows if row.workload.group == group]
        if not chosen:
            continue
        heads = _heads(contenders, head)
        lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
        lines += ["| " + " | ".join(_cells(row, contenders)) + " |" for row in chosen]
        parts.append("\n".join(lines))
    failures = _failures(rows)
    if failures:
        parts.append("\n".join(f"- {text}" for text in failures))
    return "\n\n".join(parts) + "\n"


def origin(facts: dict[str, Any], threads: int, avx2: bool = False) -> str:
    """Where figures are from, in a line; what stands before the first semicolon tells them from others."""
    versions = ", ".join(f"{CONTENDERS[name].label} {v}" for name, v in facts["versions"].items())
    cores = f"{', all held to AVX2' * avx2}, {threads} core{'s' * (threads > 1)}"
    return f"{facts['processor']}{cores}; {facts['system']}; Python {facts['python']}; {versions}."


def merged(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Runs that `as_json` has kept, as one for each processor, number of cores and set of instructions.

    A later figure of a row replaces an earlier one.
    """
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        key = origin(run["machine"], run["threads"], run["avx2"]).split(";")[0]
        one = found.setdefault(key, run | {"rows": []})
        versions = one["machine"]["versions"] | run["machine"]["versions"]
        ordered = {name: versions[name] for name in CONTENDERS if name in versions}
        rows = {row["name"]: row for row in (*one["rows"], *run["rows"])}
        found[key] = one | {"machine": run["machine"] | {"versions": ordered}, "rows": list(rows.values())}
    return list(found.values())


def tables_of(runs: Sequence[dict[str, Any]]) -> str:
    """The tables of runs that `as_json` has kept."""
    parts: list[str] = []
    for run in merged(runs):
        kept = {row["name"]: row for row in run["rows"]}
        rows = [
            Row(workload, dict(kept[name]["best"]), dict(kept[name]["errors"]))
            for name, workload in WORKLOADS.items()
            if name in kept
        ]
        contenders = [name for name in CONTENDERS if any(name in row.best for row in rows)]
        parts.append(as_markdown(rows, contenders, origin(run["machine"], run["threads"], run["avx2"])))
    return "\n".join(parts)


def _by_machine(text: str) -> dict[str, str]:
    """The parts of generated text, each by the processor and the cores its first line names."""
    _, *parts = re.split(r"^(?=.+, \d+ cores?; )", text, flags=re.MULTILINE)
    return {part.split(";", 1)[0]: part.strip() + "\n" for part in parts}


def write_between_marks(page: Path, text: str) -> None:
    """Replace the generated part of a Markdown page; what other machines measured stays."""
    start, end = MARKS
    pattern = re.compile(re.escape(start) + "(.*?)" + re.escape(end), re.DOTALL)
    old = page.read_text(encoding="utf-8")
    found = pattern.search(old)
    if not found:
        raise SystemExit(f"{page} lacks the marks {start} … {end}")
    parts = "\n".join({**_by_machine(found[1]), **_by_machine(text)}.values())
    page.write_text(pattern.sub(lambda _: f"{start}\n\n{parts}\n{end}", old), encoding="utf-8")


def as_json(rows: Sequence[Row], contenders: Sequence[str], threads: int, avx2: bool = False) -> dict[str, Any]:
    """Everything, for other programs."""
    return {
        "machine": machine(contenders),
        "threads": threads,
        "avx2": avx2,
        "rows": [
            {
                "name": row.workload.name,
                "title": row.workload.title,
                "clock": row.workload.clock,
                "best": row.best,
                "errors": row.errors,
                "ratio": found[0] if (found := ratio(row)) else None,
                "best_peer": found[1] if found else None,
                "target": None if (t := row.workload.target) is None else {"limit": t.limit, "of": t.of},
                "verdict": verdict(row),
            }
            for row in rows
        ],
    }


def machine(contenders: Sequence[str]) -> dict[str, Any]:
    """What the figures were measured on and with."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "versions": {name: CONTENDERS[name].version for name in contenders},
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(re.findall(r"^(model name|flags|cpu family|model)\s*:\s*(.*)$", text, re.MULTILINE))
    flags = fields.get("flags", "").split()
    widest = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "SSE"
    family = f"family {fields.get('cpu family', '?')} model {fields.get('model', '?')}"
    return f"{fields.get('model name', platform.machine())} ({family}, {widest})"
