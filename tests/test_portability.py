"""What the tests, tools and sources themselves need exists on every system."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Modules of the standard library that Windows lacks.
UNIX = {"crypt", "curses", "fcntl", "grp", "nis", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty"}


def imported_at_once(tree: ast.Module) -> set[str]:
    """The modules that importing a file imports, if nothing decides about it."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_no_file_imports_what_windows_lacks() -> None:
    files = [path for folder in ("src", "tests", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    # `make mutants` forks, as its page says
    files = [path for path in files if ROOT / "tools" / "mutants" not in path.parents]
    wrong = {str(path): bad for path in files if (bad := imported_at_once(ast.parse(path.read_text("utf-8"))) & UNIX)}
    assert not wrong


def without_encoding(tree: ast.Module) -> set[int]:
    """The lines that open text files, or take the text of another program, in the encoding of whoever runs them."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = {word.arg: word.value for word in node.keywords}
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        mode = node.args[1] if len(node.args) > 1 else given.get("mode")
        binary = isinstance(mode, ast.Constant) and "b" in str(mode.value)
        opens = name == "open" and isinstance(node.func, ast.Name) and not binary
        reads = (name == "read_text" and not node.args) or (name == "write_text" and len(node.args) < 2)
        if (opens or reads or ("text" in given and name in ("run", "Popen"))) and "encoding" not in given:
            found.add(node.lineno)
    return found


def test_texts_have_an_encoding() -> None:
    """Windows has another one by default."""
    assert without_encoding(ast.parse("open(p)\nopen(p, 'rb')\nrun(c, text=True)\nq.read_text('utf-8')")) == {1, 3}
    files = (ROOT / "src").rglob("*.py")
    wrong = {str(path): bad for path in files if (bad := without_encoding(ast.parse(path.read_text("utf-8"))))}
    assert not wrong
