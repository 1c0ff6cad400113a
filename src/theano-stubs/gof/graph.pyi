# Made by `python -m tools.stubs`.
from theano.graph.connection import *
from theano.graph.walk import *
from theano.graph import *
from theano.graph import list_of_nodes as _ops
ops = _ops
from theano.graph import graph_inputs as _inputs
inputs = _inputs
from theano.graph.nodes import nodes_constructed as nodes_constructed
from theano.graph import is_same_graph as _is_same_graph_with_merge
is_same_graph_with_merge = _is_same_graph_with_merge
from theano.graph.nodes import NoParams as NoParams
