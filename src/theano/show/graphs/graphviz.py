"""Places of boxes and bends in their layers by Graphviz' `dot`, where that is installed: it has fewer crossings."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Iterable, Sequence

# A small graph is as good without, and a large one takes `dot` long.
FEWEST, MOST, SECONDS = 8, 400, 10.0
INCH = 72.0


def graphviz_places(
    level: Sequence[int], widths: Sequence[float], links: Iterable[tuple[int, int]], gap: float
) -> list[float] | None:
    """The middle of each box, or None where there is no `dot`, or it does not pay.

    Parameters
    ----------
    level, widths
        Layer and width of each box.
    links
        Edges, each to the next layer.
    gap
        What stays free between two boxes.
    """
    if not FEWEST <= len(level) <= MOST or _program() is None:
        return None
    lines = [f"digraph {{ nodesep={gap / INCH}; ranksep=0.3; node [shape=box, fixedsize=true, height=0.1, label=\"\"];"]
    lines += [f"n{k} [width={max(w, 0.1) / INCH:.4f}];" for k, w in enumerate(widths)]
    for layer in range(max(level) + 1):
        same = " ".join(f"n{k};" for k, own in enumerate(level) if own == layer)
        lines.append(f"l{layer} [width=0.001, style=invis]; {{ rank=same; l{layer}; {same} }}")
    lines += [f"l{layer} -> l{layer + 1} [style=invis, weight=0];" for layer in range(max(level))]
    lines += [f"n{a} -> n{b};" for a, b in links]
    try:
        command, text = [str(_program()), "-Tplain"], "\n".join([*lines, "}"])
        done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    words = (line.split() for line in done.stdout.splitlines())
    found = {w[1]: float(w[2]) * INCH for w in words if w[:1] == ["node"]}
    names = [f"n{k}" for k in range(len(level))]
    return [found[name] for name in names] if found.keys() >= set(names) else None


@functools.cache
def _program() -> str | None:
    return shutil.which("dot")
