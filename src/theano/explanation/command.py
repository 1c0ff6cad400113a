"""``python -m theano explain``: the explanation of a function of a script, as a page."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any

from theano.compile.executable import Function
from theano.explanation.explain import explain

__all__ = ["add_options", "run"]

DESCRIPTION = """Explain a function of a script: write a page, and print the same in short. The script is run, but not
what it does only as the main program (__name__ == "__main__")."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = DESCRIPTION
    parser.add_argument(
        "function", metavar="SCRIPT:NAME",
        help="the script, and in it a compiled function, or something that returns one when it is called",
    )  # fmt: skip
    parser.add_argument("--args", metavar="EXPRESSIONS", default="", help="example arguments, in terms of the script")
    parser.add_argument("-o", "--output", metavar="FILE", help="the page (default: NAME.html)")


def run(options: argparse.Namespace) -> int:
    """Write the page; 0 if that went well."""
    script, _, name = options.function.rpartition(":")
    if not script or not name:
        return _complain(f"{options.function} is not of the form script.py:function")
    if not Path(script).is_file():
        return _complain(f"there is no file {script}")
    sys.path.insert(0, str(Path(script).resolve().parent))
    names = runpy.run_path(script, run_name="explained")
    if name not in names:
        compiled = sorted(key for key, value in names.items() if isinstance(value, Function))
        hint = f"; its functions are {', '.join(compiled)}" if compiled else ""
        return _complain(f"{script} defines no {name}{hint}")
    found: Any = names[name]
    if not isinstance(found, Function) and callable(found):
        found = found()
    if not isinstance(found, Function):
        return _complain(f"{name} in {script} is no compiled function, and returns none: {found!r}")
    given = eval(f"({options.args},)", names) if options.args.strip() else ()
    explanation = explain(found, *given)
    output = options.output or f"{name}.html"
    explanation.save(output)
    print(explanation)
    print(f"\nthe page: {output}")
    return 0


def _complain(problem: str) -> int:
    print(f"python -m theano explain: {problem}", file=sys.stderr)
    return 2
