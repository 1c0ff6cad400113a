# Made by `python -m tools.stubs`.
from theano.sparse import *
from theano.rewrite import *
