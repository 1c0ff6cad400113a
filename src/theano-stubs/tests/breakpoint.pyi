# Made by `python -m tools.stubs`.
from theano.legacy.tests.breakpoint import *
