"""Signals and images: pooling, and convolutions without channels."""

from theano.tensor.signal import conv, pool

__all__ = ["conv", "pool"]
