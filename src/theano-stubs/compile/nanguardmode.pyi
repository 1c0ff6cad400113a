# Made by `python -m tools.stubs`.
from theano.check.nanguardmode import *
