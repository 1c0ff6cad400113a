# Made by `python -m tools.stubs`.
from theano.graph import *
from theano.graph import Scratchpad as _scratchpad
scratchpad = _scratchpad
from theano.graph.errors import *
from theano.graph.helpers import *
from theano.graph.old_helpers import *
