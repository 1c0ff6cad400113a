# Made by `python -m tools.stubs`.
from theano.compile.updates import OrderedUpdates as _Updates
Updates = _Updates
from theano.compile.updates import *
