# Made by `python -m tools.stubs`.
from theano.legacy.misc.pkl_utils import *
