# Made by `python -m tools.stubs`.
from theano.sparse import *
from theano.gradient import *
