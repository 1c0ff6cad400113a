"""The examples run as a user runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("everything", [False, True])
def test_xnor_learns_shows_and_draws(tmp_path, everything):
    """With no compiler on the PATH. What everybody sees first fits a screen."""
    figure = tmp_path / "new" / "cost.png"
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "xnor.py"), "--figure", str(figure), *["--all"] * everything],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PATH": str(tmp_path)},
        cwd=tmp_path,
    )
    said = [float(text) for text in re.findall(r"network: ([\d.]+)", done.stdout)]
    assert all(abs(got - wanted) < 0.1 for got, wanted in zip(said, [1, 0, 0, 1], strict=True))
    assert re.search(r"30000 steps in .* s: [\d,]+ steps a second", done.stdout)
    assert ("sigmoid [id A]" in done.stdout) == everything
    assert ("int32_t theano_function(" in done.stdout) == everything
    assert everything or done.stdout.count("\n") < 25
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
        [sys.executable, str(ROOT / "examples" / "adding.py"), "--steps", "250", "--length", "20", "--figure", "f.png"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    errors = [float(text) for text in re.findall(r"squared error ([\d.]+)", done.stdout)]
    assert errors[0] > 1 / 6 and errors[-1] < 0.05
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def test_a_long_loop_tells_how_far_it_is(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "attractor.py"), "--steps", "500000", "--figure", "f.png"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    told = re.findall(r"^step +([\d,]+): exponent 0\.\d+$", done.stdout, re.MULTILINE)
    assert told == ["100,000", "200,000", "300,000", "400,000"]
    exponent = float(re.search(r"exponent: ([\d.]+)$", done.stdout, re.MULTILINE)[1])
    assert abs(exponent - 0.9056) < 0.02
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


# Of networks: the steps of a short form, and what it says at its end.
NETWORKS = {
    "lenet": (120, r"of 397 digits [89][\d.]+ % are read right"),
    "vgg": (90, r"of 397 digits [6789][\d.]+ % are read right"),
    "resnet": (60, r"of 397 digits [6789][\d.]+ % are read right"),
    "dream": (60, r"sees its digit in a dream with a certainty of 0\.\d+"),
    "denoising": (400, r"error of a pixel: 0\.266 as given, 0\.1[789]\d restored"),
    "vae": (400, r"surprise at a digit not learned from: at most (1|20|21)[\d.]+ nats"),
    "characters": (40, r"surprise at a letter not learned from: 3\.[\d.]+ bits"),
    "transformer": (15, r"surprise at a letter not learned from: 3\.[\d.]+ bits"),
    "embeddings": (600, r"surprise at a word beside one, in unread text: 6\.[\d.]+ nats; 6\.\d+ by how often"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_learn(name, tmp_path):
    steps, ends = NETWORKS[name]
    figure = tmp_path / "new" / "figure.png"
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), "--steps", str(steps), "--figure", str(figure)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    said = done.stdout
    assert re.search(r"compiled in [\d.]+ s", said) and re.search(ends, said), said
    costs = [float(text) for text in re.findall(rf"step +\d+ of {steps}: cost ([\d.]+), .* s$", said, re.MULTILINE)]
    assert len(costs) == 6 and costs[-1] < 0.97 * costs[0], said
    assert f"picture: {figure}" in said and figure.read_bytes().startswith(b"\x89PNG")


def test_networks_without_matplotlib(tmp_path):
    """What is missing is said in words, and the rest runs."""
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "denoising.py"), "--steps", "6"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        cwd=tmp_path,
    )
    assert "no picture: matplotlib is not installed" in done.stdout and not (tmp_path / "build").exists()
