"""Correlations under the names of the operations that Theano computed them by."""

from __future__ import annotations

from typing import Any

from theano.tensor.nnet.convolution import AbstractConv3d, AbstractConv3d_gradInputs, AbstractConv3d_gradWeights

__all__ = ["BaseCorr3dMM", "Corr3dMM", "Corr3dMM_gradInputs", "Corr3dMM_gradWeights"]


class BaseCorr3dMM:
    """A convolution whose kernels are not turned around.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups
        See `theano.tensor.nnet.conv3d`.
    openmp
        Without effect.
    """

    def __init__(
        self, border_mode: Any = "valid", subsample: Any = (1, 1, 1), filter_dilation: Any = (1, 1, 1),
        openmp: bool | None = None, num_groups: int = 1,
    ) -> None:  # fmt: skip
        given = (None, None, border_mode, subsample, False, filter_dilation, num_groups)
        super().__init__(*given)  # type: ignore[call-arg]


class Corr3dMM(BaseCorr3dMM, AbstractConv3d):
    """Results of images and kernels."""


class Corr3dMM_gradWeights(BaseCorr3dMM, AbstractConv3d_gradWeights):
    """The gradient with respect to kernels."""


class Corr3dMM_gradInputs(BaseCorr3dMM, AbstractConv3d_gradInputs):
    """The gradient with respect to images."""
