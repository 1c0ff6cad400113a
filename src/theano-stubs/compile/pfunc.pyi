# Made by `python -m tools.stubs`.
from theano.compile.collect_shared import *
from theano.compile.rebuild import *
from theano.compile import *
