# Made by `python -m tools.stubs`.
from theano.compile.shared_variables.updates import OrderedUpdates as _Updates
Updates = _Updates
from theano.compile.shared_variables.updates import *
