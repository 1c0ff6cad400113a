# Made by `python -m tools.stubs`.
from theano.configdefaults import config as config
from theano.graph.fgraph import *
from theano.graph import *
