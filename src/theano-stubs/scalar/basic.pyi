# Made by `python -m tools.stubs`.
from theano.scalar import *
