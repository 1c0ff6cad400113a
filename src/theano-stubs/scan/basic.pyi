# Made by `python -m tools.stubs`.
from theano.scan_module.scan import *
