# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.random import mrg as mrg
from theano.random import philox as philox
from theano.random import shared_streams as shared_streams
from theano.random.mrg import MRG_RandomStreams as MRG_RandomStreams
from theano.random.philox import PhiloxRandomStreams as PhiloxRandomStreams
from theano.random.shared_streams import RandomStateSharedVariable as RandomStateSharedVariable
from theano.random.shared_streams import RandomStreams as RandomStreams


