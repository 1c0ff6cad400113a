# Made by `python -m tools.stubs`.
from theano.sparse.variable import is_sparse_variable as __is_sparse_variable
_is_sparse_variable = __is_sparse_variable
from theano.sparse import *
from theano.gradient import *
