# Made by `python -m tools.stubs`.
from theano.show.graphs.formatting import *
