# Made by `python -m tools.stubs`.
from theano.tensor.sorting.sort import *
