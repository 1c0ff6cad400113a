"""Pooling under its old names."""

from __future__ import annotations

from theano.tensor.signal.pool import (
    AveragePoolGrad,
    DownsampleFactorMaxGradGrad,
    MaxPoolGrad,
    MaxPoolRop,
    Pool,
    PoolGrad,
    max_pool_2d_same_size,
    pool_2d,
    pool_3d,
)

__all__ = [
    "AveragePoolGrad", "DownsampleFactorMax", "DownsampleFactorMaxGradGrad", "MaxPoolGrad", "MaxPoolRop", "Pool",
    "PoolGrad", "max_pool_2d", "max_pool_2d_same_size", "pool_2d", "pool_3d",
]  # fmt: skip

DownsampleFactorMax = Pool
max_pool_2d = pool_2d
