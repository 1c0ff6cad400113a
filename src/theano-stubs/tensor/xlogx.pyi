# Made by `python -m tools.stubs`.
from theano.tensor import *
from theano.tensor.math import *
from theano.scalar import xlogy0 as scalar_xlogy0
from theano.scalar import xlogx as scalar_xlogx
from theano.scalar.classes import XlogY0 as XlogY0
from theano.scalar.classes import XlogX as XlogX
