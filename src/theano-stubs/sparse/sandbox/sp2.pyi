# Made by `python -m tools.stubs`.
from theano.random.sparse_draws import *
