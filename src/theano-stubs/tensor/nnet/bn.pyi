# Made by `python -m tools.stubs`.
from theano.tensor.nnet.normalising.bn import *
