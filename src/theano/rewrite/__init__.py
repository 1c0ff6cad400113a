"""Rewriting: rules as equations, an indexed engine, and the rules by purpose.

>>> from theano.rewrite import Query, rewrite_graph             # doctest: +SKIP
>>> rewrite_graph(fgraph, Query(include=["fast_run"]))          # doctest: +SKIP
"""

from __future__ import annotations

from theano.rewrite import (
    blas,
    branches,
    diagonals,
    elementwise,
    indexing,
    joining,
    logistic,
    loop_invariants,
    loop_maps,
    loop_merging,
    loop_saved,
    loop_steps,
    loop_sums,
    loops,
    reductions,
    shaping,
    softmax,
)
from theano.rewrite import (
    specialize as _specialize,
)
from theano.rewrite import (
    stabilize as _stabilize,
)
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
from theano.rewrite.database import PHASES, Phase, Query, optdb, rewrite_graph, trace
from theano.rewrite.engine import RewriteCycle
from theano.rewrite.pattern import Equation, Pattern, variable
from theano.rewrite.registry import RULES, canonicalize, equation, rule, specialize, stabilize
from theano.rewrite.rule import Rule, RuleIndex
from theano.rewrite.table import RewriteError, RewriteGraph
from theano.rewrite.trace import Step, Trace
