# Made by `python -m tools.stubs`.
from theano.tensor.assertion import *
