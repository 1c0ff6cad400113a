# Made by `python -m tools.stubs`.
from theano.graph import Scratchpad as scratchpad
from theano.graph.errors import *
