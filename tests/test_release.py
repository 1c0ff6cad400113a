"""Packages that are released: where the links of their README lead."""

from __future__ import annotations

import re
from pathlib import Path

from tools.release_check import with_address

ROOT = Path(__file__).parents[1]


def test_links_of_the_readme_lead_to_files_of_the_repository() -> None:
    address = "https://example.org/us/theano"
    text = with_address((ROOT / "README.md").read_text(), address)
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert all(target.startswith(("https://", "#")) for target in targets)
    files = [t.removeprefix(f"{address}/").split("/", 2)[2].partition("#")[0] for t in targets if address in t]
    # the reference is made from the source
    assert len(files) > 15 and [f for f in files if not (ROOT / f).exists() and f != "docs/api/index.md"] == []
