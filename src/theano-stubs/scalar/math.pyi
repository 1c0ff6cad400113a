# Made by `python -m tools.stubs`.
from theano.scalar.basic_scipy import *
