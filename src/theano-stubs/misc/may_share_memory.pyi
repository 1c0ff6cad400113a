# Made by `python -m tools.stubs`.
from theano.legacy.misc.may_share_memory import *
