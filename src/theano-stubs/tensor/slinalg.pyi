# Made by `python -m tools.stubs`.
from theano.tensor.linalg.slinalg import *
