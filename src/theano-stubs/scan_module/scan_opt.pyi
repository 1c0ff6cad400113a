# Made by `python -m tools.stubs`.
from theano.legacy.compile.scan_rewrites import *
