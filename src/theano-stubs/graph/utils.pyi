# Made by `python -m tools.stubs`.
from theano.graph import Scratchpad as _scratchpad
scratchpad = _scratchpad
from theano.graph.errors import *
