"""Correlations under the names of the operations that Theano computed them by."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.legacy.nnet.corr import lengths_of_images, lengths_of_kernels
from theano.tensor.nnet.convolution.ops import AbstractConv3d, AbstractConv3d_gradInputs, AbstractConv3d_gradWeights

__all__ = ["BaseCorr3dMM", "Corr3dMM", "Corr3dMM_gradInputs", "Corr3dMM_gradWeights"]


class BaseCorr3dMM:
    """A convolution whose kernels are not turned around.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups
        See `theano.tensor.nnet.conv3d`.
    openmp
        Without effect.

    Examples
    --------
    >>> from theano.tensor.nnet.corr3d import BaseCorr3dMM, Corr3dMM
    >>> issubclass(Corr3dMM, BaseCorr3dMM)
    True
    """

    border_mode: Any
    subsample: tuple[int, ...]
    filter_dilation: tuple[int, ...]
    num_groups: int
    check_broadcast: bool

    def __init__(
        self, border_mode: Any = "valid", subsample: Any = (1, 1, 1), filter_dilation: Any = (1, 1, 1),
        openmp: bool | None = None, num_groups: int = 1,
    ) -> None:  # fmt: skip
        given = (None, None, border_mode, subsample, False, filter_dilation, num_groups)
        super().__init__(*given)  # type: ignore[call-arg]


class Corr3dMM(BaseCorr3dMM, AbstractConv3d):
    """Results of images and kernels.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, openmp
        See `BaseCorr3dMM`.

    Returns
    -------
    5-d tensor
        Called with volumes and kernels: see `theano.tensor.nnet.conv3d`.

    Examples
    --------
    >>> from theano.tensor.nnet.corr3d import Corr3dMM
    >>> Corr3dMM()(T.tensor5(), T.tensor5()).ndim
    5
    """


class Corr3dMM_gradWeights(BaseCorr3dMM, AbstractConv3d_gradWeights):
    """The gradient with respect to kernels; `shape`, their lengths, may be missing where kernels move by 1.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, openmp
        See `BaseCorr3dMM`.

    Returns
    -------
    5-d tensor
        Called with volumes, the gradient of the result, and the lengths of kernels: the gradient of kernels.

    Raises
    ------
    ValueError
        The lengths of kernels are needed and not told.

    Examples
    --------
    >>> from theano.tensor.nnet.corr3d import Corr3dMM_gradWeights
    >>> Corr3dMM_gradWeights()(T.tensor5(), T.tensor5(), (3, 3, 3)).ndim
    5
    """

    def make_node(self, img: Any, topgrad: Any, shape: Any = None, add_assert_shape: bool = True) -> Apply:
        shape = lengths_of_kernels(self, img, topgrad) if shape is None else shape
        return super().make_node(img, topgrad, shape, add_assert_shape)


class Corr3dMM_gradInputs(BaseCorr3dMM, AbstractConv3d_gradInputs):
    """The gradient with respect to images; `shape`, their lengths, may be missing where kernels move by 1.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, openmp
        See `BaseCorr3dMM`.

    Returns
    -------
    5-d tensor
        Called with kernels, the gradient of the result, and the lengths of volumes: the gradient of volumes.

    Raises
    ------
    ValueError
        The lengths of volumes are needed and not told.

    Examples
    --------
    >>> from theano.tensor.nnet.corr3d import Corr3dMM_gradInputs
    >>> Corr3dMM_gradInputs()(T.tensor5(), T.tensor5(), (8, 8, 8)).ndim
    5
    """

    def make_node(self, kern: Any, topgrad: Any, shape: Any = None, add_assert_shape: bool = True) -> Apply:
        shape = lengths_of_images(self, kern, topgrad) if shape is None else shape
        return super().make_node(kern, topgrad, shape, add_assert_shape)
