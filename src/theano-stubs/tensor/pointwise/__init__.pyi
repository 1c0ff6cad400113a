# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.pointwise import extra_ops as extra_ops
from theano.tensor.pointwise import math as math


