# Made by `python -m tools.stubs`.
from theano.compile.sparseshared import *
