# Made by `python -m tools.stubs`.
from theano.rewrite import *
from theano.sparse import *
