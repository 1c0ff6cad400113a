"""Signals and images: pooling, and convolutions without channels."""

from theano.tensor.signal import conv, downsample, pool

__all__ = ["conv", "downsample", "pool"]
