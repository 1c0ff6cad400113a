"""Recording what a program computes, and finding the first difference when it runs again.

`Record` writes lines to a file, or compares them with those in it; `RecordMode` is a mode whose functions record their
arguments and each node they run, with digests of the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

from theano.check.monitormode import MonitorMode
from theano.compile.mode import Mode
from theano.compile.wrap_linkers import WrapLinker
from theano.graph import Apply
from theano.printing.digests import hex_digest

__all__ = ["MismatchError", "Mode", "Record", "RecordMode", "hex_digest"]


class MismatchError(Exception):
    """A replayed run differs from the record."""


class Record:
    """A record of lines, written, or compared with what was written before.

    Parameters
    ----------
    file_object, file_path
        An open file, or the path of one: exactly one of them.
    replay
        Compare with the lines in the file, instead of writing.

    Examples
    --------
    >>> import io
    >>> from theano.tests.record import Record
    >>> file = io.StringIO()
    >>> Record(file).handle_line("a\\n")
    >>> position = file.seek(0)
    >>> Record(file, replay=True).handle_line("b\\n")
    Traceback (most recent call last):
        ...
    theano.legacy.tests.record.MismatchError: line 1 of the record is 'a\\n', this run gives 'b\\n'
    """

    f: IO[str]

    def __init__(self, file_object: IO[str] | None = None, file_path: Any = None, replay: bool = False) -> None:
        if (file_object is None) == (file_path is None):
            raise ValueError("Record: give file_object or file_path, and not both")
        if file_object is not None:
            self.f = file_object
        else:
            self.f = open(file_path, "r" if replay else "w", encoding="utf-8")
        self.replay = replay
        self.lines = 0

    def handle_line(self, line: str) -> None:
        """Write a line (which ends with a newline), or compare it.

        Raises
        ------
        MismatchError
            The record has another line.
        """
        self.lines += 1
        if not self.replay:
            self.f.write(line)
            return
        old = self.f.readline()
        if old != line:
            raise MismatchError(f"line {self.lines} of the record is {old!r}, this run gives {line!r}")


class RecordMode(MonitorMode):
    """A mode whose functions record their arguments and each node they run, with digests of its inputs and outputs.

    Parameters
    ----------
    record
        A `Record`; made from `kwargs` if it is not given.
    kwargs
        For `Record`.

    Examples
    --------
    >>> import io
    >>> from theano.tests.record import RecordMode
    >>> file, x = io.StringIO(), T.dvector("x")
    >>> f = theano.function([x], 2 * x, mode=RecordMode(file_object=file))
    >>> value = f([1, 2])
    >>> file.getvalue().splitlines()[0]
    'function of 1 nodes'
    """

    def __init__(self, record: Record | None = None, **kwargs: Any) -> None:
        self.set_record(Record(**kwargs) if record is None else record)
        super().__init__(pre_func=None, post_func=self._record)
        self._record_calls()

    def _with(self, optimizer: Any) -> Mode:
        twin = super()._with(optimizer)
        assert isinstance(twin, RecordMode)
        twin._record_calls()
        return twin

    def _record_calls(self) -> None:
        self.linker = _Calls(self.linker.linkers, self)

    def set_record(self, record: Record) -> None:
        """Write to another record from now on."""
        self.record = record

    def _record(self, i: int, node: Any, fn: Any) -> None:
        self.record.handle_line(f"node {i}: {node}\n")
        self.record_values("input", (place[0] for place in fn.inputs))
        self.record_values("output", (place[0] for place in fn.outputs))

    def record_values(self, kind: str, values: Iterable[Any]) -> None:
        """Record a digest of each value, as an "input" or "output"."""
        for value in values:
            self.record.handle_line(f"  {kind} {hex_digest(value)}\n")


class _Calls(WrapLinker):
    """Records the arguments of each call, for a function may have no nodes."""

    def __init__(self, linkers: Iterable[Any], mode: RecordMode) -> None:
        super().__init__(linkers, mode.eval)
        self.mode = mode

    def pre(self, f: Any, inputs: Sequence[Any], order: Sequence[Apply], thunk_groups: Any) -> None:
        self.mode.record.handle_line(f"function of {len(order)} nodes\n")
        self.mode.record_values("input", inputs)

