# Made by `python -m tools.stubs`.
from theano.tensor.nnet.convolution.upsampling import *
