# Made by `python -m tools.stubs`.
from theano.tensor.nnet.softmax_along import *
