# Made by `python -m tools.stubs`.
from theano.graph.params_type import *
from theano.legacy.c_code.enum_type import *
from theano.graph import *
