# Made by `python -m tools.stubs`.
from theano.tensor import *
from theano.tensor.nnet import *
