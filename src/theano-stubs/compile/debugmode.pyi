# Made by `python -m tools.stubs`.
from theano.check.debugmode import *
