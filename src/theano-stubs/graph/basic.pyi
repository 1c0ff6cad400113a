# Made by `python -m tools.stubs`.
from theano.graph import *
from theano.graph.walk import walk as walk
