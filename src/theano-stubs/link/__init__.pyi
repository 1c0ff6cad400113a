# Made by `python -m tools.stubs`.
from theano.gof.cc import *
from theano.gof.vm import *
from theano.gof.link import *
