"""Neighbourhoods of pixels as rows of a matrix, and images of such rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.shape_agreement import as_directions, as_long_as
from theano.tensor.checks.static_value import known_ints
from theano.tensor.opsupport import Shapes, disconnected, single
from theano.tensor.pointwise.math import eq, maximum
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.shaping.padding import pad
from theano.tensor.shaping.shape import as_shape_vector, shape
from theano.tensor.variable import as_tensor_variable

__all__ = ["Images2Neibs", "SumOfNeibs", "images2neibs", "neibs2images"]

# Those whose windows must end where the images, with what is around them, do.
WHOLE = ("valid", "half", "full")
MODES = (*WHOLE, "ignore_borders", "wrap_centered")


def padding(mode: str, size: Any) -> Any:
    """How many zeros are around, on each side, for neighbourhoods of a size.

    Examples
    --------
    >>> padding("half", 3), padding("full", 3), padding("valid", 3)
    (1, 2, 0)
    """
    return size // 2 if mode == "half" else size - 1 if mode == "full" else 0


class _Neibs(Op):
    """What both directions have in common: the geometry.

    Parameters
    ----------
    mode
        See `images2neibs`.

    Raises
    ------
    NotImplementedError
        Another mode.
    """

    __props__ = ("mode",)

    def __init__(self, mode: str = "valid") -> None:
        if mode not in MODES:
            raise NotImplementedError(f"images2neibs has no mode {mode!r}, but {', '.join(MODES)}")
        self.mode = mode

    def check(self, sizes: Sequence[int | None], steps: Sequence[int | None]) -> None:
        """Refuse sizes and steps, as far as they are known, that make no sense."""
        for what, values in (("neib_shape", sizes), ("neib_step", steps)):
            if len(values) != 2 or any(v is not None and v < 1 for v in values):
                raise ValueError(f"{self}: {what} must be two numbers, 1 at least, not {tuple(values)}")

    def counts(self, lengths: Sequence[int], sizes: Sequence[int], steps: Sequence[int]) -> list[int]:
        """How many neighbourhoods there are along rows and columns of images."""
        self.check(sizes, steps)
        found = []
        for axis, (length, size, step) in enumerate(zip(lengths, sizes, steps, strict=True), 2):
            room = length + 2 * padding(self.mode, size) - size
            if self.mode in WHOLE and (room < 0 or room % step):
                raise TypeError(
                    f"{self}: neighbourhoods of {size}, {step} apart, do not end where axis {axis} of length {length} "
                    "does; mode='ignore_borders' leaves out what is behind the last one"
                )
            found.append(max(room + step, 0) // step)
        return found

    def out_lengths(self, lengths: Sequence[Any], sizes: Any, steps: Any) -> list[Any]:
        """The same as expressions."""
        found = []
        for k, length in enumerate(lengths):
            room = length + 2 * padding(self.mode, sizes[k]) - sizes[k]
            found.append(maximum(room + steps[k], 0) // steps[k])
        return found

    def taps(
        self, lengths: Sequence[int], sizes: Sequence[int], steps: Sequence[int]
    ) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """For each place in a neighbourhood: which elements of padded images it is, and where it is in their grid."""
        rows, columns = self.counts(lengths, sizes, steps)
        for r in range(sizes[0]):
            for q in range(sizes[1]):
                across = slice(r, r + (rows - 1) * steps[0] + 1, steps[0]) if rows else slice(0)
                along = slice(q, q + (columns - 1) * steps[1] + 1, steps[1]) if columns else slice(0)
                yield (..., across, along), (..., r, q)


def _parameters(neib_shape: Any, neib_step: Any) -> list[Any]:
    """Sizes and steps as vectors of int64."""
    sizes = as_shape_vector(neib_shape)
    return [sizes, sizes if neib_step is None else as_shape_vector(neib_step)]


class Images2Neibs(_Neibs):
    """See `images2neibs`.

    Parameters
    ----------
    mode
        See `images2neibs`.

    Returns
    -------
    matrix
        Called with images, the lengths of a neighbourhood and how far they are apart; see `images2neibs`.

    Examples
    --------
    >>> from theano.tensor.nnet.neighbours import Images2Neibs
    >>> Images2Neibs("ignore_borders")(T.tensor4(), (2, 2)).ndim
    2
    """

    BORDER_MODE = MODES

    def make_node(self, ten4: Any, neib_shape: Any, neib_step: Any = None) -> Apply:
        ten4, parameters = as_tensor_variable(ten4), _parameters(neib_shape, neib_step)
        if ten4.type.ndim != 4:
            raise TypeError(f"{self} takes images of 4 dimensions, (batch, channel, row, column), not {ten4.type}")
        sizes, steps = (known_ints(p) for p in parameters)
        if sizes is not None and steps is not None:
            self.check(sizes, steps)
        if self.mode == "wrap_centered":
            return Images2Neibs("ignore_borders").make_node(_wrapped(ten4, parameters[0]), *parameters)
        return single(self, [ten4, *parameters], ten4.type.dtype, (None, None))

    def perform(self, node: Apply, inp: Sequence[Any], out_: Sequence[list[Any]]) -> None:
        x, sizes, steps = inp[0], [int(v) for v in inp[1]], [int(v) for v in inp[2]]
        rows, columns = self.counts(x.shape[2:], sizes, steps)
        around = [(padding(self.mode, n),) * 2 for n in sizes]
        padded = np.pad(x, [(0, 0), (0, 0), *around])
        found = np.zeros((*x.shape[:2], rows, columns, *sizes), x.dtype)
        for place, at in self.taps(x.shape[2:], sizes, steps):
            found[at] = padded[place]
        out_[0][0] = found.reshape(-1, sizes[0] * sizes[1]) if found.size else _empty(found)

    def infer_shape(self, node: Apply, in_shapes: Sequence[Any]) -> Shapes:
        (batch, channels, *lengths), sizes, steps = in_shapes[0], node.inputs[1], node.inputs[2]
        rows, columns = self.out_lengths(lengths, sizes, steps)
        return [(batch * channels * rows * columns, sizes[0] * sizes[1])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], grads: Sequence[Any]) -> list[Any]:
        x, *parameters = inputs
        return [SumOfNeibs(self.mode)(grads[0], shape(x), *parameters), disconnected(), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        direction = as_directions(self, inputs, eval_points)[0]
        return [None if direction is None else self(direction, *inputs[1:])]


def _empty(found: np.ndarray) -> np.ndarray:
    return np.zeros((int(np.prod(found.shape[:4])), found.shape[4] * found.shape[5]), found.dtype)


class SumOfNeibs(_Neibs):
    """Images of which each element is the sum of what neighbourhoods have in its place: back through `images2neibs`.

    Parameters
    ----------
    mode
        See `images2neibs`.

    Returns
    -------
    4-d tensor
        Called with the matrix, the shape of images, the lengths of a neighbourhood and how far they are apart.

    Examples
    --------
    >>> from theano.tensor.nnet.neighbours import SumOfNeibs
    >>> SumOfNeibs()(T.ones((4, 1)), (1, 1, 1, 4), (1, 1)).eval()
    array([[[[1., 1., 1., 1.]]]])
    """

    def make_node(self, neibs: Any, image_shape: Any, neib_shape: Any, neib_step: Any = None) -> Apply:
        neibs = as_tensor_variable(neibs)
        if neibs.type.ndim != 2:
            raise TypeError(f"{self} takes a matrix, a row for each neighbourhood, not {neibs.type}")
        if self.mode == "wrap_centered":
            raise NotImplementedError(f"{self} is the gradient of mode 'ignore_borders' of a wrapped image")
        inputs = [neibs, as_shape_vector(image_shape), *_parameters(neib_shape, neib_step)]
        return single(self, inputs, neibs.type.dtype, (None,) * 4)

    def perform(self, node: Apply, inp: Sequence[Any], out_: Sequence[list[Any]]) -> None:
        y, (batch, channels, *lengths), sizes, steps = inp[0], *([int(v) for v in p] for p in inp[1:])
        rows, columns = self.counts(lengths, sizes, steps)
        wanted = (batch * channels * rows * columns, sizes[0] * sizes[1])
        if y.shape != wanted:
            raise ValueError(f"{self}: neighbourhoods of images of these lengths make {wanted}, not {y.shape}")
        around = [padding(self.mode, n) for n in sizes]
        padded = np.zeros((batch, channels, *(n + 2 * p for n, p in zip(lengths, around, strict=True))), y.dtype)
        found = y.reshape(batch, channels, rows, columns, *sizes)
        for place, at in self.taps(lengths, sizes, steps):
            padded[place] += found[at]
        inside = [slice(p, p + n) for n, p in zip(lengths, around, strict=True)]
        out_[0][0] = np.ascontiguousarray(padded[:, :, inside[0], inside[1]])

    def infer_shape(self, node: Apply, in_shapes: Sequence[Any]) -> Shapes:
        return [tuple(node.inputs[1][k] for k in range(4))]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False], [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], grads: Sequence[Any]) -> list[Any]:
        back = Images2Neibs(self.mode)(grads[0], *inputs[2:])
        # It has a row for each neighbourhood of the images, however many there are in the matrix.
        back = as_long_as(self, "neibs", inputs[0], back)
        return [back, disconnected(), disconnected(), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        direction = as_directions(self, inputs, eval_points)[0]
        return [None if direction is None else self(direction, *inputs[1:])]


def _wrapped(x: Any, sizes: Any) -> Any:
    """Images with what is at the other end around them, half a neighbourhood on each side."""
    odd = Assert("images2neibs: with mode='wrap_centered' a neighbourhood has a centre: odd lengths", TypeError)
    half = odd(sizes, all_(eq(sizes % 2, 1))) // 2
    return pad(x, [(0, 0), (0, 0), (half[0], half[0]), (half[1], half[1])], mode="wrap")


def images2neibs(ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid") -> Variable:
    """Neighbourhoods of the pixels of images as rows of a matrix.

    Parameters
    ----------
    ten4
        Images: 4-d tensor (batch, channel, row, column).
    neib_shape
        Rows and columns of a neighbourhood; they may be expressions.
    neib_step
        By how much neighbourhoods are apart; default: `neib_shape`, so that they do not overlap.
    mode
        'valid' (neighbourhoods end where images do), 'ignore_borders' (what is behind the last one is left out), 'half'
        and 'full' (as 'valid', with half a neighbourhood of zeros around the images, or one less than all of it) or
        'wrap_centered' (of odd lengths, around each element that is met in these steps; beyond an end comes the other
        one).

    Returns
    -------
    matrix
        Of the same dtype, a row for each neighbourhood, of the first channel of the first image first, line by line.

    Raises
    ------
    TypeError
        No 4-d tensor; also when it runs: neighbourhoods do not end where they should, or have no centre.
    ValueError
        A length or a step below 1, also when it runs.
    NotImplementedError
        Another mode.

    Examples
    --------
    >>> from theano.tensor.nnet.neighbours import images2neibs
    >>> x = T.arange(16).reshape((1, 1, 4, 4))
    >>> images2neibs(x, (2, 2)).eval()
    array([[ 0,  1,  4,  5],
           [ 2,  3,  6,  7],
           [ 8,  9, 12, 13],
           [10, 11, 14, 15]])
    """
    return Images2Neibs(mode)(ten4, neib_shape, neib_step)


def neibs2images(neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid") -> Variable:
    """Images of their neighbourhoods, which do not overlap: the inverse of `images2neibs`.

    Parameters
    ----------
    neibs
        Matrix, as `images2neibs` gives it.
    neib_shape
        Rows and columns of a neighbourhood.
    original_shape
        Of the images: four lengths, which may be expressions.
    mode
        That of `images2neibs`; elements that are in no neighbourhood are 0.

    Returns
    -------
    4-d tensor

    Raises
    ------
    NotImplementedError
        'wrap_centered', whose neighbourhoods overlap, and unknown modes.
    TypeError, ValueError
        As in `images2neibs`; ValueError, too, where `neibs` does not belong to images of this shape.

    Examples
    --------
    >>> from theano.tensor.nnet.neighbours import neibs2images
    >>> neibs2images(T.constant([[0, 1], [2, 3]]), (1, 2), (1, 1, 1, 4)).eval()
    array([[[[0, 1, 2, 3]]]])
    """
    return SumOfNeibs(mode)(neibs, original_shape, neib_shape)
