# Made by `python -m tools.stubs`.
from theano.graph import list_of_nodes as list_of_nodes
from theano.graph.sched import *
