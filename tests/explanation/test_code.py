"""Which lines of code come from which of the program's."""

from __future__ import annotations

import numpy as np

import theano
import theano.tensor as T


def test_calls_of_libraries_are_marked_in_assembly() -> None:
    """From a comment with the name of the function to the call; each of the line that asks for it, and of no other."""
    x, y = T.dmatrices("x", "y")
    z = T.dot(T.exp(x), y)
    w = T.dot(z, y)
    f = theano.function([x, y], T.dot(x, w).sum())
    data = theano.explain(f, np.ones((5, 5)), np.ones((5, 5))).data["functions"][0]
    products = [loop for loop in data["loops"] if loop["name"] == "product"]
    assert len(products) == 3
    code = data["code"]["main"]
    lines = code["assembly"].splitlines()
    marks = code["marks"]["assembly"]
    seen = set()
    for product in products:
        (line,) = product["lines"]
        stretches = [lines[a : b + 1] for a, b in marks[line]]
        named = [stretch for stretch in stretches if any("# calls dproduct" in text for text in stretch)]
        assert len(named) == 1, (line, stretches)
        assert "call" in named[0][-1] and sum("call" in text for text in named[0]) == 2, named[0]
        seen.add(line)
    assert len(seen) == 3
    assert "; dproduct" in f.executor.text()
