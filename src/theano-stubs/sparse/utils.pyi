# Made by `python -m tools.stubs`.
from theano.legacy.graph.helpers import hash_from_code as hash_from_code
from theano.sparse.variable import *
