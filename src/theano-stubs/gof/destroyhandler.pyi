# Made by `python -m tools.stubs`.
from theano.configdefaults import config as config
from theano.graph.destroyhandler import *
from theano.graph.errors import *
