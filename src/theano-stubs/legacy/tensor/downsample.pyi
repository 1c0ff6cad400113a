# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.signal.pool import max_pool_2d_same_size as max_pool_2d_same_size
from theano.tensor.signal.pool import pool_2d as _max_pool_2d
from theano.tensor.signal.pool import pool_2d as pool_2d
from theano.tensor.signal.pool import pool_3d as pool_3d
from theano.tensor.signal.pool_ops import AveragePoolGrad as AveragePoolGrad
from theano.tensor.signal.pool_ops import DownsampleFactorMaxGradGrad as DownsampleFactorMaxGradGrad
from theano.tensor.signal.pool_ops import MaxPoolGrad as MaxPoolGrad
from theano.tensor.signal.pool_ops import MaxPoolRop as MaxPoolRop
from theano.tensor.signal.pool_ops import Pool as Pool
from theano.tensor.signal.pool_ops import Pool as _DownsampleFactorMax
from theano.tensor.signal.pool_ops import PoolGrad as PoolGrad

DownsampleFactorMax = _DownsampleFactorMax
max_pool_2d = _max_pool_2d
