# Made by `python -m tools.stubs`.
from theano.compile.errors import *
from theano.compile.maker import *
from theano.compile.executable import *
from theano.compile import *
