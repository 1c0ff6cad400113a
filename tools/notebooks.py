"""The notebooks of the documentation: executed, kept with their outputs, and compared.

    python -m tools.notebooks                      # run all, and keep what they show
    python -m tools.notebooks docs/notebooks/x.ipynb

What is kept is what a page without scripts can show: texts, pictures, small tables. A cell tagged ``varies`` shows
times or paths, of which only the kinds are compared; one tagged ``raises-exception`` ends in an error on purpose.

Needs nbformat, nbclient and ipykernel (the extra ``test``); matplotlib for plots.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NEEDS = ("nbformat", "nbclient", "ipykernel", "matplotlib")
_MOST = 20_000  # characters of HTML: pages that draw by script have more
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def executed(path: Path, folder: Path) -> Any:
    """A notebook as its kernel fills it anew, run in `folder`, with only what is kept.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell raises and is not tagged to do so.
    """
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, record_timing=False
    )
    # Where figures go is the kernel's business, whatever has been chosen for the process that asks (tests draw none).
    client.execute(env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = list(_joined(cell.outputs))
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return notebook


def _joined(outputs: list[Any]) -> Iterator[Any]:
    """Outputs as they are kept: pieces of one stream are one, no page of scripts beside a picture or a text."""
    before: Any = None
    for output in outputs:
        if output.output_type == "stream" and before is not None and before.get("name") == output.name:
            before.text += output.text
            continue
        if "data" in output:
            page = output.data.get("text/html", "")
            if "image/svg+xml" in output.data or len(page) > _MOST:
                output.data.pop("text/html", None)
            output.metadata = {}
            output.data = {
                kind: _ADDRESS.sub("0x…", text) if kind == "text/plain" else text for kind, text in output.data.items()
            }
        if output.output_type == "error":
            output.traceback = [_ANSI.sub("", line) for line in output.traceback]
        yield output
        before = output


def shown(cell: Any) -> list[tuple[str, ...]]:
    """What of a cell's outputs must be the same each time: kinds, and texts unless they vary."""
    varies = "varies" in cell.metadata.get("tags", [])
    found = []
    for output in cell.outputs:
        kinds = tuple(sorted(output.get("data", {})))
        text = output.get("text") or output.get("data", {}).get("text/plain", "") or output.get("ename", "")
        found.append((output.output_type, *kinds, *(() if varies else (_ANSI.sub("", text),))))
    return found


def differences(kept: Any, fresh: Any) -> list[str]:
    """For each cell that shows something else than what is kept, its source and both."""
    return [
        f"{a.source}\n--- kept:\n{shown(a)}\n--- now:\n{shown(b)}"
        for a, b in zip(kept.cells, fresh.cells, strict=True)
        if a.cell_type == "code" and shown(a) != shown(b)
    ]


def main(arguments: list[str]) -> None:
    """Run notebooks and keep their outputs."""
    import tempfile

    import nbformat

    for path in map(Path, arguments) if arguments else sorted(FOLDER.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(path, Path(folder))
        nbformat.write(notebook, path)
        print(f"{path.name}: {len(notebook.cells)} cells, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
