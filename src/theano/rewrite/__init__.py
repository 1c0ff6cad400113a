"""Rewriting: rules as equations, an indexed engine, and the rules by purpose.

>>> from theano.rewrite import Query, rewrite_graph             # doctest: +SKIP
>>> rewrite_graph(fgraph, Query(include=["fast_run"]))          # doctest: +SKIP
"""

from __future__ import annotations

from theano.rewrite.api import (
    EquilibriumOptimizer,
    LocalOptGroup,
    LocalOptimizer,
    MergeOptimizer,
    OpRemove,
    OpSub,
    Optimizer,
    PatternSub,
    SeqOptimizer,
    TopoOptimizer,
    copy_stack_trace,
    in2out,
    local_optimizer,
    out2in,
    pre_constant_merge,
    pre_greedy_local_optimizer,
    register_canonicalize,
    register_specialize,
    register_specialize_device,
    register_stabilize,
    register_uncanonicalize,
    register_useless,
)
from theano.rewrite.engine.database import PHASES, Phase, Query, optdb, rewrite_graph, trace
from theano.rewrite.engine.pattern import Equation, Pattern, variable
from theano.rewrite.engine.phases import RewriteCycle
from theano.rewrite.engine.registry import RULES, canonicalize, equation, rule, specialize, stabilize
from theano.rewrite.engine.rule import Rule, RuleIndex
from theano.rewrite.engine.table import RewriteError, RewriteGraph
from theano.rewrite.engine.trace import Step, Trace
from theano.rewrite.loops import invariants, maps, merging, saved, steps, sums, unread
from theano.rewrite.rules import (
    blas,
    branches,
    diagonals,
    elementwise,
    indexing,
    joining,
    linalg,
    logistic,
    reductions,
    shaping,
    softmax,
)
from theano.rewrite.rules import specialize as _specialize
from theano.rewrite.rules import stabilize as _stabilize
