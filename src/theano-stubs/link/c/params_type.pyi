# Made by `python -m tools.stubs`.
from theano.gof.params_type import *
