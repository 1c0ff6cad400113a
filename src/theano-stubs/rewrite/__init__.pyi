# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.compile import optdb as optdb
from theano.graph.nodes import Variable
from theano.legacy.rewrite.merging import FromFunctionOptimizer as FromFunctionOptimizer
from theano.legacy.rewrite.merging import MergeFeature as MergeFeature
from theano.legacy.rewrite.merging import MergeOptimizer as MergeOptimizer
from theano.legacy.rewrite.navigators import EquilibriumOptimizer as EquilibriumOptimizer
from theano.legacy.rewrite.navigators import NavigatorOptimizer as NavigatorOptimizer
from theano.legacy.rewrite.navigators import OpKeyOptimizer as OpKeyOptimizer
from theano.legacy.rewrite.navigators import TopoOptimizer as TopoOptimizer
from theano.legacy.rewrite.node_rewrites import FromFunctionLocalOptimizer as FromFunctionLocalOptimizer
from theano.legacy.rewrite.node_rewrites import LocalOptGroup as LocalOptGroup
from theano.legacy.rewrite.node_rewrites import LocalOptimizer as LocalOptimizer
from theano.legacy.rewrite.node_rewrites import OpRemove as OpRemove
from theano.legacy.rewrite.node_rewrites import OpSub as OpSub
from theano.legacy.rewrite.pattern_sub import PatternSub as PatternSub
from theano.legacy.rewrite.stack_traces import CheckStackTraceOptimization as CheckStackTraceOptimization
from theano.legacy.rewrite.stack_traces import CheckStrackTraceFeature as CheckStrackTraceFeature
from theano.legacy.rewrite.user_databases import EquilibriumDB as EquilibriumDB
from theano.legacy.rewrite.user_databases import LocalGroupDB as LocalGroupDB
from theano.legacy.rewrite.user_databases import ProxyDB as ProxyDB
from theano.legacy.rewrite.user_databases import TopoDB as TopoDB
from theano.rewrite import database as database
from theano.rewrite import engine as engine
from theano.rewrite import loops as loops
from theano.rewrite import preparing as preparing
from theano.rewrite import rules as rules
from theano.rewrite import softmax_op as softmax_op
from theano.rewrite.engine.database import GraphRewriter as GraphRewriter
from theano.rewrite.engine.database import Phase as Phase
from theano.rewrite.engine.optimizer import Optimizer as Optimizer
from theano.rewrite.engine.optimizer import SeqOptimizer as SeqOptimizer
from theano.rewrite.engine.pattern import Equation as Equation
from theano.rewrite.engine.pattern import Pattern as Pattern
from theano.rewrite.engine.phases import RewriteCycle as RewriteCycle
from theano.rewrite.engine.query import Query as Query
from theano.rewrite.engine.rule import Rule as Rule
from theano.rewrite.engine.rule import RuleIndex as RuleIndex
from theano.rewrite.engine.table import RewriteError as RewriteError
from theano.rewrite.engine.table import RewriteGraph as RewriteGraph
from theano.rewrite.engine.tagged import DB as DB
from theano.rewrite.engine.tagged import SequenceDB as SequenceDB
from theano.rewrite.engine.trace import Step as Step
from theano.rewrite.engine.trace import Trace as Trace
from theano.rewrite.preparing import AddDestroyHandler as AddDestroyHandler
from theano.rewrite.preparing import AddFeatureOptimizer as AddFeatureOptimizer
from theano.rewrite.preparing import PrintCurrentFunctionGraph as PrintCurrentFunctionGraph
import theano.rewrite.loops.invariants as _invariants
import theano.rewrite.loops.maps as _maps
import theano.rewrite.loops.merging as _merging
import theano.rewrite.loops.saved as _saved
import theano.rewrite.loops.steps as _steps
import theano.rewrite.loops.sums as _sums
import theano.rewrite.loops.unread as _unread
import theano.rewrite.rules.blas as _blas
import theano.rewrite.rules.branches as _branches
import theano.rewrite.rules.complex_products as _complex_products
import theano.rewrite.rules.diagonals as _diagonals
import theano.rewrite.rules.elementwise as _elementwise
import theano.rewrite.rules.indexing as _indexing
import theano.rewrite.rules.joining as _joining
import theano.rewrite.rules.linalg.identities as _identities
import theano.rewrite.rules.linalg.lu as _lu
import theano.rewrite.rules.logistic as _logistic
import theano.rewrite.rules.reductions as _reductions
import theano.rewrite.rules.segments as _segments
import theano.rewrite.rules.shaping as _shaping
import theano.rewrite.rules.softmax as _softmax
import theano.rewrite.rules.stacks as _stacks

