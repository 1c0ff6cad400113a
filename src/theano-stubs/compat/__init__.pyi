# Made by `python -m tools.stubs`.
from theano.legacy.compat import *
