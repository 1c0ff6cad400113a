# Made by `python -m tools.stubs`.
from theano.legacy.tests.unittest_tools import *
