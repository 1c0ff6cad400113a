"""The user's lines: where nodes were made, and what stands there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Any

from theano.graph.origin import Origin, source_lines

# Of a longer file the lines around those that made something are shown.
WHOLE, AROUND = 400, 12


class Source:
    """The files in which nodes were made, and their lines.

    Parameters
    ----------
    origins
        Those of all nodes. A file counts if it has the innermost line of some of them: so callers in other programs,
        such as a runner of tests, are left out.

    Attributes
    ----------
    used
        Numbers of lines that made something, by file.
    """

    def __init__(self, origins: Iterable[Origin]) -> None:
        counts = Counter(origin[-1][0] for origin in origins if origin)
        self.files = [file for file, _ in counts.most_common()]
        self.numbers = {file: k for k, file in enumerate(self.files)}
        self.used: dict[str, set[int]] = {file: set() for file in self.files}

    def places(self, *origins: Origin) -> dict[str, list[str]]:
        """The ``lines`` at which something was made, and those of their ``callers``, as ``file:line``."""
        lines = dict.fromkeys(id for origin in origins for id in self._ids(origin[-1:]))
        callers = dict.fromkeys(id for origin in origins for id in self._ids(origin[-2::-1]))
        return {"lines": list(lines), "callers": [id for id in callers if id not in lines]}

    def _ids(self, frames: Origin) -> list[str]:
        """Those of frames in our files; the number of the file stands for its name."""
        found = []
        for file, line, _ in frames:
            if file in self.numbers:
                self.used[file].add(line)
                found.append(f"{self.numbers[file]}:{line}")
        return found

    def data(self) -> list[dict[str, Any]]:
        """The files with their lines."""
        return [self._file(file) for file in self.files]

    def _file(self, file: str) -> dict[str, Any]:
        text = [line.rstrip("\n") for line in source_lines(file)]
        if not text:  # typed in somewhere: nobody has the lines
            shown = sorted(self.used[file])
        elif len(text) <= WHOLE:
            shown = list(range(1, len(text) + 1))
        else:
            near = {k for n in self.used[file] for k in range(n - AROUND, n + AROUND + 1)}
            shown = sorted(k for k in near if 1 <= k <= len(text))
        lines = [[n, text[n - 1] if n <= len(text) else ""] for n in shown]
        return {"name": os.path.basename(file), "path": file, "lines": lines}
