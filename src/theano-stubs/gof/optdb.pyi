# Made by `python -m tools.stubs`.
from theano.compat import DefaultOrderedDict as DefaultOrderedDict
from theano.configdefaults import config as config
from theano.rewrite import *
