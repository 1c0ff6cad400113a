# Made by `python -m tools.stubs`.
from theano.base.progress import *
