# Made by `python -m tools.stubs`.
from theano.misc.hints import psd as psd
from theano.tensor.slinalg import *
from theano.tensor.nlinalg import *
