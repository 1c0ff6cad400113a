# Made by `python -m tools.stubs`.
from theano.tensor.checks.raise_op import *
