# Made by `python -m tools.stubs`.
from theano.gof.link import *
