# Made by `python -m tools.stubs`.
from theano.tests.breakpoint import *
