# Made by `python -m tools.stubs`.
from theano.legacy.misc.safe_asarray import *
