"""What a graph is: types, variables, constants, ops and their application; walks, copies and comparison."""

from __future__ import annotations

from theano.graph.clone import clone, clone_get_equiv, clone_replace, rebuild
from theano.graph.equality import equal_computations, is_same_graph
from theano.graph.errors import InconsistencyError, MethodNotDefined, MissingInputError, ShapeError, TestValueError
from theano.graph.fgraph import FunctionGraph
from theano.graph.nodes import Apply, Constant, Node, Scratchpad, Variable, data_signature
from theano.graph.null_type import DisconnectedType, NullType, disconnected_type, null_type
from theano.graph.op import (
    Op,
    PureOp,
    compute_test_value,
    evaluate,
    get_debug_values,
    get_test_value,
    perform_node,
)
from theano.graph.origin import capture_origin, format_origin, inherit_origin, origin_of
from theano.graph.shapes import inferred_shapes
from theano.graph.text import as_string, default_leaf_formatter, default_node_formatter, op_as_string
from theano.graph.type import Generic, Type, generic
from theano.graph.walk import (
    ancestors,
    explicit_inputs,
    general_toposort,
    graph_inputs,
    io_toposort,
    is_in_ancestors,
    list_of_nodes,
    orphans,
    stack_search,
    toposort_of,
    variables,
    variables_and_orphans,
    view_roots,
)

__all__ = [
    "Apply",
    "Constant",
    "DisconnectedType",
    "FunctionGraph",
    "Generic",
    "InconsistencyError",
    "MethodNotDefined",
    "MissingInputError",
    "Node",
    "NullType",
    "Op",
    "PureOp",
    "Scratchpad",
    "ShapeError",
    "TestValueError",
    "Type",
    "Variable",
    "ancestors",
    "as_string",
    "default_leaf_formatter",
    "default_node_formatter",
    "op_as_string",
    "capture_origin",
    "clone",
    "clone_get_equiv",
    "clone_replace",
    "compute_test_value",
    "data_signature",
    "disconnected_type",
    "equal_computations",
    "evaluate",
    "explicit_inputs",
    "format_origin",
    "general_toposort",
    "generic",
    "get_debug_values",
    "get_test_value",
    "graph_inputs",
    "inferred_shapes",
    "inherit_origin",
    "io_toposort",
    "is_in_ancestors",
    "is_same_graph",
    "list_of_nodes",
    "null_type",
    "origin_of",
    "orphans",
    "perform_node",
    "rebuild",
    "stack_search",
    "toposort_of",
    "variables",
    "variables_and_orphans",
    "view_roots",
]
# Modules that ``from theano.graph import *`` gave in Theano-PyMC; some are aliases.
__all__.extend("basic fg op opt optdb params_type toolbox type utils".split())
