# Made by `python -m tools.stubs`.
from theano.legacy.graph.sched import *
