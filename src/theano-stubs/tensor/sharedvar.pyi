# Made by `python -m tools.stubs`.
from theano.compile import *
from theano.compile.tensorshared import *
