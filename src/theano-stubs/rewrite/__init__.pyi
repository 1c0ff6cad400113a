# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.compile import optdb as optdb
from theano.graph.nodes import Variable
from theano.rewrite import database as database
from theano.rewrite import engine as engine
from theano.rewrite import loops as loops
from theano.rewrite import merging as merging
from theano.rewrite import navigators as navigators
from theano.rewrite import node_rewrites as node_rewrites
from theano.rewrite import pattern_sub as pattern_sub
from theano.rewrite import preparing as preparing
from theano.rewrite import registration as registration
from theano.rewrite import rules as rules
from theano.rewrite import softmax_op as softmax_op
from theano.rewrite import stack_traces as stack_traces
from theano.rewrite import user_databases as user_databases
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
from theano.rewrite.loops import invariants as invariants
from theano.rewrite.loops import maps as maps
from theano.rewrite.loops import saved as saved
from theano.rewrite.loops import steps as steps
from theano.rewrite.loops import sums as sums
from theano.rewrite.loops import unread as unread
from theano.rewrite.merging import FromFunctionOptimizer as FromFunctionOptimizer
from theano.rewrite.merging import MergeFeature as MergeFeature
from theano.rewrite.merging import MergeOptimizer as MergeOptimizer
from theano.rewrite.navigators import EquilibriumOptimizer as EquilibriumOptimizer
from theano.rewrite.navigators import NavigatorOptimizer as NavigatorOptimizer
from theano.rewrite.navigators import OpKeyOptimizer as OpKeyOptimizer
from theano.rewrite.navigators import TopoOptimizer as TopoOptimizer
from theano.rewrite.node_rewrites import FromFunctionLocalOptimizer as FromFunctionLocalOptimizer
from theano.rewrite.node_rewrites import LocalOptGroup as LocalOptGroup
from theano.rewrite.node_rewrites import LocalOptimizer as LocalOptimizer
from theano.rewrite.node_rewrites import OpRemove as OpRemove
from theano.rewrite.node_rewrites import OpSub as OpSub
from theano.rewrite.pattern_sub import PatternSub as PatternSub
from theano.rewrite.preparing import AddDestroyHandler as AddDestroyHandler
from theano.rewrite.preparing import AddFeatureOptimizer as AddFeatureOptimizer
from theano.rewrite.preparing import PrintCurrentFunctionGraph as PrintCurrentFunctionGraph
from theano.rewrite.rules import blas as blas
from theano.rewrite.rules import branches as branches
from theano.rewrite.rules import complex_products as complex_products
from theano.rewrite.rules import diagonals as diagonals
from theano.rewrite.rules import elementwise as elementwise
from theano.rewrite.rules import indexing as indexing
from theano.rewrite.rules import joining as joining
from theano.rewrite.rules import linalg as linalg
from theano.rewrite.rules import logistic as logistic
from theano.rewrite.rules import lu as lu
from theano.rewrite.rules import reductions as reductions
from theano.rewrite.rules import segments as segments
from theano.rewrite.rules import shaping as shaping
from theano.rewrite.rules import softmax as softmax
from theano.rewrite.stack_traces import CheckStackTraceOptimization as CheckStackTraceOptimization
from theano.rewrite.stack_traces import CheckStrackTraceFeature as CheckStrackTraceFeature
from theano.rewrite.user_databases import EquilibriumDB as EquilibriumDB
from theano.rewrite.user_databases import LocalGroupDB as LocalGroupDB
from theano.rewrite.user_databases import ProxyDB as ProxyDB
from theano.rewrite.user_databases import TopoDB as TopoDB

PHASES: _ty.Any
RULES: _ty.Any
def canonicalize(left: _ty.Any, right: _ty.Any, **options: _ty.Any) -> _ty.Any: ...
def check_chain(r: _ty.Any, *chain: _ty.Any) -> bool: ...
def check_stack_trace(f_or_fgraph: _ty.Any, ops_to_check: _ty.Any = 'last', bug_print: str = 'raise') -> bool: ...
def copy_stack_trace(from_var: _ty.Any, to_var: _ty.Any) -> _ty.Any: ...
def equation(phase: str, left: _ty.Any, right: _ty.Any, name: str | None = None, tags: tuple[str, ...] = ..., **options: _ty.Any) -> _ty.Any: ...
def in2out(*local_opts: _ty.Any, **kwargs: _ty.Any) -> _ty.Any: ...
def inherit_stack_trace(from_var: _ty.Any) -> _ty.Any: ...
def inplace_optimizer(f: _Callable[[_ty.Any], _ty.Any]) -> _ty.Any: ...
def is_same_graph_with_merge(var1: Variable, var2: Variable, givens: dict[Variable, Variable] | None = None) -> bool: ...
def local_optimizer(tracks: _Sequence[_ty.Any] | None, inplace: bool = False, requirements: _ty.Any = ...) -> _ty.Any: ...
def merge_dict(d1: dict[_ty.Any, _ty.Any], d2: dict[_ty.Any, _ty.Any]) -> dict[_ty.Any, _ty.Any]: ...
def optimizer(f: _Callable[[_ty.Any], _ty.Any]) -> _ty.Any: ...
def out2in(*local_opts: _ty.Any, **kwargs: _ty.Any) -> _ty.Any: ...
def pre_constant_merge(vars: _Sequence[Variable]) -> list[Variable]: ...
def pre_greedy_local_optimizer(list_optimizations: _Sequence[_ty.Any], out: Variable) -> Variable: ...
def register_canonicalize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_specialize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_specialize_device(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_stabilize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_uncanonicalize(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def register_useless(lopt: _ty.Any, *tags: str, **kwargs: _ty.Any) -> _ty.Any: ...
def rewrite_graph(fgraph: _ty.Any, query: _ty.Any, on_error: _ty.Any = ...) -> _ty.Any: ...
def rule(*roots: _ty.Any, phase: str = 'canonicalize', name: str | None = None, tags: tuple[str, ...] = ..., view: str | None = None, parts: _ty.Any = ..., some: _ty.Any = ..., beside: _ty.Any = ..., children: _ty.Any = ...) -> _ty.Any: ...
def specialize(left: _ty.Any, right: _ty.Any, **options: _ty.Any) -> _ty.Any: ...
def stabilize(left: _ty.Any, right: _ty.Any, **options: _ty.Any) -> _ty.Any: ...
def trace(thing: _ty.Any) -> _ty.Any: ...
def variable(name: str, kind: str = 'float', test: _Callable[[_ty.Any], bool] | None = None) -> _ty.Any: ...
