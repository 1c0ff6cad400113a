# Made by `python -m tools.stubs`.
from theano.scan.ctc import *
