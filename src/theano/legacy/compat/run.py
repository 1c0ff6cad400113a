"""``python -m theano.run script.py [arguments]``: a script whose libraries ask for names that are gone.

The script, what is beside it in its folder, and the libraries of `theano.compat.clients.CLIENTS` see NumPy, SciPy and
Python's modules with the names these had (``np.int``, ``inspect.getargspec``). Nobody else does. Processes that the
script starts do as it does: those of multiprocessing run this module first, which they take for the script's, and any
other Python reads ``legacy/compat/children/sitecustomize.py``.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from theano.legacy.compat import children, clients

_VARIABLE = "THEANO_RUN"
"""Of the environment: the script and, each in a line, what is enabled."""


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
    names = [*clients.CLIENTS, *sorted(modules - sys.modules.keys())]
    pass_on(names, script.resolve())
    _run(script, names, "__main__")


def pass_on(names: list[str], script: Path | str = "") -> None:
    """Have libraries and modules enabled in the processes that this one will start; `script` is what they prepare."""
    os.environ[_VARIABLE] = "\n".join([str(script), *names])
    paths = [children.__path__[0], os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


def _run(script: Path, names: list[str], name: str) -> ModuleType:
    """Run a script as the module `name`."""
    clients.enable(*names)
    clients.flags_of_script()
    module = ModuleType(name)
    # By the name of its specification multiprocessing prepares a process, which then comes here by `_prepared`.
    vars(module).update(__builtins__=clients.BUILTINS, __file__=str(script), __spec__=ModuleSpec("theano.run", None))
    if name == "__main__":  # what other processes send is of the latter
        sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    exec(compile(script.read_bytes(), str(script), "exec"), vars(module))
    return module


def _prepared() -> ModuleType:
    """The script's module in a process that its multiprocessing started."""
    script, *names = os.environ[_VARIABLE].split("\n")
    return _run(Path(script), [name for name in names if name not in sys.modules], "__mp_main__")


if __name__ == "__main__":
    main(sys.argv[1:])
elif __name__ == "__mp_main__":
    globals().update(vars(_prepared()))
