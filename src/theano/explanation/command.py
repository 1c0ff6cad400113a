"""``python -m theano explain``: the explanation of a function of a script, as a page."""

from __future__ import annotations

import argparse
import inspect
import runpy
import sys
from pathlib import Path
from typing import Any

from theano.compile.executable import Function
from theano.explanation.explain import explain
from theano.graph.shown import shown

__all__ = ["add_options", "run"]

MODULE = "explained"  # as which a script is run: not as the main program
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
    names = runpy.run_path(script, run_name=MODULE)
    if name not in names:
        return _complain(f"{script} defines no {name}; {_explainable(names)}")
    found: Any = names[name]
    if not isinstance(found, Function) and callable(found):
        if not _needs_nothing(found):
            return _complain(f"{name} in {script} needs arguments; {_explainable(names)}")
        found = found()
    if not isinstance(found, Function):
        problem = f"{name} in {script} is no compiled function, and returns none: {shown(found)}"
        return _complain(f"{problem}; {_explainable(names)}")
    given = eval(f"({options.args},)", names) if options.args.strip() else ()
    explanation = explain(found, *given)
    output = options.output or f"{name}.html"
    explanation.save(output)
    print(explanation)
    print(f"\nthe page: {output}")
    return 0


def _explainable(names: dict[str, Any]) -> str:
    """What of a script can be explained, in words."""
    compiled = [name for name, value in names.items() if isinstance(value, Function)]
    own = [name for name, value in names.items() if inspect.isfunction(value) and value.__module__ == MODULE]
    makers = [name for name in own if _needs_nothing(names[name])]
    listed = [f"it has the compiled function{'s' * (len(compiled) > 1)} {', '.join(compiled)}"] if compiled else []
    listed += [f"{', '.join(makers)} can be called without arguments, and may return one"] if makers else []
    return "; ".join(listed) or "it has no compiled function, and nothing that makes one when called without arguments"


def _needs_nothing(found: Any) -> bool:
    """Whether something can be called without arguments."""
    try:
        inspect.signature(found).bind()
    except (TypeError, ValueError):  # it needs some, or nobody knows
        return False
    return True


def _complain(problem: str) -> int:
    print(f"python -m theano explain: {problem}", file=sys.stderr)
    return 2
