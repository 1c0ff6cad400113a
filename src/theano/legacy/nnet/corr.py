"""Correlations under the names of the operations that Theano computed them by."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.tensor.nnet.convolution.geometry import get_conv_gradinputs_shape, get_conv_gradweights_shape
from theano.tensor.nnet.convolution.ops import AbstractConv2d, AbstractConv2d_gradInputs, AbstractConv2d_gradWeights
from theano.tensor.shaping.shape import shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = ["BaseCorrMM", "CorrMM", "CorrMM_gradInputs", "CorrMM_gradWeights"]


class BaseCorrMM:
    """A convolution whose kernels are not turned around.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, unshared
        See `theano.tensor.nnet.conv2d`.
    openmp
        Without effect.

    Examples
    --------
    >>> from theano.tensor.nnet.corr import BaseCorrMM, CorrMM
    >>> issubclass(CorrMM, BaseCorrMM)
    True
    """

    border_mode: Any
    subsample: tuple[int, ...]
    filter_dilation: tuple[int, ...]
    num_groups: int
    unshared: bool
    check_broadcast: bool

    def __init__(
        self, border_mode: Any = "valid", subsample: Any = (1, 1), filter_dilation: Any = (1, 1),
        num_groups: int = 1, unshared: bool = False, openmp: bool | None = None,
    ) -> None:  # fmt: skip
        given = (None, None, border_mode, subsample, False, filter_dilation, num_groups, unshared)
        super().__init__(*given)  # type: ignore[call-arg]


class CorrMM(BaseCorrMM, AbstractConv2d):
    """Results of images and kernels.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, unshared, openmp
        See `BaseCorrMM`.

    Returns
    -------
    4-d tensor
        Called with images (images, channels, rows, columns) and kernels (kernels, channels / num_groups, rows,
        columns): (images, kernels, rows, columns).

    Examples
    --------
    >>> from theano.tensor.nnet.corr import CorrMM
    >>> CorrMM()(T.constant([[[[1.0, 2.0, 3.0]]]]), T.constant([[[[1.0, 10.0]]]])).eval()
    array([[[[21., 32.]]]])
    """


def lengths_of_kernels(op: Any, img: Any, topgrad: Any) -> list[Any]:
    """The lengths of kernels, where those of images and results tell them; ValueError where they don't."""
    images, results = (shape_tuple(as_tensor_variable(v)) for v in (img, topgrad))
    given = (op.border_mode, op.subsample, op.filter_dilation, op.num_groups, op.unshared)
    return _told(op, get_conv_gradweights_shape(images, results, *given))


def lengths_of_images(op: Any, kern: Any, topgrad: Any) -> list[Any]:
    """The lengths of images, where those of kernels and results tell them; ValueError where they don't."""
    kernels, results = (shape_tuple(as_tensor_variable(v)) for v in (kern, topgrad))
    if op.unshared:
        kernels = (kernels[0], *kernels[-op.convdim - 1 :])
    given = (op.border_mode, op.subsample, op.filter_dilation, op.num_groups)
    return _told(op, get_conv_gradinputs_shape(kernels, results, *given))


def _told(op: Any, shape: tuple[Any, ...]) -> list[Any]:
    lengths = list(shape[-op.convdim :])
    if any(n is None for n in lengths):
        raise ValueError(f"{op}: shape must be given, for several give results of this shape")
    return lengths


class CorrMM_gradWeights(BaseCorrMM, AbstractConv2d_gradWeights):
    """The gradient with respect to kernels; `shape`, their lengths, may be missing where kernels move by 1.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, unshared, openmp
        See `BaseCorrMM`.

    Returns
    -------
    4-d tensor
        Called with images, the gradient of the result, and the lengths of kernels: the gradient of kernels.

    Raises
    ------
    ValueError
        The lengths of kernels are needed and not told.

    Examples
    --------
    >>> from theano.tensor.nnet.corr import CorrMM_gradWeights
    >>> CorrMM_gradWeights()(T.constant([[[[1.0, 2.0, 3.0]]]]), T.constant([[[[1.0, 0.0]]]]), (1, 2)).eval()
    array([[[[1., 2.]]]])
    """

    def make_node(self, img: Any, topgrad: Any, shape: Any = None, add_assert_shape: bool = True) -> Apply:
        shape = lengths_of_kernels(self, img, topgrad) if shape is None else shape
        return super().make_node(img, topgrad, shape, add_assert_shape)


class CorrMM_gradInputs(BaseCorrMM, AbstractConv2d_gradInputs):
    """The gradient with respect to images; `shape`, their lengths, may be missing where kernels move by 1.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, unshared, openmp
        See `BaseCorrMM`.

    Returns
    -------
    4-d tensor
        Called with kernels, the gradient of the result, and the lengths of images: the gradient of images.

    Raises
    ------
    ValueError
        The lengths of images are needed and not told.

    Examples
    --------
    >>> from theano.tensor.nnet.corr import CorrMM_gradInputs
    >>> CorrMM_gradInputs()(T.constant([[[[1.0, 10.0]]]]), T.constant([[[[1.0, 0.0]]]]), (1, 3)).eval()
    array([[[[ 1., 10.,  0.]]]])
    """

    def make_node(self, kern: Any, topgrad: Any, shape: Any = None, add_assert_shape: bool = True) -> Apply:
        shape = lengths_of_images(self, kern, topgrad) if shape is None else shape
        return super().make_node(kern, topgrad, shape, add_assert_shape)
