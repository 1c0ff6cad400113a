"""Rewrites of whole graphs that change nothing: they attach features, or print."""

from __future__ import annotations

from typing import Any

from theano.graph import FunctionGraph
from theano.graph.destroyhandler import DestroyHandler
from theano.graph.features import ReplaceValidate, Supervisor
from theano.printing.debugprint import debugprint
from theano.rewrite.engine.database import IN_PLACE, optdb
from theano.rewrite.engine.optimizer import Optimizer


class AddFeatureOptimizer(Optimizer):
    """Attaches a feature to the graph.

    Examples
    --------
    >>> from theano.compile.mode import AddFeatureOptimizer
    >>> from theano.gof.toolbox import NodeFinder
    >>> x = T.dscalar("x")
    >>> mode = theano.compile.get_default_mode().register((AddFeatureOptimizer(NodeFinder()), 100))
    >>> theano.function([x], T.exp(x), mode=mode).maker.fgraph.get_nodes(T.exp)
    [Elemwise{exp,no_inplace}(x)]
    """

    def __init__(self, feature: Any) -> None:
        self.feature = feature

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        fgraph.attach_feature(self.feature)

    def apply(self, fgraph: FunctionGraph) -> None:
        """Nothing more."""


class AddDestroyHandler(Optimizer):
    """Makes the graph ready for operations in place: from now on features look after what they overwrite.

    It gets a `DestroyHandler`, and a `Supervisor` of the inputs that functions must leave as they are: those that are
    not ``In(..., mutable=True)``, and shared variables without an update.
    """

    only_prepares = True

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        fgraph.attach_feature(ReplaceValidate())
        fgraph.attach_feature(DestroyHandler())
        if not any(isinstance(feature, Supervisor) for feature in fgraph._features):
            fgraph.attach_feature(Supervisor(fgraph.inputs if fgraph.protected is None else fgraph.protected))

    def apply(self, fgraph: FunctionGraph) -> None:
        """Nothing more."""


class PrintCurrentFunctionGraph(Optimizer):
    """Prints the graph, under a title.

    Examples
    --------
    >>> from theano.compile.mode import PrintCurrentFunctionGraph
    >>> x = T.dscalar("x")
    >>> PrintCurrentFunctionGraph("begin").optimize(theano.FunctionGraph([x], [-x], clone=False))
    PrintCurrentFunctionGraph: begin
    Elemwise{neg,no_inplace} [id A] ''
     |x [id B]
    """

    def __init__(self, header: str) -> None:
        self.header = header

    def apply(self, fgraph: FunctionGraph) -> None:
        """Print it."""
        print("PrintCurrentFunctionGraph:", self.header)
        debugprint(fgraph.outputs)


optdb.register("add_destroy_handler", AddDestroyHandler(), IN_PLACE, "fast_run", "inplace")
