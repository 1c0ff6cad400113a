# Made by `python -m tools.stubs`.
from theano.tensor.indexing.subtensor import *
