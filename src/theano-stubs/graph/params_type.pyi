# Made by `python -m tools.stubs`.
from theano.legacy.c_code.params_type import *
