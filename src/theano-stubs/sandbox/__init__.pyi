# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np




from theano.sandbox import linalg as linalg
from theano.sandbox import multinomial as multinomial
from theano.sandbox import neighbours as neighbours
from theano.sandbox import rng_mrg as rng_mrg
from theano.sandbox import softsign as softsign
