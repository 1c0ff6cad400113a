# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.random import base as base
from theano.tensor.random import draws as draws
from theano.tensor.random import function as function
from theano.tensor.random import mrg31k3p as mrg31k3p
from theano.tensor.random import mrg_uniform as mrg_uniform
from theano.tensor.random import philox as philox
from theano.tensor.random import philox4x32 as philox4x32
from theano.tensor.random import size as size
from theano.tensor.random import state as state


