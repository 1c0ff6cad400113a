# Made by `python -m tools.stubs`.
from theano.compile.scan_rewrites import *
