"""The convolution of images, with what older programs tell it."""

from __future__ import annotations

from typing import Any, Final

from theano.base.user_warnings import warn_user
from theano.graph.common_text import fill
from theano.tensor.nnet.convolution import functions
from theano.tensor.nnet.convolution.geometry import OPTIONS

__all__ = ["conv2d"]

# Parameters of the convolutions before 0.8, which say how to compute, not what.
_OF_OLD_PROGRAMS: Final = frozenset(
    "imshp kshp nkern bsize dx dy output_mode unroll_batch unroll_kern unroll_patch imshp_logical kshp_logical "
    "kshp_logical_top_aligned verbose version direction_hint openmp costs".split()
)


def conv2d(
    input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), filter_flip: bool = True, image_shape: Any = None, filter_dilation: Any = (1, 1),
    num_groups: int = 1, unshared: bool = False, **kwargs: Any,
) -> Any:  # fmt: skip
    """Images convolved with kernels.

    Parameters
    ----------
    input
        Images: (images, channels, rows, columns).
    filters
        Kernels: (kernels, channels / num_groups, rows, columns); with `unshared`
        (kernels, rows of results, columns of results, channels / num_groups, rows, columns).
    input_shape, filter_shape
        What is known of these shapes: lengths or None. They are looked at when the function runs, and needed nowhere.
    <parameters>
    unshared
        Whether each place of the result has kernels of its own.
    image_shape
        The old name of `input_shape`.
    **kwargs
        Parameters of old programs, without effect; there is a warning.

    Returns
    -------
    4-d tensor
        (images, kernels, rows, columns), each of ``(length + padding - dilated kernel) // stride + 1``.

    Raises
    ------
    TypeError
        A parameter that neither this function nor old programs have.
    ValueError
        A parameter makes no sense; or when it runs: shapes don't fit, or are not what was promised.

    Examples
    --------
    >>> x, w = T.tensor4(), T.tensor4()
    >>> T.nnet.conv2d(x, w).eval({x: np.ones((1, 1, 2, 3)), w: [[[[1, 2]]]]})
    array([[[[3., 3.],
             [3., 3.]]]])

    References
    ----------
    ``y[b, o, i, j] = sum over c, p, q of x[b, c, i + p, j + q] * w[o, c, m - 1 - p, n - 1 - q]`` for kernels (m, n)
    and unit steps: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016, section 2.
    """
    unknown = sorted(kwargs.keys() - _OF_OLD_PROGRAMS)
    if unknown:
        raise TypeError(
            f"conv2d() got an unexpected keyword argument {unknown[0]!r}: how far the kernel is moved is "
            "subsample=(2, 2), the padding is border_mode=(1, 1), what is between its elements filter_dilation"
        )
    if kwargs:
        warn_user(f"conv2d: {', '.join(sorted(kwargs))} of old programs have no effect")
    if image_shape is not None:
        if input_shape is not None:
            raise ValueError("conv2d: input_shape and image_shape are the same, give one")
        input_shape = image_shape
    return functions.conv2d(
        input, filters, input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups,
        unshared,
    )  # fmt: skip


fill(globals(), {"<parameters>": OPTIONS})
