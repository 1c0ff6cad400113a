# Made by `python -m tools.stubs`.
from theano.compile.updates import OrderedUpdates as Updates
from theano.compile.updates import *
