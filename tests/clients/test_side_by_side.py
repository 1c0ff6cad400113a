"""The same three networks in each library: ``examples/side_by_side`` runs as a user runs it, where the library is."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "examples" / "side_by_side" / "run.py"


@pytest.mark.parametrize("library", ["theano", "lasagne", "keras"])
def test_networks_learn(library, tmp_path):
    for needed in {"sklearn", library} - {"theano"}:
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed: make test-clients")
    figure = tmp_path / "costs.png"
    flags = ",".join(filter(None, (os.environ.get("THEANO_FLAGS"), "floatX=float32")))
    drawn = ["--figure", str(figure)] if importlib.util.find_spec("matplotlib") else []
    done = subprocess.run(
        [sys.executable, str(RUN), library, "--epochs", "8", *drawn],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env=os.environ | {"KERAS_BACKEND": "theano", "THEANO_FLAGS": flags},
    )  # fmt: skip
    said = {name: float(number) for name, number in re.findall(rf"{library} (\w+): ([\d.]+)", done.stdout)}
    assert said["lenet"] > 0.9 and said["lstm"] > 0.9 and said["autoencoder"] < 0.035, done.stdout
    assert not drawn or figure.read_bytes().startswith(b"\x89PNG")