PHASES: _ty.Any
RULES: _ty.Any
blas = _blas
branches = _branches
def canonicalize(left: _ty.Any, right: _ty.Any, **options: _ty.Any) -> _ty.Any: ...
def check_chain(r: _ty.Any, *chain: _ty.Any) -> bool: ...
def check_stack_trace(f_or_fgraph: _ty.Any, ops_to_check: _ty.Any = 'last', bug_print: str = 'raise') -> bool: ...
complex_products = _complex_products
def copy_stack_trace(from_var: _ty.Any, to_var: _ty.Any) -> _ty.Any: ...
diagonals = _diagonals
elementwise = _elementwise
def equation(phase: str, left: _ty.Any, right: _ty.Any, name: str | None = None, tags: tuple[str, ...] = ..., **options: _ty.Any) -> _ty.Any: ...
identities = _identities
def in2out(*local_opts: _ty.Any, **kwargs: _ty.Any) -> _ty.Any: ...
indexing = _indexing
def inherit_stack_trace(from_var: _ty.Any) -> _ty.Any: ...
def inplace_optimizer(f: _Callable[[_ty.Any], _ty.Any]) -> _ty.Any: ...
invariants = _invariants
def is_same_graph_with_merge(var1: Variable, var2: Variable, givens: dict[Variable, Variable] | None = None) -> bool: ...
joining = _joining
def local_optimizer(tracks: _Sequence[_ty.Any] | None, inplace: bool = False, requirements: _ty.Any = ...) -> _ty.Any: ...
logistic = _logistic
lu = _lu
maps = _maps
def merge_dict(d1: dict[_ty.Any, _ty.Any], d2: dict[_ty.Any, _ty.Any]) -> dict[_ty.Any, _ty.Any]: ...
merging = _merging
def optimizer(f: _Callable[[_ty.Any], _ty.Any]) -> _ty.Any: ...
def out2in(*local_opts: _ty.Any, **kwargs: _ty.Any) -> _ty.Any: ...
def pre_constant_merge(vars: _Sequence[Variable]) -> list[Variable]: ...
def pre_greedy_local_optimizer(list_optimizations: _Sequence[_ty.Any], out: Variable) -> Variable: ...
reductions = _reductions
def register_canonicalize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_specialize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_specialize_device(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_stabilize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_uncanonicalize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_useless(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def rewrite_graph(fgraph: _ty.Any, query: _ty.Any, on_error: _ty.Any = ...) -> _ty.Any: ...
def rule(*roots: _ty.Any, phase: str = 'canonicalize', name: str | None = None, tags: tuple[str, ...] = ..., view: str | None = None, parts: _ty.Any = ..., some: _ty.Any = ..., beside: _ty.Any = ..., children: _ty.Any = ...) -> _ty.Any: ...
saved = _saved
segments = _segments
shaping = _shaping
softmax = _softmax
def specialize(left: _ty.Any, right: _ty.Any, **options: _ty.Any) -> _ty.Any: ...
def stabilize(left: _ty.Any, right: _ty.Any, **options: _ty.Any) -> _ty.Any: ...
stacks = _stacks
steps = _steps
sums = _sums
def trace(thing: _ty.Any) -> _ty.Any: ...
unread = _unread
def variable(name: str, kind: str = 'float', test: _Callable[[_ty.Any], bool] | None = None) -> _ty.Any: ...
