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
