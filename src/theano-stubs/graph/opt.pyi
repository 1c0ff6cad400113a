# Made by `python -m tools.stubs`.
from theano.gof.graph import *
from theano.gof.opt import *
