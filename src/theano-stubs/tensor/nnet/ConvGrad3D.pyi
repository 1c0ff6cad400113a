# Made by `python -m tools.stubs`.
from theano.legacy.nnet.volumes import *
