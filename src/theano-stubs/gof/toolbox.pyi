# Made by `python -m tools.stubs`.
from theano.compile.debugmode import BadOptimization as BadOptimization
from theano.configdefaults import config as config
from theano.graph.features import *
