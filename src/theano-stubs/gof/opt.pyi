# Made by `python -m tools.stubs`.
from theano.configdefaults import config as config
from theano.graph import InconsistencyError as InconsistencyError
from theano.legacy.compile.meta_optimizer import LocalMetaOptimizer as LocalMetaOptimizer
from theano.legacy.compile.meta_optimizer import LocalMetaOptimizerSkipAssertionError as LocalMetaOptimizerSkipAssertionError
from theano.rewrite import *
from theano.graph.features import *
