# Made by `python -m tools.stubs`.
from theano.legacy.tensor.io import *
