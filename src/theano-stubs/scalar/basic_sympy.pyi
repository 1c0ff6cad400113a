# Made by `python -m tools.stubs`.
from theano.legacy.c_code.sympy_ops import *
