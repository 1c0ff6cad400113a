# Made by `python -m tools.stubs`.
from theano.graph.unify import *
