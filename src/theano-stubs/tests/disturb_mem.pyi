# Made by `python -m tools.stubs`.
from theano.legacy.tests.disturb_mem import *
