# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.compile.shared_variables import tensors as tensors
from theano.compile.shared_variables import updates as updates
from theano.compile.shared_variables import variables as variables


