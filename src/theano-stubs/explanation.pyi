# Made by `python -m tools.stubs`.
from theano.show.explanation import *
