"""Compare random programs with NumPy, of one kind for a given time, or so many of all kinds.

    python tools/random_programs.py [SECONDS [SEED [KIND]]]             # of one kind; the first failure ends it
    python tools/random_programs.py --count 15000                       # of all kinds; a summary for each
    python tools/random_programs.py --count 300 --seed 7 --kinds scans,shapes --jobs 2

`KINDS` has the kinds. The programs are those of the tests, from seeds that count up, without hypothesis. A failure
shows its seed; that seed alone is ``random_programs.py 0 SEED KIND``. Of a run with ``--count`` each process has a
compile cache of its own; a program that ends the process, or takes longer than ten minutes, is a failure of its seed,
and the others go on. The flag `isa` chooses the set of instructions.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[1] / "tests/rewrite"))
# the first form is compared with the fast one, where its turn has come
os.environ["THEANO_FLAGS"] = ",".join(
    filter(None, ["quick_start=False,on_opt_error=raise,compile_notice=0", os.environ.get("THEANO_FLAGS")])
)

from tests import random_gradients
from tests.compile import random_user_ops
from tests.native import random_in_place, random_shapes, random_sparse_updates, random_updates
from tests.native.test_differential import test_random_graphs
from tests.native.test_random_lengths import test_random_lengths
from tests.random import random_draws
from tests.rewrite import random_precision
from tests.rewrite.test_soundness import LEVELS
from tests.rewrite.test_soundness import check as check_rewrites
from tests.scalar import random_scalars
from tests.scan import random_ctc, random_scans
from tests.scan.random_loops import RandomLoop
from tests.scan.test_native_loops import compare as compare_loops
from tests.scan.test_native_loops import test_random_gradients as compare_recurrences
from tests.sparse import random_duplicates, random_sparse
from tests.tensor import random_complex, random_convolutions, random_linalg, random_windows

LONGEST = 600  # seconds that a program may take on a busy machine


def graph(seed: int) -> None:
    """One graph, drawn as hypothesis draws it."""
    rng = random.Random(seed)

    def draw(n: int) -> tuple[int, ...]:
        return tuple(rng.randrange(10_000) for _ in range(n))

    leaves = [draw(6) for _ in range(rng.randint(1, 4))]
    steps = [draw(5) for _ in range(rng.randint(0, 14))]
    test_random_graphs.hypothesis.inner_test(leaves, steps, [rng.randint(0, 7) for _ in range(rng.randint(1, 4))])


KINDS: dict[str, Callable[[int], Any]] = {
    "graphs": graph,
    "loops": lambda seed: compare_loops(RandomLoop(random.Random(seed)).build()),
    "recurrences": compare_recurrences,
    "scans": random_scans.compare,
    "updates": random_updates.compare,
    "in_place": random_in_place.compare,
    "gradients": random_gradients.compare,
    "complex": random_complex.compare,
    "scalars": random_scalars.compare,
    "shapes": random_shapes.compare,
    "precision": random_precision.compare,
    "rewrites": lambda seed: check_rewrites(random.Random(seed), LEVELS[seed % 2], gradients=seed % 4 == 0),
    "lengths": test_random_lengths,
    "linear_algebra": random_linalg.compare,
    "draws": random_draws.compare,
    "user_ops": random_user_ops.compare,
    "sparse": random_sparse.compare,
    "duplicates": random_duplicates.compare,
    "sparse_updates": random_sparse_updates.compare,
    "windows": random_windows.compare,  # pooling and neighbourhoods
    "convolutions": random_convolutions.compare,
    "ctc": random_ctc.compare,
}


def run_kind(seconds: float, seed: int, kind: str) -> int:
    """Run programs of one kind; the exit status."""
    end, first = time.monotonic() + seconds, seed
    while True:
        try:
            KINDS[kind](seed)
        except Exception:
            traceback.print_exc()
            print(f"{kind}: seed {seed} failed, after {seed - first} others")
            return 1
        seed += 1
        if time.monotonic() >= end:
            print(f"{kind}: seeds {first} to {seed - 1}, no failure")
            return 0


# -- many programs of all kinds ------------------------------------------------------------------------------


def work() -> None:
    """Run the programs that stdin names, a kind and a seed in each line; a line of JSON on stdout tells of each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what programs print is no answer
    for line in sys.stdin:
        kind, seed = line.split()
        found = ""
        try:
            KINDS[kind](int(seed))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            found = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        print(json.dumps(found), file=answers, flush=True)


class Worker:
    """A process that runs programs; a new one where it ended.

    Attributes
    ----------
    process
        The process, or None before the first program.
    """

    def __init__(self) -> None:
        self.process: Any = None
        self.cache = tempfile.TemporaryDirectory(prefix="random-programs-")

    def run(self, kind: str, seed: int) -> str:
        """The fault of a program; an empty text where there is none."""
        if self.process is None or self.process.poll() is not None:
            flags = f"{os.environ['THEANO_FLAGS']},cache.dir={self.cache.name}"
            self.process = subprocess.Popen(
                [sys.executable, __file__, "--work"], env={**os.environ, "THEANO_FLAGS": flags}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        watch = threading.Timer(LONGEST, self.process.kill)
        watch.start()
        try:
            self.process.stdin.write(f"{kind} {seed}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watch.cancel()
        if answer:
            found: str = json.loads(answer)
            return found
        return f"the process ended with status {self.process.wait()} (-9: it took longer than {LONGEST} seconds)"

    def close(self) -> None:
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
        self.cache.cleanup()


def run_count(count: int, seed: int, kinds: list[str], jobs: int) -> int:
    """Run so many programs, of all kinds in turn; a line for each fault and for each kind; the exit status."""
    todo: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    for k in range(count):
        todo.put((kinds[k % len(kinds)], seed + k // len(kinds)))
    done, faults = Counter[str](), Counter[str]()
    seconds = dict.fromkeys(kinds, 0.0)

    def go_on() -> None:
        worker = Worker()
        while True:
            try:
                kind, number = todo.get_nowait()
            except queue.Empty:
                break
            start = time.monotonic()
            found = worker.run(kind, number)
            seconds[kind] += time.monotonic() - start
            done[kind] += 1
            if (total := sum(done.values())) % 100 == 0:
                print(f"{total} programs", file=sys.stderr, flush=True)
            if found:
                faults[kind] += 1
                print(f"{kind}: seed {number}: {' '.join(found.split())[:600]}", flush=True)
        worker.close()

    threads = [threading.Thread(target=go_on) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for kind in kinds:
        pace = done[kind] / max(seconds[kind], 1e-9)
        print(f"{kind}: {done[kind]} programs from seed {seed}, {faults[kind]} faults, {pace:.1f} a second")
    print(f"{sum(done.values())} programs, {sum(faults.values())} faults")
    return int(any(faults.values()))


def main() -> int:
    """Read the arguments; the exit status."""
    args = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    args.add_argument("seconds", nargs="?", type=float, default=60)
    args.add_argument("first", nargs="?", type=int, default=0)
    args.add_argument("kind", nargs="?", choices=list(KINDS), default="graphs")
    args.add_argument("--count", type=int)
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--kinds", default=",".join(KINDS))
    args.add_argument("--jobs", type=int, default=1)
    args.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    opts = args.parse_args()
    if opts.work:
        work()
        return 0
    if opts.count is not None:
        return run_count(opts.count, opts.seed, opts.kinds.split(","), opts.jobs)
    return run_kind(opts.seconds, opts.first, opts.kind)


if __name__ == "__main__":
    sys.exit(main())
