# Made by `python -m tools.stubs`.
from theano.graph.nodes import NoParams as NoParams
from theano.graph import is_same_graph as _is_same_graph_with_merge
is_same_graph_with_merge = _is_same_graph_with_merge
from theano.graph.nodes import nodes_constructed as nodes_constructed
from theano.graph import graph_inputs as _inputs
inputs = _inputs
from theano.graph import list_of_nodes as _ops
ops = _ops
from theano.graph import *
from theano.graph.walk import T as T
from theano.graph.walk import alias_root as alias_root
from theano.graph.walk import deque as deque
from theano.graph.walk import heapify as heapify
from theano.graph.walk import heappop as heappop
from theano.graph.walk import heappush as heappush
from theano.graph.walk import in_turns as in_turns
from theano.graph.connection import io_connection_pattern as io_connection_pattern
