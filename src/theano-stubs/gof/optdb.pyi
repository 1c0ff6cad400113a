# Made by `python -m tools.stubs`.
from theano.configdefaults import config as config
from theano.compat import DefaultOrderedDict as DefaultOrderedDict
from theano.rewrite import *
