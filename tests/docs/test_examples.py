"""The examples run as a user runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_xnor_learns_shows_and_draws(tmp_path):
    """With no compiler on the PATH."""
    figure = tmp_path / "new" / "cost.png"
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "xnor.py"), "--figure", str(figure)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PATH": str(tmp_path)},
        cwd=tmp_path,
    )
    said = [float(text) for text in re.findall(r"network: ([\d.]+)", done.stdout)]
    assert all(abs(got - wanted) < 0.1 for got, wanted in zip(said, [1, 0, 0, 1], strict=True))
    assert re.search(r"30000 steps in .* s: [\d,]+ steps a second", done.stdout)
    assert "sigmoid [id A]" in done.stdout
    assert "int32_t theano_function(" in done.stdout
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_rbm_learns_and_dreams(tmp_path):
    figure = tmp_path / "dreams.png"
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "rbm.py"), "--epochs", "3", "--hidden", "40", "--figure", str(figure)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    said = re.findall(r"pseudo-likelihood +(-[\d.]+), reconstruction +([\d.]+)", done.stdout)
    (before, entropy_before), (after, entropy_after) = (tuple(map(float, line)) for line in (said[0], said[-1]))
    assert -50 < before < -40 and after > -27  # 64 coins have -44
    assert entropy_after < 0.65 * entropy_before
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_an_lstm_learns_to_add(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "adding.py"), "--steps", "250", "--length", "20"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    errors = [float(text) for text in re.findall(r"squared error ([\d.]+)", done.stdout)]
    assert errors[0] > 1 / 6 and errors[-1] < 0.05
