# Made by `python -m tools.stubs`.
from theano.legacy.nnet.conv3d2d import *
