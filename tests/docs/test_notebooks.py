"""The notebooks of the documentation run, and show what is kept in them."""

from __future__ import annotations

import importlib.util

import pytest

from tools.notebooks import FOLDER, NEEDS, differences, executed

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MISSING = [name for name in NEEDS if importlib.util.find_spec(name) is None]
needs_jupyter = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def test_there_are_some() -> None:
    assert len(NOTEBOOKS) >= 3


@needs_jupyter
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook(path, tmp_path) -> None:
    import nbformat

    kept = nbformat.read(path, as_version=4)
    nbformat.validate(kept)
    assert not differences(kept, executed(path, tmp_path))


@needs_jupyter
def test_a_difference_is_found(tmp_path) -> None:
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    path = tmp_path / "n.ipynb"
    varying = new_code_cell("id(object()), 5", metadata={"tags": ["varies"]})
    nbformat.write(new_notebook(cells=[new_code_cell("print(1)\nprint(2)"), varying]), path)
    kept = executed(path, tmp_path)
    assert kept.cells[0].outputs[0].text == "1\n2\n"
    assert not differences(kept, executed(path, tmp_path))
    kept.cells[0].outputs[0].text = "1\n3\n"
    (found,) = differences(kept, executed(path, tmp_path))
    assert "print(2)" in found
