"""``python -m theano.run script.py [arguments]``: a script whose libraries ask for names that are gone.

The script, what is beside it in its folder, and the libraries of `theano.compat.clients.CLIENTS` see NumPy, SciPy and
Python's modules with the names these had (``np.int``, ``inspect.getargspec``). Nobody else does.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from theano.compat import clients


def main(arguments: list[str]) -> None:
    """Run a script with its arguments, as ``__main__``."""
    if not arguments or arguments[0].startswith("-"):
        raise SystemExit("usage: python -m theano.run script.py [arguments of the script]")
    script = Path(arguments[0])
    if not script.is_file():
        raise SystemExit(f"python -m theano.run: there is no file {script}")
    folder = script.resolve().parent
    sys.argv[:] = arguments
    sys.path[0] = str(folder)  # as Python does, which put the present folder there
    beside = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    modules = {name for name in beside if name.isidentifier()}  # others can't be imported (`train.old.py`)
    clients.enable(*clients.CLIENTS, *sorted(modules - sys.modules.keys()))
    runpy.run_path(str(script), {"__builtins__": clients.BUILTINS}, "__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
