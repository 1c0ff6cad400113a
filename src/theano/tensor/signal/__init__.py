"""Signals and images: pooling, and convolutions without channels."""

from theano.legacy.tensor import downsample
from theano.tensor.signal import conv, pool

__all__ = ["conv", "downsample", "pool"]
