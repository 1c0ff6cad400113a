# Made by `python -m tools.stubs`.
from theano.tensor import *
from theano.tensor.math import *
from theano.scalar import xlogy0 as _scalar_xlogy0
scalar_xlogy0 = _scalar_xlogy0
from theano.scalar import xlogx as _scalar_xlogx
scalar_xlogx = _scalar_xlogx
from theano.scalar.classes import XlogY0 as XlogY0
from theano.scalar.classes import XlogX as XlogX
