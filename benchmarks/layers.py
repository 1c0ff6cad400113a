"""The tables of ``docs/convolution.md``: layers that convolve, a row each, from what runs have kept."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.contenders import CONTENDERS, ORIGINAL, OURS, ROOT
from benchmarks.report import merged, origin, show_seconds
from benchmarks.workloads import WORKLOADS
from benchmarks.workloads.convolutions import BATCHES, DIRECTIONS, LAYERS

PAGE = ROOT / "docs" / "convolution.md"
_ROW = re.compile(rf"(conv|layer|batch\d+)-(.+)-({'|'.join(DIRECTIONS)})")
_HEAD = ["ms, ours / best of the others (torch, if not said)", *DIRECTIONS]
AVX2_TARGET = 1.1  # of all layers, where everybody is held to it
_BY_WINOGRAD = {
    layer.name
    for layer in LAYERS
    if (layer.kernel, layer.stride, layer.dilation, layer.axes, layer.dtype) == (3, 1, 1, 2, "float32")
    and min(layer.channels, layer.kernels) >= 32
}

Rows = dict[tuple[str, str, str], dict[str, Any]]  # by batch (or "conv", "layer"), layer and direction


def is_layer(name: str) -> bool:
    """Whether a row belongs here."""
    return bool(_ROW.fullmatch(name))


def tables(runs: Sequence[dict[str, Any]]) -> str:
    """Of each processor, number of cores and set of instructions."""
    return "\n".join(_part(run) for run in merged(runs) if any(is_layer(row["name"]) for row in run["rows"]))


def _part(run: dict[str, Any]) -> str:
    rows: Rows = {}
    for row in run["rows"]:
        if match := _ROW.fullmatch(row["name"]):
            kind, name, direction = match.groups()
            rows[kind, name, direction] = _judged(row) if run["avx2"] else row
    parts = [origin(run["machine"], run["threads"], run["avx2"])]
    beside = [f"ours / {CONTENDERS[ORIGINAL].label}"] * any(ORIGINAL in row["best"] for row in rows.values())
    for kind in ("conv", "layer"):
        lines = []
        for name in _names(rows, kind):
            found = [rows.get((kind, name, d)) for d in DIRECTIONS]
            original = [" / ".join(map(_of_original, found))] * bool(beside)
            lines.append([_title(kind, name), *map(_figure, found), *original])
        parts += _table([*_HEAD, *beside], lines)
    head = ["ratios of " + " / ".join(DIRECTIONS), *(f"{count} image{'s' * (count > 1)}" for count in BATCHES)]
    lines = [
        [re.sub(r", batch \d+", "", _title("conv", name)), *(_ratios(rows, f"batch{count}", name) for count in BATCHES)]
        for name in _names(rows, r"batch\d+")
    ]
    parts += _table(head, lines)
    return "\n\n".join([*parts, _means(rows)]) + "\n"


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    """By what is wanted where all are held to AVX2."""
    missed = row["ratio"] is not None and row["ratio"] > AVX2_TARGET
    return row | {"verdict": "miss" if missed else "hit"}


def _names(rows: Rows, kind: str) -> list[str]:
    """Of layers, in the order of all rows."""
    known = dict.fromkeys(match.group(2) for name in WORKLOADS if (match := _ROW.fullmatch(name)))
    found = {name for what, name, _ in rows if re.fullmatch(kind, what)}
    return [name for name in known if name in found]


def _title(kind: str, name: str) -> str:
    title = WORKLOADS[f"{kind}-{name}-forward"].title.rsplit(", ", 1)[0]
    return re.sub(r",? f32$", "", title)


def _figure(row: dict[str, Any] | None) -> str:
    if row is None or row["ratio"] is None:
        return "–"
    ours, peer = row["best"][OURS], row["best"][row["best_peer"]]
    return f"{_ms(ours)} / {_ms(peer)} = {_ratio(row)}"


def _ratio(row: dict[str, Any] | None) -> str:
    """With who was best, if that is not torch, and a mark where more is wanted."""
    if row is None or row["ratio"] is None:
        return "–"
    peer = "" if row["best_peer"] == "torch" else f" ({CONTENDERS[row['best_peer']].label})"
    return f"{row['ratio']:.2f}{peer}{' !' * (row['verdict'] == 'miss')}"


def _of_original(row: dict[str, Any] | None) -> str:
    ours, theirs = ((row or {"best": {}})["best"].get(name) for name in (OURS, ORIGINAL))
    return f"{ours / theirs:.2f}" if ours and theirs else "–"


def _ratios(rows: Rows, kind: str, name: str) -> str:
    """Of all directions; a number of images that is usual stands in the first table."""
    found = [_ratio(rows.get((kind, name, direction))) for direction in DIRECTIONS]
    return "above" if set(found) == {"–"} else " / ".join(found)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}" if seconds < 1 else show_seconds(seconds)


def _means(rows: Rows) -> str:
    """Geometric means of float32's ratios, by batch."""
    kinds = {"conv": "usual batches", "layer": "more layers", **{f"batch{c}": f"batches of {c}" for c in BATCHES}}
    texts = []
    for kind, words in kinds.items():
        of_kind = {
            name: [rows[kind, name, d]["ratio"] for d in DIRECTIONS if (kind, name, d) in rows]
            for name in {name for what, name, _ in rows if what == kind}
            if not name.endswith("f64")
        }
        if of_kind:
            plain = [numbers for name, numbers in of_kind.items() if name not in _BY_WINOGRAD]
            texts.append(f"{words} {_mean(of_kind.values())}, without Winograd's layers {_mean(plain)}")
    return f"Geometric means of float32's ratios: {'; '.join(texts)}."


def _mean(lists: Iterable[list[float]]) -> str:
    numbers = [number for some in lists for number in some if number]
    return f"{math.exp(sum(map(math.log, numbers)) / len(numbers)):.2f}" if numbers else "–"


def _table(heads: list[str], lines: list[list[str]]) -> list[str]:
    """Nothing where there are no lines."""
    rule = "|" + "---|" * len(heads)
    return ["\n".join([f"| {' | '.join(heads)} |", rule, *(f"| {' | '.join(line)} |" for line in lines)])] * bool(lines)
