# Made by `python -m tools.stubs`.
from theano.graph.params_type import *
from theano.graph.enum_type import *
from theano.graph import *
