"""All cells of the grid (tests/grid), of which the tests run a sample.

    python tools/grid.py                      # all entries, every cell: hours
    python tools/grid.py sort "user: C"       # of these entries
    python tools/grid.py --seconds 600        # cells drawn by lot, as long as that
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.grid.cells import DTYPES, LAYOUTS, Cell, check, lengths_for
from tests.grid.entries import ANYTHING, ENTRIES, FULL_RANK


def drawn(names: list[str], seconds: float, seed: int) -> Iterator[Cell]:
    """Cells by lot."""
    rng, end = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < end:
        name = rng.choice(names)
        yield Cell(name, rng.choice(DTYPES), rng.choice(lengths_for(name, FULL_RANK)), rng.choice(LAYOUTS))


def main() -> None:
    """Print the cells where compiled code and NumPy differ, and how many there were."""
    args = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    args.add_argument("names", nargs="*")
    args.add_argument("--seconds", type=float)
    args.add_argument("--seed", type=int, default=0)
    opts = args.parse_args()
    names = opts.names or list(ENTRIES)
    if opts.seconds is None:
        cells: Iterator[Cell] = (
            Cell(name, *rest)
            for name in names
            for rest in itertools.product(DTYPES, lengths_for(name, FULL_RANK), LAYOUTS)
        )
    else:
        cells = drawn(names, opts.seconds, opts.seed)
    computed = refused = wrong = 0
    for cell in cells:
        entry = ENTRIES[cell.entry]
        try:
            done = check(entry.make, entry.points, cell, cell.entry in ANYTHING)
        except Exception as error:
            wrong += 1
            print(f"-- {cell}\n{type(error).__name__}: {str(error)[:600]}", flush=True)
        else:
            computed, refused = computed + done, refused + (not done)
    print(f"{computed} cells computed, {refused} refused, {wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
