"""Compare random programs with NumPy for a given time.

``python tools/random_programs.py [SECONDS [SEED [KIND]]]``, of the kinds graphs, loops, updates, gradients, sparse,
sparse_updates, windows (pooling and neighbourhoods), convolutions and ctc. The programs are those of the tests
(`tests/native/test_differential.py`, `tests/scan/test_native_loops.py`, `tests/native/random_updates.py`,
`tests/random_gradients.py`, `tests/sparse/random_sparse.py`, `tests/native/random_sparse_updates.py`,
`tests/tensor/random_windows.py`, `tests/tensor/random_convolutions.py`, `tests/scan/random_ctc.py`), from seeds that
count up, without hypothesis: about twenty a second, of gradients, sparse matrices and convolutions a few. A failure
shows its seed and ends the run; that seed alone is ``random_programs.py 0 SEED KIND``. The flag `isa` chooses the set
of instructions.
"""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
# the first form is compared with the fast one, where its turn has come
os.environ["THEANO_FLAGS"] = ",".join(filter(None, [os.environ.get("THEANO_FLAGS"), "quick_start=False"]))

from tests.native.random_sparse_updates import compare as compare_sparse_updates
from tests.native.random_updates import compare as compare_updates
from tests.native.test_differential import test_random_graphs
from tests.random_gradients import compare as compare_gradients
from tests.scan.random_ctc import compare as compare_ctc
from tests.scan.random_loops import RandomLoop
from tests.scan.test_native_loops import compare
from tests.sparse.random_duplicates import compare as compare_duplicates
from tests.sparse.random_sparse import compare as compare_sparse
from tests.tensor.random_convolutions import compare as compare_convolutions
from tests.tensor.random_windows import compare as compare_windows


def graph(seed: int) -> None:
    """One graph, drawn as hypothesis draws it."""
    rng = random.Random(seed)

    def draw(n: int) -> tuple[int, ...]:
        return tuple(rng.randrange(10_000) for _ in range(n))

    leaves = [draw(6) for _ in range(rng.randint(1, 4))]
    steps = [draw(5) for _ in range(rng.randint(0, 14))]
    test_random_graphs.hypothesis.inner_test(leaves, steps, [rng.randint(0, 7) for _ in range(rng.randint(1, 4))])


def loop(seed: int) -> None:
    """One program with a loop."""
    compare(RandomLoop(random.Random(seed)).build())


def main(seconds: float, seed: int, kind: str) -> int:
    """Run; the exit status."""
    run = {
        "graphs": graph, "loops": loop, "updates": compare_updates, "gradients": compare_gradients,
        "sparse": compare_sparse, "sparse_updates": compare_sparse_updates, "windows": compare_windows,
        "convolutions": compare_convolutions, "ctc": compare_ctc,
        "duplicates": compare_duplicates,  # sparse matrices, several elements in one place
    }[kind]  # fmt: skip
    end, first = time.monotonic() + seconds, seed
    while True:
        try:
            run(seed)
        except Exception:
            traceback.print_exc()
            print(f"{kind}: seed {seed} failed, after {seed - first} others")
            return 1
        seed += 1
        if time.monotonic() >= end:
            print(f"{kind}: seeds {first} to {seed - 1}, no failure")
            return 0


if __name__ == "__main__":
    seconds, seed, kind = (*sys.argv[1:], *("60", "0", "graphs")[len(sys.argv) - 1 :])
    sys.exit(main(float(seconds), int(seed), kind))
