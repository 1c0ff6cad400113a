"""Where a client runs: an environment of its own, with pinned versions, and its unpacked sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.clients.table import Client

__all__ = ["ROOT", "Workplace"]

ROOT = Path(__file__).parents[2]
_HERE = Path(__file__).parent
_COMMON = _HERE / "requirements" / "common.txt"


class Workplace:
    """The environment and the sources of a client, below ``build/clients``."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.folder = ROOT / "build" / "clients" / client.key
        self.python = self.folder / "env" / "bin" / "python"

    @property
    def sources(self) -> Path:
        """The folder of the unpacked sources."""
        return next(path for path in (self.folder / "sources").iterdir() if path.is_dir())

    def prepare(self) -> None:
        """Make what isn't there, or was made for other versions."""
        own = _HERE / "requirements" / f"{self.client.key}.txt"
        wanted = [_COMMON, *([own] if own.exists() else [])]
        text = "".join(path.read_text(encoding="utf-8") for path in wanted) + self.client.distribution + sys.version
        stamp, print_ = self.folder / "prepared", hashlib.sha256(text.encode()).hexdigest()
        if stamp.exists() and stamp.read_text(encoding="utf-8") == print_:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        self._run(sys.executable, "-m", "venv", "--clear", str(self.folder / "env"))
        # Without dependencies: clients ask for the NumPy of their time, and for Theano itself.
        for path in wanted:
            self._pip("install", "--no-deps", "--no-compile", "-r", str(path))
        packed = self.folder / "packed"
        form = "--only-binary" if self.client.wheel else "--no-binary"
        self._pip("download", "--no-deps", form, ":all:", "--no-build-isolation", "-d", str(packed),
                  self.client.distribution)  # fmt: skip
        (archive,) = packed.glob("*.whl" if self.client.wheel else "*.tar.gz")
        self._pip("install", "--no-deps", "--no-compile", "--no-build-isolation", str(archive))
        if self.client.wheel:
            shutil.unpack_archive(archive, self.folder / "sources" / archive.stem, "zip")
        else:
            shutil.unpack_archive(archive, self.folder / "sources", filter="data")
        stamp.write_text(print_, encoding="utf-8")

    def modules(self) -> list[str]:
        """The modules of its own tests, as paths in its sources."""
        chosen = [self.sources / path for path in self.client.suite]
        found = {path for path in chosen if path.is_file()}
        found |= {file for path in chosen for pattern in ("test*.py", "*_test.py") for file in path.rglob(pattern)}
        names = sorted(str(file.relative_to(self.sources)) for file in found)
        return [name for name in names if not any(Path(name).is_relative_to(path) for path in self.client.without)]

    def state(self) -> str:
        """The last commit of our package (with a + if it was changed since), and what the environment was made of."""
        git = ["git", "-C", str(ROOT)]
        commit = self._say(*git, "log", "-1", "--format=%h", "--abbrev=8", "--", "src")
        changed = "+" if self._say(*git, "status", "--short", "--", "src") else ""
        return f"{commit}{changed} {(self.folder / 'prepared').read_text(encoding='utf-8')[:8]}"

    def environment(self) -> dict[str, str]:
        """The variables that its tests see."""
        others = ("PYTHON", "THEANO", "PYTEST")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return kept | {
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(_HERE / "inside")]),
            "THEANO_FLAGS": f"cache.dir={self.folder / 'cache'}",
            "MPLBACKEND": "agg",
            "HOME": str(self.folder),  # where some of them keep settings
            **self.client.environment,
        }

    def version(self, distribution: str) -> str:
        """Which version of something it has."""
        code = f"import importlib.metadata as m; print(m.version({distribution!r}))"
        return self._say(str(self.python), "-c", code)

    def _pip(self, *arguments: str) -> None:
        self._run(str(self.python), "-m", "pip", "--disable-pip-version-check", "-q", *arguments)

    @staticmethod
    def _run(*command: str) -> None:
        subprocess.run(command, check=True)

    @staticmethod
    def _say(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
