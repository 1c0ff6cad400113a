# Made by `python -m tools.stubs`.
from theano.tensor.raise_op import *
