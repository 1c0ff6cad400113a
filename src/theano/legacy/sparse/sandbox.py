"""Convolutions, locally connected layers and pooling of images, by products with sparse matrices.

An image is a row of a matrix: its pixels, one line after the other, of all its feature maps one after the other. A
sparse matrix that depends only on lengths, which are Python numbers here, copies the pixels that belong to each place
of the result beside each other: its *patch*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.sparse.products.dot import structured_dot
from theano.sparse.values import compressed
from theano.sparse.variable import constant
from theano.tensor.linalg.dot import dot
from theano.tensor.reductions.extremes import max as tensor_max
from theano.tensor.reductions.reduction import sum as tensor_sum
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.variable import as_tensor_variable

__all__ = ["ConvolutionIndices", "applySparseFilter", "convolution_indices", "convolve", "max_pool"]

Lengths = Sequence[int]


class ConvolutionIndices:
    """Which pixels belong to the patch of each place of a convolution's result."""

    @staticmethod
    def evaluate(
        inshp: Lengths, kshp: Lengths, strides: Lengths = (1, 1), nkern: int = 1, mode: str = "valid", ws: bool = True
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, int], tuple[int, int], tuple[int, int]]:
        """The structure of the matrix that copies patches beside each other, in format csc.

        Parameters
        ----------
        inshp
            Height and width of an image, with the number of its feature maps before them if there are several.
        kshp
            Height and width of a kernel.
        strides
            By how many lines and columns a patch is from the next one.
        nkern
            How many times each patch is to be there, if kernels are not shared (`ws` is false).
        mode : {'valid', 'full'}
            Whether a patch lies within the image, or touches it.
        ws
            Whether all places share the same kernels.

        Returns
        -------
        indices, indptr
            Of the matrix: a column for each element of each patch, with the number of its pixel, or empty.
        spmat_shape
            Its shape.
        sptype
            How many columns there are for each place, and how many places.
        outshp
            Height and width of the result.
        """
        maps, height, width = (1, *inshp) if len(inshp) == 2 else tuple(inshp)
        at_rows, rows = _positions(height, kshp[0], strides[0], mode)
        at_columns, columns = _positions(width, kshp[1], strides[1], mode)
        y = at_rows[:, None, None, :, None] + np.zeros((1, columns, maps, 1, kshp[1]), int)
        x = at_columns[None, :, None, None, :] + np.zeros((rows, 1, maps, kshp[0], 1), int)
        feature = np.arange(maps)[None, None, :, None, None]
        there = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        pixels = ((feature * height + y) * width + x).reshape(rows * columns, -1)
        inside = np.broadcast_to(there, y.shape).reshape(rows * columns, -1)
        if not ws:
            pixels, inside = np.tile(pixels, (nkern, 1)), np.tile(inside, (nkern, 1))
        indptr = np.concatenate([[0], np.cumsum(inside.ravel())])
        shape = (maps * height * width, inside.size)
        return pixels[inside], indptr, shape, (inside.shape[1], inside.shape[0]), (rows, columns)

    @staticmethod
    def conv_eval(inshp: Lengths, kshp: Lengths, strides: Lengths = (1, 1), mode: str = "valid") -> Any:
        """`evaluate`, where all places share the same kernels."""
        return ConvolutionIndices.evaluate(inshp, kshp, strides, mode=mode)

    @staticmethod
    def sparse_eval(
        inshp: Lengths, kshp: Lengths, nkern: int, strides: Lengths = (1, 1), mode: str = "valid"
    ) -> Any:
        """`evaluate`, where each place has kernels of its own."""
        return ConvolutionIndices.evaluate(inshp, kshp, strides, nkern, mode, ws=False)


convolution_indices = ConvolutionIndices()


def _positions(length: int, size: int, step: int, mode: str) -> tuple[np.ndarray, int]:
    """Along an axis, which positions belong to each place of the result, and how many places there are."""
    if mode not in ("valid", "full"):
        raise ValueError(f"mode must be 'valid' or 'full', not {mode!r}")
    first, last = (0, length - size) if mode == "valid" else (1 - size, length - 1)
    if last < first:
        raise ValueError(f"a kernel of length {size} does not fit into an image of length {length}")
    begins = np.arange(first, last + 1, step)
    return begins[:, None] + np.arange(size), len(begins)


