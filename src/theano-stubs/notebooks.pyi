# Made by `python -m tools.stubs`.
from theano.show.notebooks import *
