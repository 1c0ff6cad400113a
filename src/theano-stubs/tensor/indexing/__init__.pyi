# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.indexing import advanced_subtensor as advanced_subtensor
from theano.tensor.indexing import choose as choose
from theano.tensor.indexing import grid as grid
from theano.tensor.indexing import indexing as indexing
from theano.tensor.indexing import positions as positions
from theano.tensor.indexing import segments as segments
from theano.tensor.indexing import subtensor as subtensor


