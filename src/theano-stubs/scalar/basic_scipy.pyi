# Made by `python -m tools.stubs`.
from theano.graph.null_type import grad_not_implemented as grad_not_implemented
from theano.scalar import *
