# Made by `python -m tools.stubs`.
from theano.tensor.math import _scal_elemwise as _scal_elemwise
from theano.tensor import *
