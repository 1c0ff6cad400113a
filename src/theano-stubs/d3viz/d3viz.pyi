# Made by `python -m tools.stubs`.
from theano.show.graphs.d3viz import *
