"""The picture of the front page: some rows of the table in ``docs/performance.md``, as bars.

It takes its figures from the page, where runs have written them, and keeps them inside the picture, so that a test sees
when the page has others.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import CONTENDERS, OURS, ROOT
from benchmarks.report import MARKS
from benchmarks.workloads import WORKLOADS

PICTURE = ROOT / "docs" / "pictures" / "speed.png"
# What people do with arrays, and what others do as fast or faster: a product of matrices, and erf.
ROWS = {
    "mlp-64": "network of 3 layers, batch of 64,\ntraining step",
    "lstm": "LSTM, 100 steps, training step",
    "gru": "GRU, 100 steps, training step",
    "kalman": "Kalman filter, 1000 steps,\nlikelihood and gradient",
    "fused-f32": "formula with exp, tanh, log,\n1e6 f32",
    "softmax": "softmax of rows, 10000 x 1000 f32",
    "var-0": "variances of columns, 4000 x 4000 f32",
    "hessian": "Hessian of logistic regression",
    "gemm-f32": "product of matrices, 1024 x 1024 f32",
    "vmath-erf-f32": "erf, 1e6 f32",
}
OTHERS = {"numpy": "#4d77cf", "jax": "#7b4ea3", "torch": "#e8703a"}
KEY = "Description"
_UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


@dataclass(frozen=True)
class Figures:
    """What one machine measured: its description, and seconds by row and contender."""

    machine: str
    seconds: dict[str, dict[str, float]]


def read(page: Path) -> Figures:
    """The figures of `ROWS` from the first machine of the page's tables.

    Raises
    ------
    ValueError
        The tables lack a row.
    """
    start, end = MARKS
    generated = page.read_text(encoding="utf-8").split(start, 1)[1].split(end, 1)[0].strip()
    machine, *rest = re.split(r"\n(?=.+, \d+ cores?; )", generated, maxsplit=1)[0].splitlines()
    labels = {contender.label: name for name, contender in CONTENDERS.items()}
    titles = {WORKLOADS[name].title: name for name in ROWS}
    found: dict[str, dict[str, float]] = {}
    heads: list[str] = []
    for line in rest:
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if line.startswith("| per call"):
            heads = cells
        elif line.startswith("| ") and cells[0] in titles:
            shown = {labels[head]: _seconds(cell) for head, cell in zip(heads, cells, strict=False) if head in labels}
            found[titles[cells[0]]] = {name: seconds for name, seconds in shown.items() if seconds is not None}
    if lost := [name for name in ROWS if OURS not in found.get(name, {})]:
        raise ValueError(f"{page} has no figures of ours for {', '.join(lost)}")
    return Figures(machine, {name: found[name] for name in ROWS})


def _seconds(cell: str) -> float | None:
    """The time in a cell, or None.

    >>> _seconds("2.21 ms"), _seconds("–")
    (0.00221, None)
    """
    match = re.fullmatch(r"([\d.]+) (\w+)", cell)
    return float(match[1]) * _UNITS[match[2]] if match and match[2] in _UNITS else None


def as_text(figures: Figures) -> str:
    """What is kept in the picture."""
    return json.dumps({"machine": figures.machine, "seconds": figures.seconds})


def draw(figures: Figures, picture: Path) -> None:
    """Write the picture: how many times as long as here others take."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.5, 5.2), layout="constrained")
    height = 0.8 / len(OTHERS)
    for k, (name, color) in enumerate(OTHERS.items()):
        places, lengths = [], []
        for row, seconds in enumerate(figures.seconds.values()):
            if name in seconds:
                places.append(row + (k - (len(OTHERS) - 1) / 2) * height)
                lengths.append(seconds[name] / seconds[OURS])
        bars = axes.barh(places, [x - 1 for x in lengths], height, left=1, color=color, label=CONTENDERS[name].label)
        axes.bar_label(bars, [f"{x:.2g}" if x < 9.95 else f"{x:.0f}" for x in lengths], padding=2, fontsize=7)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(ROWS)), list(ROWS.values()), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("times as long as theano-jit (logarithmic; left of the line: faster)")
    axes.set_title(figures.machine.split("; ", 1)[0], fontsize=9)
    axes.legend(loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=110, metadata={KEY: as_text(figures)})
    plt.close(figure)
