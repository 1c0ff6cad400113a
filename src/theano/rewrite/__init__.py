"""Rewriting: rules as equations, an indexed engine, and the rules by purpose.

>>> from theano.rewrite import Query, rewrite_graph             # doctest: +SKIP
>>> rewrite_graph(fgraph, Query(include=["fast_run"]))          # doctest: +SKIP
"""

from __future__ import annotations

from theano.rewrite.engine.database import PHASES, GraphRewriter, Phase, optdb, rewrite_graph, trace
from theano.rewrite.engine.optimizer import Optimizer, SeqOptimizer
from theano.rewrite.engine.pattern import Equation, Pattern, variable
from theano.rewrite.engine.phases import RewriteCycle
from theano.rewrite.engine.query import Query
from theano.rewrite.engine.registry import RULES, canonicalize, equation, rule, specialize, stabilize
from theano.rewrite.engine.rule import Rule, RuleIndex
from theano.rewrite.engine.table import RewriteError, RewriteGraph
from theano.rewrite.engine.tagged import DB, SequenceDB
from theano.rewrite.engine.trace import Step, Trace
from theano.rewrite.loops import invariants, maps, merging, saved, steps, sums, unread
from theano.rewrite.preparing import AddDestroyHandler, AddFeatureOptimizer, PrintCurrentFunctionGraph
from theano.rewrite.rules import (
    blas,
    branches,
    complex_products,
    diagonals,
    elementwise,
    indexing,
    joining,
    logistic,
    reductions,
    segments,
    shaping,
    softmax,
    stacks,
)
from theano.rewrite.rules import specialize as _specialize
from theano.rewrite.rules import stabilize as _stabilize
from theano.rewrite.rules.linalg import identities, lu
