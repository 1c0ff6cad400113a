"""Convolutions under the name of the first ones that Theano had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.common_text import fill
from theano.tensor.nnet.convolution.geometry import get_conv_output_shape, get_conv_shape_1axis
from theano.tensor.nnet.convolution.images import conv2d as of_today
from theano.tensor.nnet.convolution.ops import AbstractConv2d

__all__ = ["ConvOp", "conv2d", "get_conv_output_shape", "get_conv_shape_1axis"]


class ConvOp(AbstractConv2d):
    """The convolution of images with kernels, as older programs make it.

    Parameters
    ----------
    imshp, kshp
        What is known of the shapes of images, (channels, rows, columns) or (rows, columns), and of kernels,
        (rows, columns).
    nkern, bsize
        The number of kernels and of images, where they are known.
    dx, dy
        By how many rows and columns kernels move at a time.
    output_mode
        'valid' or 'full'.
    unroll_batch, unroll_kern, unroll_patch, verbose, version, direction_hint, openmp
        What the original's C code is told; without effect.
    imshp_logical, kshp_logical, kshp_logical_top_aligned
        Zeros between elements: only None, or the shape itself.

    Raises
    ------
    ValueError
        A parameter makes no sense.
    NotImplementedError
        For `imshp_logical` and `kshp_logical`: `conv2d` has `filter_dilation`.

    Examples
    --------
    >>> T.nnet.ConvOp((3, 28, 28), (5, 5), nkern=8, bsize=10).outshp
    (24, 24)
    """

    def __init__(
        self, imshp: Any = None, kshp: Any = None, nkern: int | None = None, bsize: int | None = None, dx: int = 1,
        dy: int = 1, output_mode: str = "valid", unroll_batch: Any = None, unroll_kern: Any = None,
        unroll_patch: Any = None, imshp_logical: Any = None, kshp_logical: Any = None,
        kshp_logical_top_aligned: bool = True, verbose: int = 0, version: int = -1, direction_hint: str = "forward",
        openmp: bool | None = None,
    ) -> None:  # fmt: skip
        if output_mode not in ("valid", "full"):
            raise ValueError(f"ConvOp: output_mode must be 'valid' or 'full', not {output_mode!r}")
        images = (None, None, None) if imshp is None else ((None,) * 3 + tuple(imshp))[-3:]
        kernels = (None, None) if kshp is None else tuple(kshp)[-2:]
        for logical, shape in ((imshp_logical, images), (kshp_logical, kernels)):
            if logical is not None and tuple(logical) != shape:
                raise NotImplementedError(f"ConvOp: the shape {logical} with zeros between elements is not there")
        self.nkern, self.bsize, self.dx, self.dy, self.out_mode = nkern, bsize, dx, dy, output_mode
        #: The lengths of results, and of those of a full convolution; None where they are not known.
        self.outshp = self.getOutputShape(images[1:], kernels, (dx, dy), output_mode)
        self.fulloutshp = self.getOutputShape(images[1:], kernels, (1, 1), "full")
        super().__init__((bsize, *images), (nkern, images[0], *kernels), output_mode, (dx, dy))

    @staticmethod
    def has_all_shape(imshp: Sequence[Any], kshp: Sequence[Any], nkern: Any = 1, bsize: Any = 1) -> bool:
        """Whether all of these lengths are known.

        Examples
        --------
        >>> T.nnet.ConvOp.has_all_shape((3, 28, None), (5, 5))
        False
        """
        return None not in (*imshp, *kshp, nkern, bsize)

    @staticmethod
    def getOutputShape(
        inshp: Sequence[Any], kshp: Sequence[Any], stride: Sequence[int] = (1, 1), mode: str = "valid"
    ) -> tuple[Any, ...]:
        """The lengths of the results of an image and a kernel of these lengths; None where one is not known.

        Examples
        --------
        >>> T.nnet.ConvOp.getOutputShape((28, 28), (5, 5), (2, 1), "full")
        (16, 32)
        """
        return get_conv_output_shape((None, None, *inshp), (None, None, *kshp), mode, stride)[2:]


def conv2d(
    input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), **kargs: Any,
) -> Any:  # fmt: skip
    """`theano.tensor.nnet.conv2d`, with an old name for `input_shape`; a `ConvOp` where `border_mode` is one of its.

    Parameters
    ----------
    input, filters, border_mode, subsample
        See `theano.tensor.nnet.conv2d`.
    image_shape, filter_shape
        What is known of the shapes of `input` and `filters`.
    **kargs
        Other parameters of `theano.tensor.nnet.conv2d`.

    Returns
    -------
    4-d tensor
        (images, kernels, rows, columns).

    Raises
    ------
    <tensor errors>
    ValueError
        See `theano.tensor.nnet.conv2d`.

    Examples
    --------
    >>> from theano.tensor.nnet.conv import conv2d
    >>> conv2d(T.tensor4(), T.tensor4(), image_shape=(None, 1, 28, 28)).ndim
    4

    References
    ----------
    ``y[b, o, i, j] = sum over c, p, q of x[b, c, i + p, j + q] * w[o, c, m - 1 - p, n - 1 - q]`` for kernels (m, n)
    and unit steps: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016, section 2.
    """
    made = of_today(input, filters, image_shape, filter_shape, border_mode, subsample, **kargs)
    op = made.owner.op
    if kargs or op.border_mode not in ("valid", "full"):
        return made
    images, kernels = op.imshp or (None,) * 4, op.kshp or (None,) * 4
    channels = images[1] if images[1] is not None else kernels[1]
    dx, dy = op.subsample
    named = ConvOp((channels, *images[2:]), kernels[2:], kernels[0], images[0], dx, dy, op.border_mode)
    return named(*made.owner.inputs)


fill(globals())
