# Made by `python -m tools.stubs`.
from theano.ifelse import *
