# Made by `python -m tools.stubs`.
from theano.configdefaults import config as config
from theano.compile.linkers import *
from theano.compile.wrap_linkers import *
