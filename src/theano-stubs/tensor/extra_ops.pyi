# Made by `python -m tools.stubs`.
from theano.tensor.pointwise.extra_ops import *
