# Made by `python -m tools.stubs`.
from theano.compile.times.profiling import *
