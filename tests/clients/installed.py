"""Libraries that are written for Theano: tests of them run where they are installed (``make test-clients``)."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from theano.compat import clients


def client(name: str) -> ModuleType:
    """A library, with the names that it asks for; without it the module's tests are skipped."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed: make test-clients", allow_module_level=True)
    if not clients._enabled:
        clients.enable()
    return importlib.import_module(name)


def from_inside(name: str) -> None:
    """Put a library's folder on the path: its modules import each other by bare names, as in Python 2 they could."""
    found = importlib.util.find_spec(name)
    if found is None:
        pytest.skip(f"{name} is not installed: make test-clients", allow_module_level=True)
    folder = found.submodule_search_locations[0]
    clients.enable(*(path.stem for path in Path(folder).glob("[a-z]*.py")))
    sys.path.insert(0, folder)


def example(name: str) -> Path:
    """A script of the library's sources, which pip does not install; without them the test is skipped."""
    path = Path(os.environ.get("CLIENT_SOURCES", "nowhere")) / "examples" / name
    if not path.exists():
        pytest.skip("the library's sources are not here: make test-clients")
    return path


def digits(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of handwritten digits, 28 by 28, in bytes; and which digits they are. They stand in for MNIST's."""
    datasets = pytest.importorskip("sklearn.datasets")
    found = datasets.load_digits()
    pictures = np.kron(found.images[:rows], np.ones((3, 3))) * 15.9375
    return np.pad(pictures, ((0, 0), (2, 2), (2, 2))).astype("uint8"), found.target[:rows]


def blobs(seed: int = 0, rows: int = 240, columns: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Rows of three kinds that a small network can tell apart, and their kinds."""
    draw = np.random.RandomState(seed)
    kinds = np.arange(rows) % 3
    return (draw.randn(rows, columns) + 2.5 * np.eye(3, columns)[kinds] * (columns > 3)).astype("float32"), kinds


def bars(seed: int = 0, rows: int = 96, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Pictures with a bar that lies (0) or stands (1), in noise, with a channel; and which."""
    draw = np.random.RandomState(seed)
    kinds = np.arange(rows) % 2
    pictures = 0.3 * draw.randn(rows, 1, size, size)
    for picture, kind in zip(pictures[:, 0], kinds):
        place = draw.randint(size)
        picture[(slice(None), place) if kind else (place, slice(None))] += 1.5
    return pictures.astype("float32"), kinds
