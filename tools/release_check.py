"""Whether the package can be released: ``make release-check``.

Builds the wheel and the source package, looks into them, installs the wheel in a clean environment of each Python that
is on this machine, and runs the code of the README there, in an empty folder and without network.

With ``--address``, where the project's repository can be read, the packages say so, and the links of their README lead
there: on a package index those to files of the repository would lead nowhere. With ``--keep`` both packages stay in a
folder, to be published.

What could not be checked, a Python that is not on this machine or packages without an address, is said at the end, and
the check fails for it; ``--skip-missing`` lets it pass.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
TOOLS = ("build", "twine", "check-wheel-contents")
# Folders and files that a source package must have besides the package itself.
SOURCES = (
    "docs", "examples", "tests", "tools", "benchmarks", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "Makefile",
)  # fmt: skip
# Runs a document as the tests do; whoever wants the network fails.
PROGRAM = """
import socket, sys
from pathlib import Path
def _no(*args, **kwargs): raise OSError("no network")
socket.socket.connect = _no
sys.path.append({tools!r})
from documents import run_document
run_document(Path({document!r}), Path("."))
"""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What a command prints; its failure ends the check."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def with_address(readme: str, address: str) -> str:
    """A README whose links to files of the repository are links to where it can be read.

    >>> with_address("[all](docs/a.md), ![p](docs/p.png), [you](https://y.org)", "https://x.org")
    '[all](https://x.org/blob/HEAD/docs/a.md), ![p](https://x.org/raw/HEAD/docs/p.png), [you](https://y.org)'
    """
    return re.sub(
        r"(!?)(\[[^]]*\])\((?!https?:|#)([^)]*)\)",
        lambda m: f"{m[1]}{m[2]}({address}/{'raw' if m[1] else 'blob'}/HEAD/{m[3]})", readme,
    )  # fmt: skip


def addressed(folder: Path, address: str) -> Path:
    """A copy of what is committed, in which the README and the package's data have the address."""
    address = address.rstrip("/")
    run("git", "clone", "-q", ROOT, folder)
    readme, project = folder / "README.md", folder / "pyproject.toml"
    readme.write_text(with_address(readme.read_text(), address))
    urls = {"Source": address, "Issues": f"{address}/issues", "Changelog": f"{address}/blob/HEAD/CHANGELOG.md"}
    lines = "".join(f'{name} = "{url}"\n' for name, url in urls.items())
    project.write_text(f"{project.read_text().rstrip()}\n\n[project.urls]\n{lines}")
    return folder


def built(folder: Path, tree: Path) -> tuple[Path, Path]:
    """The wheel and the source package of a tree, and the tools' opinion of them."""
    python = environment(folder / "tools", sys.executable, *TOOLS)
    run(python, "-m", "build", "--outdir", folder / "dist", tree)
    (wheel,), (source,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    print(run(python, "-m", "twine", "check", "--strict", wheel, source).strip())
    # W002: empty files are equal; W009, W004: the stubs are a package of their own, of that name
    print(run(python.parent / "check-wheel-contents", "--ignore", "W002,W004,W009", wheel).strip())
    return wheel, source


def environment(folder: Path, python: str | Path, *packages: str | Path) -> Path:
    """The interpreter of a new environment with these packages."""
    run(python, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", "-q", *packages)
    return folder / "bin" / "python"


def check_contents(wheel: Path, source: Path) -> None:
    """Everything is in, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    ours = {path.relative_to(ROOT / "src").as_posix() for path in tracked(ROOT / "src")}
    missing = sorted(ours - names)
    foreign = sorted(n for n in names - ours if ".dist-info/" not in n)
    if missing or foreign:
        sys.exit(f"the wheel lacks {missing[:10]} and has {foreign[:10]}")
    with tarfile.open(source) as archive_of_sources:
        tops = {name.split("/")[1] for name in archive_of_sources.getnames() if "/" in name}
    if lacking := [name for name in SOURCES if name not in tops]:
        sys.exit(f"the source package lacks {lacking}")
    print(f"{len(ours)} files in the wheel, {wheel.stat().st_size >> 10} KiB; sources have {', '.join(SOURCES)}")


def tracked(folder: Path) -> list[Path]:
    return [ROOT / name for name in run("git", "ls-files", folder).splitlines()]


def check_version() -> None:
    """All files say the same version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    if f"version: {version}\n" not in (ROOT / "CITATION.cff").read_text():
        sys.exit(f"CITATION.cff is not of version {version}")
    if version not in (ROOT / "CHANGELOG.md").read_text():
        sys.exit(f"CHANGELOG.md says nothing of {version}")


def interpreter(version: str) -> str | None:
    """The Python of a version, if there is one that runs (pyenv has names of some that don't)."""
    found = shutil.which(f"python{version}")
    return found if found and not subprocess.run([found, "-c", ""], capture_output=True).returncode else None


def verdict(unchecked: list[str], skip_missing: bool) -> int:
    """Say what was not checked, and return the exit status.

    >>> verdict([], False)
    Everything is checked.
    0
    >>> verdict(["Python 3.14: not on this machine"], False)
    <BLANKLINE>
    NOT CHECKED, so this is no release:
      Python 3.14: not on this machine
    (RELEASE="--skip-missing" lets it pass)
    1
    """
    if not unchecked:
        print("Everything is checked.")
        return 0
    print(f"\nNOT CHECKED, {'as asked for' if skip_missing else 'so this is no release'}:")
    print("".join(f"  {what}\n" for what in unchecked), end="")
    if not skip_missing:
        print('(RELEASE="--skip-missing" lets it pass)')
    return int(not skip_missing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", help="of the repository, as https://example.org/us/theano")
    parser.add_argument("--keep", type=Path, help="the folder where both packages stay")
    parser.add_argument("--skip-missing", action="store_true", help="succeed though something could not be checked")
    given = parser.parse_args()
    unchecked = []
    if given.address is None:
        unchecked.append("the address of the repository (--address URL): the packages have no links to it")
    check_version()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = ROOT if given.address is None else addressed(folder / "tree", given.address)
        wheel, source = built(folder, tree)
        check_contents(wheel, source)
        if given.keep is not None:
            given.keep.mkdir(parents=True, exist_ok=True)
            for package in (wheel, source):
                print(f"kept as {shutil.copy(package, given.keep)}")
        program = folder / "readme.py"
        program.write_text(PROGRAM.format(tools=str(ROOT / "tools"), document=str(ROOT / "README.md")))
        for version in PYTHONS:
            found = interpreter(version)
            if found is None:
                unchecked.append(f"Python {version}: python{version} is not on this machine, or does not run")
                continue
            (folder / version).mkdir()
            python = environment(folder / version / "venv", found, wheel)
            run(python, program, cwd=folder / version)
            print(f"Python {version}: installed, the README's code runs offline")
    return verdict(unchecked, given.skip_missing)


if __name__ == "__main__":
    sys.exit(main())
