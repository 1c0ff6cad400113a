"""What must not come back into the tree: full folders, imports of old names, names of higher rooms in strings."""

from __future__ import annotations

import pytest

from tools import house


def test_no_folder_is_full() -> None:
    assert house.full_folders() == {}


def test_the_compiler_knows_nothing_of_old_names() -> None:
    assert house.into_legacy() == []


def test_one_table_names_higher_rooms() -> None:
    """Texts about names that users write (`base/other_words.py`) are no imports."""
    found = {line.partition(":")[0] for line in house.upward_names()}
    assert found == {"base/late.py", "base/other_words.py"}


def test_memory_is_decided_in_no_more_places() -> None:
    assert len(house.memory_roles()) <= 15


@pytest.mark.parametrize("word", ["convolution", "sort", "product", "scan", "sparse", "random", "index"])
def test_a_family_is_found_by_its_word(word: str) -> None:
    assert word in house.whole_families()


def test_imports_and_strings_are_seen(tmp_path, monkeypatch) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "legacy").mkdir()
    (tmp_path / "legacy" / "old.py").write_text("")
    text = '"""theano.legacy.old"""\nimport theano.legacy.old\nx = "theano.legacy.old:f"\n'
    (tmp_path / "base" / "a.py").write_text(text)
    monkeypatch.setattr(house, "SOURCES", tmp_path)
    for cached in (house.trees, house.module_names):
        cached.cache_clear()
    try:
        assert house.into_legacy() == ["base/a.py:2 theano.legacy.old", "base/a.py:3 theano.legacy.old"]
        assert house.upward_names() == ["base/a.py:3 theano.legacy.old"]
    finally:
        for cached in (house.trees, house.module_names):
            cached.cache_clear()
