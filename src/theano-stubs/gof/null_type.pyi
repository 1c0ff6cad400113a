# Made by `python -m tools.stubs`.
from theano.graph.null_type import *
