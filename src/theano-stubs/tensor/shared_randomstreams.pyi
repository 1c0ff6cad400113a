# Made by `python -m tools.stubs`.
from theano.random.shared_streams import *
