"""``mgrid`` and ``ogrid``: coordinates of the points of a grid, written as slices."""

from __future__ import annotations

from typing import Any

from theano.scalar.dtypes import upcast
from theano.tensor.making.ranges import arange
from theano.tensor.pointwise.math import cast, fill
from theano.tensor.shaping.axes import dimshuffle


class _Grid:
    """The coordinates of the points of a grid, as `numpy.mgrid` and `numpy.ogrid`: written with slices in brackets.

    `T.mgrid` gives each coordinate at all points; `T.ogrid` gives it along its own axis, the other lengths being 1.

    Parameters
    ----------
    key : slice or tuple of slices
        ``start:stop:step`` for each axis, of numbers or 0-d tensors.

    Returns
    -------
    list of TensorVariable, or TensorVariable
        One for each slice, with as many axes as there are slices, of the dtype that holds those of all; of one
        slice that is in no tuple the vector.

    Raises
    ------
    TypeError
        Something is no slice that has an end.
    NotImplementedError
        A step is complex, which NumPy takes as a number of points.

    Examples
    --------
    >>> [x.eval().tolist() for x in T.mgrid[0:2, 0:3]]
    [[[0, 0, 0], [1, 1, 1]], [[0, 1, 2], [0, 1, 2]]]
    >>> [x.eval().tolist() for x in T.ogrid[0:2, 0:3]]
    [[[0], [1]], [[0, 1, 2]]]
    """
    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        slices = key if isinstance(key, tuple) else (key,)
        ranges = [_range(s) for s in slices]
        if len(ranges) == 1 and not isinstance(key, tuple):
            return ranges[0]
        dtype = upcast(*(r.type.dtype for r in ranges))
        ranges = [cast(r, dtype) for r in ranges]
        n = len(ranges)
        open_grid = [dimshuffle(r, ["x"] * i + [0] + ["x"] * (n - i - 1)) for i, r in enumerate(ranges)]
        if self.sparse:
            return open_grid
        # a sum of zeros of all axes would lose infinities: fill takes the shape only
        whole = open_grid[0]
        for r in open_grid[1:]:
            whole = whole + fill(r, 0)
        return [fill(whole, r) for r in open_grid]


def _range(s: Any) -> Any:
    if not isinstance(s, slice) or s.stop is None:
        raise TypeError(f"a grid is written with slices that have an end, got {s!r}")
    if isinstance(s.step, complex):
        raise NotImplementedError("grids with a number of points (complex step) are not supported")
    return arange(0 if s.start is None else s.start, s.stop, 1 if s.step is None else s.step)


mgrid = _Grid(sparse=False)
ogrid = _Grid(sparse=True)
