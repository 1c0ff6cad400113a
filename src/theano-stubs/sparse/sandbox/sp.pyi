# Made by `python -m tools.stubs`.
from theano.legacy.sparse.sandbox import *