def _patches(images: Any, imgshp: Lengths, kshp: Lengths, step: Lengths, mode: str) -> tuple[Any, int, tuple[int, int]]:
    """The patches (images, places, pixels), how many pixels each has, and the two lengths of the result."""
    images = as_tensor_variable(images)
    indices, indptr, shape, (size, places), outshp = ConvolutionIndices.evaluate(imgshp, kshp, step, mode=mode)
    ones = np.ones(len(indices), images.type.dtype)
    copying = constant(compressed("csc", ones, indices.astype("int32"), indptr.astype("int32"), shape))
    found = structured_dot(images, copying)
    return reshape(found, (images.shape[0], places, size), ndim=3), size, outshp


def convolve(
    kerns: Any,
    kshp: Lengths,
    nkern: int,
    images: Any,
    imgshp: Lengths,
    step: Lengths = (1, 1),
    bias: Any = None,
    mode: str = "valid",
    flatten: bool = True,
) -> tuple[Any, np.ndarray]:
    """Kernels applied at every place of images.

    Parameters
    ----------
    kerns
        Matrix of `nkern` kernels, each a row (not mirrored: what is computed is the correlation).
    kshp
        Height and width of a kernel.
    nkern
        How many kernels there are.
    images
        Matrix of images, each a row.
    imgshp
        Height and width of an image, with the number of its feature maps before them if there are several.
    step
        By how many lines and columns a place is from the next one.
    bias
        Vector with a number for each kernel, added to its results.
    mode : {'valid', 'full'}
        Whether kernels are applied only where they lie within the image.
    flatten
        Whether the results of an image are one row; else there is an axis for the kernels.

    Returns
    -------
    The results (image, kernel, place), flattened if asked for; and how many kernels, lines and columns there are.

    Examples
    --------
    >>> from theano.sparse.sandbox.sp import convolve
    >>> images = np.arange(9.0).reshape(1, 9)
    >>> out, lengths = convolve(np.ones((1, 4)), (2, 2), 1, images, (3, 3))
    >>> out.eval(), lengths
    (array([[ 8., 12., 20., 24.]]), array([1, 2, 2]))
    """
    kerns = as_tensor_variable(kerns)
    patches, _, outshp = _patches(images, imgshp, kshp, step, mode)
    made = dot(patches, kerns.T)
    if bias is not None:
        made = made + as_tensor_variable(bias)
    made = made.dimshuffle(0, 2, 1)
    return made.flatten(2) if flatten else made, np.hstack((nkern, outshp))


def applySparseFilter(
    kerns: Any,
    kshp: Lengths,
    nkern: int,
    images: Any,
    imgshp: Lengths,
    step: Lengths = (1, 1),
    bias: Any = None,
    mode: str = "valid",
) -> tuple[Any, np.ndarray]:
    """Kernels of its own applied at each place of images.

    Parameters
    ----------
    kerns
        The elements of the kernels, flattened: for each of `nkern` and for each place, one kernel.
    kshp, nkern, images, imgshp, step, mode
        See `convolve`.
    bias
        Vector with a number for each kernel and place.

    Returns
    -------
    The results, an image a row, those of the first kernel first; and how many kernels, lines and columns there are.
    """
    patches, size, outshp = _patches(images, imgshp, kshp, step, mode)
    places = outshp[0] * outshp[1]
    own = reshape(as_tensor_variable(kerns), (nkern, places, size), ndim=3)
    made = tensor_sum(patches.dimshuffle(0, "x", 1, 2) * own.dimshuffle("x", 0, 1, 2), axis=3).flatten(2)
    if bias is not None:
        made = made + as_tensor_variable(bias)
    return made, np.hstack((nkern, outshp))


def max_pool(images: Any, imgshp: Lengths, maxpoolshp: Lengths) -> tuple[Any, tuple[int, ...]]:
    """The greatest pixel of each area of images.

    Parameters
    ----------
    images
        Matrix of images, each a row.
    imgshp
        Height and width of an image, with the number of its feature maps before them if there are several.
    maxpoolshp
        Height and width of an area. Areas do not overlap; lines and columns that fill none are left out.

    Returns
    -------
    The results, an image a row; and how many feature maps (if there are), lines and columns it has.
    """
    *maps, height, width = imgshp
    count = maps[0] if maps else 1
    images = as_tensor_variable(images)
    alone = reshape(images, (images.shape[0] * count, height * width), ndim=2)
    patches, _, outshp = _patches(alone, (height, width), maxpoolshp, maxpoolshp, "valid")
    made = reshape(tensor_max(patches, axis=2), (images.shape[0], count * outshp[0] * outshp[1]), ndim=2)
    return made, (*maps, *outshp)
