"""``python -m theano explain``: the explanation of a function of a script, as a page."""

from __future__ import annotations

import argparse
import ast
import functools
import inspect
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy

from theano.compile.executable import Function
from theano.graph.shown import shown
from theano.show.explanation.explain import explain

__all__ = ["add_options", "run"]

MODULE = "explained"  # as which a script is run: not as the main program
DESCRIPTION = """Explain a function of a script: write a page, and print the same in short. The script is run, but not
what it does only as the main program (__name__ == "__main__")."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = DESCRIPTION
    parser.add_argument(
        "function", metavar="SCRIPT:NAME",
        help="the script, and in it a compiled function (NAME, or OBJECT.NAME), or what returns one when it is called",
    )  # fmt: skip
    about = "example arguments, in terms of the script and np"
    parser.add_argument("--args", metavar="EXPRESSIONS", default="", help=about)
    parser.add_argument("-o", "--output", metavar="FILE", help="the page (default: NAME.html)")


def run(options: argparse.Namespace) -> int:
    """Write the page; 0 if that went well."""
    script, _, name = options.function.rpartition(":")
    if not script or not name:
        return _complain(f"{options.function} is not of the form script.py:function")
    if not Path(script).is_file():
        return _complain(f"there is no file {script}")
    sys.path.insert(0, str(Path(script).resolve().parent))
    try:
        names = runpy.run_path(script, run_name=MODULE)
    except (Exception, SystemExit) as error:  # a script may end itself
        return _failed(error, script)
    first, *attributes = name.split(".")
    if first not in names:
        return _complain(f"{script} defines no {first}; {_explainable(names)}")
    try:
        found: Any = functools.reduce(getattr, attributes, names[first])
    except AttributeError as error:
        return _complain(f"{name} in {script} is not there: {error}")
    if not isinstance(found, Function) and callable(found):
        if not _needs_nothing(found):
            return _complain(f"{name} in {script} needs arguments; {_explainable(names)}")
        try:
            found = found()
        except (Exception, SystemExit) as error:
            return _failed(error, script)
    if not isinstance(found, Function):
        problem = f"{name} in {script} is no compiled function, and returns none: {shown(found)}"
        return _complain(f"{problem}; {_explainable(names)}")
    try:
        given = _given(options.args, names)
    except ValueError as problem:
        return _complain(str(problem))
    explanation = explain(found, *given)
    output = options.output or f"{name}.html"
    try:
        explanation.save(output)
    except OSError as problem:
        return _complain(f"the page can't be written: {problem}")
    print(explanation)
    print(f"\nthe page: {output}")
    return 0


def _given(text: str, names: dict[str, Any]) -> list[Any]:
    """The example arguments. A ValueError says which one can't be evaluated."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"--args {text!r} is no list of expressions: {error.msg}") from error
    if not isinstance(call, ast.Call) or call.keywords or not isinstance(call.func, ast.Name):
        raise ValueError(f"--args {text!r} is no list of expressions, such as 'np.ones(3), 2'")
    found: list[Any] = []
    for number, node in enumerate(call.args, 1):
        starred = isinstance(node, ast.Starred)
        wanted = node.value if isinstance(node, ast.Starred) else node
        try:
            value = eval(compile(ast.Expression(wanted), "--args", "eval"), {"np": numpy, "numpy": numpy, **names})
            found += value if starred else [value]
        except (Exception, SystemExit) as error:
            problem = f"argument {number}, {ast.unparse(node)}, can't be evaluated"
            raise ValueError(f"{problem}: {type(error).__name__}: {error}") from error
    return found


def _failed(error: Exception | SystemExit, script: str) -> int:
    """Show what a script has raised, from its own lines on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != script:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)
    return _complain(f"{script} can't be run: {type(error).__name__}: {str(error).partition(chr(10))[0]}")


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
