# Made by `python -m tools.stubs`.
from theano.legacy.misc.ordered_set import *
