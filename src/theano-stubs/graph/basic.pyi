# Made by `python -m tools.stubs`.
from theano.graph import *
from theano.graph import stack_search as walk
