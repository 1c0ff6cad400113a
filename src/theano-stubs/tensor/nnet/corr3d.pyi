# Made by `python -m tools.stubs`.
from theano.legacy.nnet.corr3d import *
