# Made by `python -m tools.stubs`.
from theano.compile.mapping import map_variables as map_variables
from theano.graph import clone_replace as _clone
clone = _clone
from theano.graph import *
from theano.scan.utils import *
from theano.scan.returned import *
