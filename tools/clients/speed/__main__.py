"""``python -m tools.clients.speed``: training steps of old libraries here, on Theano 1.0.5, and in torch.

Every network is run in processes of its own that take turns; each uses one thread. Theano 1.0.5 wants Python 3.8, a
C compiler and OpenBLAS: its column stays empty where they aren't there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.clients.table import CLIENTS
from tools.clients.workplace import ROOT, Workplace

HERE = Path(__file__).parent
LIBRARIES = {"keras": "keras-2.3.1", "lasagne": "lasagne-0.1"}
NETWORKS = {
    "lenet": "LeNet (20 and 50 kernels of 5 x 5, 500 units), batches of 64",
    "lstm": "an embedding of 64 and an LSTM of 64 units over 60 steps, batches of 32",
}
ONE_THREAD = {f"{pool}_NUM_THREADS": "1" for pool in ("OMP", "OPENBLAS", "MKL")}


Runs = dict[str, list[dict[str, Any]]]  # what the processes of each contender measured


@dataclass(frozen=True)
class Contender:
    """Who runs the networks of a library: an interpreter, what it finds, and where it keeps compiled code."""

    name: str
    python: Path
    path: tuple[Path, ...]
    flags: str
    options: tuple[str, ...] = ()

    def run(self, library: str, network: str, cache: Path) -> dict[str, Any]:
        """What one process measures."""
        script = HERE / "inside" / f"in_{library}.py"
        environment = ONE_THREAD | {
            "PATH": os.environ["PATH"],
            "HOME": str(cache),
            "KERAS_BACKEND": "theano",
            "PYTHONPATH": os.pathsep.join(map(str, self.path)),
            "THEANO_FLAGS": self.flags.format(cache=cache),
        }
        command = [str(self.python), *self.options, str(script), network]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{self.name}, {library}, {network}:\n{done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.clients.speed", description=__doc__)
    parser.add_argument("libraries", nargs="*", default=list(LIBRARIES), help=f"of {', '.join(LIBRARIES)}")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each (default: 3)")
    parser.add_argument("--python38", default=shutil.which("python3.8"), help="for Theano 1.0.5")
    given = parser.parse_args()
    steps = ["library, network | here | Theano 1.0.5 | torch | here / Theano 1.0.5 | here / torch"]
    first = ["library, network | here, cold | warm | Theano 1.0.5, cold | warm | torch"]
    for library in given.libraries:
        contenders = _contenders(library, given.python38)
        for network, words in NETWORKS.items():
            found, name = measured(contenders, library, network, given.rounds), f"{LIBRARIES[library]}, {words}"
            for lines, line in zip((steps, first), rows(name, found), strict=True):
                lines.append(line)
            print(f"{name}: {apart(found)}", flush=True)
    print("\nmilliseconds of CPU of a step, the least (the least median):\n\n" + _table(steps))
    print("\nseconds of CPU until the first step is done, caches empty and full:\n\n" + _table(first))


def _contenders(library: str, python38: str | None) -> list[Contender]:
    place = Workplace(next(client for client in CLIENTS if client.key == LIBRARIES[library]))
    place.prepare()
    inside = place.environment()["PYTHONPATH"].split(os.pathsep)
    path, aged_names = tuple(map(Path, inside)), ("-m", "theano.run")
    found = [Contender("here", place.python, path, "floatX=float32,cache.dir={cache}", aged_names)]
    if python38:
        python = _environment(python38, "original", "wheel==0.43.0", "setuptools==59.8.0")
        found.append(Contender("Theano 1.0.5", python, (), "floatX=float32,base_compiledir={cache}"))
    return [*found, Contender("torch", _environment(sys.executable, "torch"), (), "")]


def _environment(python: str, name: str, *tools: str) -> Path:
    """The interpreter of an environment with the requirements of that name, made if it isn't there."""
    folder, wanted = ROOT / "build" / "clients" / name, HERE / "requirements" / f"{name}.txt"
    made, text = folder / "prepared", hashlib.sha256(wanted.read_bytes()).hexdigest()
    inside = folder / "bin" / "python"
    if not made.exists() or made.read_text(encoding="utf-8") != text:
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(inside), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        if tools:
            subprocess.run([*pip, *tools], check=True)
        subprocess.run([*pip, "-r", str(wanted)], check=True)
        made.write_text(text, encoding="utf-8")
    return inside


def measured(contenders: list[Contender], library: str, network: str, rounds: int) -> Runs:
    """Of each contender what its processes measured, the first one with an empty cache."""
    found: Runs = {contender.name: [] for contender in contenders}
    with tempfile.TemporaryDirectory() as caches:
        for _ in range(rounds):
            for contender in contenders:
                cache = Path(caches) / contender.name.replace(" ", "-")
                cache.mkdir(exist_ok=True)
                script = library if contender.name != "torch" else "torch"
                found[contender.name].append(contender.run(script, network, cache))
    return found


def rows(name: str, found: Runs) -> tuple[str, str]:
    """A line of each table."""
    return f"{name} | {' | '.join(_steps(found))}", f"{name} | {' | '.join(_first(found))}"


def _steps(found: Runs) -> Iterable[str]:
    least = {name: min(run["least"] for run in runs) for name, runs in found.items()}
    for name in ("here", "Theano 1.0.5", "torch"):
        runs = found.get(name)
        yield f"{least[name]:.2f} ({min(run['median'] for run in runs):.2f})" if runs else "–"
    for name in ("Theano 1.0.5", "torch"):
        yield f"{least['here'] / least[name]:.2f}" if name in least else "–"


def _first(found: Runs) -> Iterable[str]:
    for name in ("here", "Theano 1.0.5"):
        runs = found.get(name)
        yield f"{runs[0]['first']:.2f}" if runs else "–"
        yield f"{min(run['first'] for run in runs[1:]):.2f}" if runs and runs[1:] else "–"
    yield f"{min(run['first'] for run in found['torch']):.2f}"


def apart(found: Runs) -> str:
    """How far the costs of the first steps are from the original's, which starts at the same parameters."""
    if "Theano 1.0.5" not in found:
        return "Theano 1.0.5 was not there"
    here, there = found["here"][0]["costs"], found["Theano 1.0.5"][0]["costs"]
    differences = [abs(a - b) for a, b in zip(here, there, strict=True)]
    apart = max(differences) if all(map(math.isfinite, differences)) else math.nan  # max() may pass NaN by
    return f"costs of {len(here)} steps are {apart:.1e} from the original's at most (the first is {there[0]:.4f})"


def _table(lines: list[str]) -> str:
    rule = "|" + "---|" * (lines[0].count("|") + 1)
    return "\n".join([f"| {lines[0]} |", rule, *(f"| {line} |" for line in lines[1:])])


if __name__ == "__main__":
    main()
