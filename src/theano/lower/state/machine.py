"""What lowering knows about the target: sizes, times and the limits that were measured with them, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.base.flag_table import config
from theano.base.record import Record

if TYPE_CHECKING:
    from theano.runtime.target import Isa


# Numbers that programs divide by with shifts, and the least of those that may not be 0.
_POWERS = frozenset({"parts", "column_parts", "poll_steps", "batch_steps"})
_LEAST = {
    **dict.fromkeys(
        (*_POWERS, "long_row_parts", "accumulators", "tile", "block", "wide_block", "rows_at_once", "scatter_block",
         "running_rows", "running_block", "rows_together", "random_lanes", "slice_rows", "block_slots", "awake",
         "part_rows"),
        1,
    ),
    "first_rows": 2,
}  # fmt: skip


class Machine(Record, frozen=True):
    """The target as lowering sees it. Every choice that a program depends on follows from it, the graph and the sizes.

    Programs are part of the compile cache's key, so a machine that changes them changes the key as well.

    No number is negative. `parts`, `column_parts`, `poll_steps` and `batch_steps` are powers of two, by which programs
    divide with shifts. `first_rows` is 2 at least, and 1 what counts rows, columns or elements of a tile, a block or a
    turn. Other numbers are a ValueError.

    Attributes
    ----------
    has_f16
        Whether float16 is converted in hardware; otherwise such nodes run their `perform`.
    has_masks
        Whether lanes of a vector are masked at no cost; otherwise points whose windows reach outside of an array are a
        loop for themselves. (With AVX-512 masks take half the time for images of 24x24.)
    shares_loops
        Whether a team of threads takes part in loops, or one thread runs them (the flag `openmp`).
    share_from
        Elements of a cheap loop from which on it is shared (the flag `openmp_elemwise_minsize`).

    Rough times, in picoseconds

    byte_time, operation_time
        A byte that is read or written; a plain operation on a byte of an element.
    element_time
        An element of a cheap loop, as `share_from` counts them.
    call_time, step_time
        A call of a kernel; an operation in a loop of main, which goes step by step.
    gil_time
        Work from which on other Python threads are let in: releasing and taking costs some 30 ns, waking another
        thread more.

    Which work shares a loop

    loop_cost, loop_items, loop_streams
        The most that the items of a loop cost together, how many they are, and how many arrays they touch.
    row_cost, short_row
        Work once a row is not widened: more than this cost only if later sweeps of the row need it, and never for rows
        known to have fewer elements.
    small_cost, neighbours
        Independent loops over one space are merged up to this cost each; so many groups back are looked at.
    reach
        Groups that may lie between two that are merged, or between the steps of a stretch.
    repeats, repeat_numbers
        Kernels that differ in numbers only are one from so many on (fewer keep their numbers, which may save an
        instruction or two in front of a loop), and are handed over at most so many of them.
    cheap_element
        What costs up to this is computed twice rather than written to memory, where a sum of squares is centred.

    Registers

    heavy, very_heavy
        From the cost `heavy` on (an elementary function) a loop takes two vectors at once: one waits for its own
        results too long. A loop over one operation of the cost `very_heavy` takes four: 5 to 15 % less (Zen 4).
    longest_turn
        Where places are divided by up to so many, as many positions are written out: their loads and stores are vectors
        that are shuffled.
    light
        A reduction of at most this cost is unrolled, so that additions do not wait for each other.
    short
        A loop known to be shorter takes one vector at a time.
    accumulators
        Registers for the copies of what a sweep accumulates.
    state_rows, paired_cost
        The most rows of a state that are kept in registers where all steps of an element run together; steps of up to
        this cost take two vectors at once: a chain of operations leaves most of the machine idle.

    Caches

    tile
        Elements of a tile of two axes that are contiguous in different operands: along the one that is not widened,
        and along the other.
    recompute
        A value needed by a later sweep is computed again if that costs no more than reading it back.
    block, wide_block
        Columns whose accumulators are kept together: 8 kB of float64. The same for cheap work with few accumulators:
        long pieces of rows come from memory up to twice as fast.
    rows_at_once, little
        Rows that a reduction of columns takes in one go: each needs its loads only, the accumulators one load and
        store for all. Where one array is read and the cost is `little` (a sum, a variance), twice as many.
    scatter_block
        Elements of rows that are written to places, which is what threads share: each goes to all of them.
    running_rows, running_block
        Rows that running sums take in one go: along rows so that additions do not wait for each other, over columns so
        that what is carried is loaded and stored once for all; columns of a block.
    few_columns
        Up to so many columns running sums go down one by one instead of in vectors, and rows are written to places
        element by element (rows of 2 to 4 numbers in vectors take twice as long).
    rows_together, long_piece, many
        The most rows that go by together where their pieces lie far apart. They go by one by one if pieces have so many
        elements and all has fewer than `many`, or few pieces are a row: what is in the cache need not be read in order.
    random_lanes
        Substreams of random numbers that are advanced together: their states stay in the L1 cache (6 kB).

    Hints for what comes next (see `lower.plan.hints`)

    ahead
        Bytes between the element at hand and the one that is asked for.
    cached_elements
        Loops over no more elements than this read and write what is in a cache.
    rows_cache
        The cache for rows of a block of columns that are read next: as many as are at work, wide ones, overflow L1.
    kept_row
        Bytes of a row that stay in the cache until the next row is at hand.
    block_bytes
        Steps that go by in blocks of rows look at so much in a block, or at one row: half of an L2 cache (attention, 64
        heads of 128 places, AVX-512: 6.6 ms with two heads a block, 6.8 with four, 7.0 with eight, 7.9 step by step).
    gathers_ahead
        Elements between the one at hand and that whose row of another matrix is asked for.
    busy
        Memory is there in time where arithmetic takes so many times as long.

    Threads

    awake
        In the steps of a loop the team is awake: so many times less work is worth to be shared.
    large, parts
        A full reduction of at least so many elements is the sum of so many parts.
    column_parts, part_rows
        The same for the rows of a reduction of columns: few parts, of some rows at least, as each has accumulators to
        write and to read again (8 parts of 500 rows take 4 % longer on one core than all rows at once, 16 take 10 %).
    part_row, long_row_parts
        Rows of more elements that have buffers go by in so many parts: then these take 2 MB or so of the caches.
    slice_rows
        Rows of a slice of a batch, at least: tiles of fewer read their panels too often. Fewer than two slices are
        not cut.
    block_slots
        Blocks of rows in a turn, which threads share; where there are fewer, loops and products are shared instead.
    slice_matrices
        Bytes of the matrices of a step, at most: each thread reads all of them in each step, from its L2 cache.

    Steps and signals

    poll_elements
        Elements from which on a loop takes a millisecond or so: before it, signals are looked for.
    poll_steps, batch_steps
        Steps between two looks; the same where all steps of an element run together.
    narrow
        Up to this many elements all steps of an element run together even if each reads or writes a row of its own.
    state_names
        States of up to this many numbers live in names of main.
    first_rows
        Rows to begin with where the number of steps is only an upper bound, 2 at least: an axis that can't be longer
        than 1 is none that grows.

    Main

    main_cost
        The numbers that a block computes itself, outside of kernels, cost at most this much: LLVM takes more than
        linear time for long stretches without branches.
    many_names
        An expression that mentions more names than that gets one.
    short_vector
        A vector of more numbers that main computes is written element by element.
    """

    has_f16: bool = True
    has_masks: bool = True
    shares_loops: bool = True
    share_from: int = 200_000

    byte_time: int = 10
    operation_time: int = 4
    element_time: int = 100
    call_time: int = 5_000
    step_time: int = 300
    gil_time: int = 50_000_000

    loop_cost: int = 400
    loop_items: int = 64
    loop_streams: int = 18
    row_cost: int = 8
    short_row: int = 32
    small_cost: int = 60
    neighbours: int = 6
    reach: int = 64
    repeats: int = 8
    repeat_numbers: int = 64
    cheap_element: int = 12

    heavy: int = 20
    very_heavy: int = 60
    longest_turn: int = 4
    light: int = 12
    short: int = 32
    accumulators: int = 8
    state_rows: int = 6
    paired_cost: int = 24

    tile: tuple[int, int] = (64, 32)
    recompute: int = 6
    block: int = 1024
    wide_block: int = 4096
    rows_at_once: int = 4
    little: int = 4
    scatter_block: int = 32
    running_rows: int = 4
    running_block: int = 512
    few_columns: int = 4
    rows_together: int = 64
    long_piece: int = 128
    many: int = 1 << 22
    random_lanes: int = 256

    ahead: int = 2048
    cached_elements: int = 2048
    rows_cache: int = 2
    kept_row: int = 1 << 18
    block_bytes: int = 1 << 20
    gathers_ahead: int = 16
    busy: int = 8

    awake: int = 4
    large: int = 1 << 17
    parts: int = 64
    column_parts: int = 8
    part_rows: int = 64
    part_row: int = 1 << 14
    long_row_parts: int = 16
    slice_rows: int = 4
    slice_matrices: int = 1 << 20
    block_slots: int = 16

    poll_elements: int = 1 << 20
    poll_steps: int = 1024
    batch_steps: int = 1 << 16
    narrow: int = 2048
    state_names: int = 8
    first_rows: int = 16

    main_cost: int = 1500
    many_names: int = 16
    short_vector: int = 64

    def __post_init__(self) -> None:
        for name in self._fields:
            value, least = getattr(self, name), _LEAST.get(name, 0)
            numbers = value if isinstance(value, tuple) else (value,)
            if any(n < least for n in numbers):
                raise ValueError(f"Machine: {name} must be {least} at least, not {value}")
            if name in _POWERS and value & (value - 1):
                raise ValueError(f"Machine: {name} must be a power of two, not {value}")

    @classmethod
    def of(cls, target: Isa) -> Machine:
        """The machine that an instruction set belongs to, as the flags want it used."""
        return cls(
            has_f16=target.has_f16c, has_masks=target.has_masks, shares_loops=bool(config.openmp),
            share_from=config.openmp_elemwise_minsize,
        )  # fmt: skip

    def least_work(self, in_steps: bool = False) -> int:
        """Picoseconds of work from which on a loop is shared by threads, in the steps of another loop or outside."""
        least = self.share_from * self.element_time
        return least // self.awake if in_steps else least
