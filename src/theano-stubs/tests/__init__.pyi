# Made by `python -m tools.stubs`.
from theano.legacy.tests import *
