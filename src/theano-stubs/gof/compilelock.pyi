# Made by `python -m tools.stubs`.
from theano.configdefaults import config as config
from theano.legacy.compat.compile_lock import *
