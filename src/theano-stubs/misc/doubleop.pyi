# Made by `python -m tools.stubs`.
from theano.legacy.misc.doubleop import *
