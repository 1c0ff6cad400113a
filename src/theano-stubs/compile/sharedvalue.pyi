# Made by `python -m tools.stubs`.
from theano.compile.shared_variables.variables import *
