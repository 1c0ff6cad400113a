# Made by `python -m tools.stubs`.
from theano.legacy.tensor.inplace import *
