"""Correlations under the names of the operations that Theano computed them by."""

from __future__ import annotations

from typing import Any

from theano.tensor.nnet.convolution import AbstractConv2d, AbstractConv2d_gradInputs, AbstractConv2d_gradWeights

__all__ = ["BaseCorrMM", "CorrMM", "CorrMM_gradInputs", "CorrMM_gradWeights"]


class BaseCorrMM:
    """A convolution whose kernels are not turned around.

    Parameters
    ----------
    border_mode, subsample, filter_dilation, num_groups, unshared
        See `theano.tensor.nnet.conv2d`.
    openmp
        Without effect.
    """

    def __init__(
        self, border_mode: Any = "valid", subsample: Any = (1, 1), filter_dilation: Any = (1, 1),
        num_groups: int = 1, unshared: bool = False, openmp: bool | None = None,
    ) -> None:  # fmt: skip
        given = (None, None, border_mode, subsample, False, filter_dilation, num_groups, unshared)
        super().__init__(*given)  # type: ignore[call-arg]


class CorrMM(BaseCorrMM, AbstractConv2d):
    """Results of images and kernels."""


class CorrMM_gradWeights(BaseCorrMM, AbstractConv2d_gradWeights):
    """The gradient with respect to kernels."""


class CorrMM_gradInputs(BaseCorrMM, AbstractConv2d_gradInputs):
    """The gradient with respect to images."""
