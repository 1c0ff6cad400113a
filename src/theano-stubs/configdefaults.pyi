# Made by `python -m tools.stubs`.
from theano.base.flag_table import *
