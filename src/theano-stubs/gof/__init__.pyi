# Made by `python -m tools.stubs`.
from theano.compile.sharedvalue import Container as Container
from theano.graph import FunctionGraph as _Env
Env = _Env
from theano.graph.helpers import hashtype as hashtype
from theano.graph.old_helpers import object2 as object2
from theano.graph import *
from theano.graph.features import *
from theano.rewrite import AddDestroyHandler as AddDestroyHandler
from theano.rewrite import AddFeatureOptimizer as AddFeatureOptimizer
from theano.rewrite import CheckStackTraceOptimization as CheckStackTraceOptimization
from theano.rewrite import CheckStrackTraceFeature as CheckStrackTraceFeature
from theano.rewrite import DB as DB
from theano.rewrite import Equation as Equation
from theano.rewrite import EquilibriumDB as EquilibriumDB
from theano.rewrite import EquilibriumOptimizer as EquilibriumOptimizer
from theano.rewrite import FromFunctionLocalOptimizer as FromFunctionLocalOptimizer
from theano.rewrite import FromFunctionOptimizer as FromFunctionOptimizer
from theano.rewrite import GraphRewriter as GraphRewriter
from theano.rewrite import LocalGroupDB as LocalGroupDB
from theano.rewrite import LocalOptGroup as LocalOptGroup
from theano.rewrite import LocalOptimizer as LocalOptimizer
from theano.rewrite import MergeFeature as MergeFeature
from theano.rewrite import MergeOptimizer as MergeOptimizer
from theano.rewrite import NavigatorOptimizer as NavigatorOptimizer
from theano.rewrite import OpKeyOptimizer as OpKeyOptimizer
from theano.rewrite import OpRemove as OpRemove
from theano.rewrite import OpSub as OpSub
from theano.rewrite import Optimizer as Optimizer
from theano.rewrite import PHASES as PHASES
from theano.rewrite import Pattern as Pattern
from theano.rewrite import PatternSub as PatternSub
from theano.rewrite import Phase as Phase
from theano.rewrite import PrintCurrentFunctionGraph as PrintCurrentFunctionGraph
from theano.rewrite import ProxyDB as ProxyDB
from theano.rewrite import Query as Query
from theano.rewrite import RULES as RULES
from theano.rewrite import RewriteCycle as RewriteCycle
from theano.rewrite import RewriteError as RewriteError
from theano.rewrite import RewriteGraph as RewriteGraph
from theano.rewrite import Rule as Rule
from theano.rewrite import RuleIndex as RuleIndex
from theano.rewrite import SeqOptimizer as SeqOptimizer
from theano.rewrite import SequenceDB as SequenceDB
from theano.rewrite import Step as Step
from theano.rewrite import TopoDB as TopoDB
from theano.rewrite import TopoOptimizer as TopoOptimizer
from theano.rewrite import Trace as Trace
from theano.rewrite import blas as blas
from theano.rewrite import branches as branches
from theano.rewrite import canonicalize as canonicalize
from theano.rewrite import check_chain as check_chain
from theano.rewrite import check_stack_trace as check_stack_trace
from theano.rewrite import complex_products as complex_products
from theano.rewrite import copy_stack_trace as copy_stack_trace
from theano.rewrite import diagonals as diagonals
from theano.rewrite import elementwise as elementwise
from theano.rewrite import equation as equation
from theano.rewrite import in2out as in2out
from theano.rewrite import indexing as indexing
from theano.rewrite import inherit_stack_trace as inherit_stack_trace
from theano.rewrite import inplace_optimizer as inplace_optimizer
from theano.rewrite import invariants as invariants
from theano.rewrite import is_same_graph_with_merge as is_same_graph_with_merge
from theano.rewrite import joining as joining
from theano.rewrite import linalg as linalg
from theano.rewrite import local_optimizer as local_optimizer
from theano.rewrite import logistic as logistic
from theano.rewrite import lu as lu
from theano.rewrite import maps as maps
from theano.rewrite import merge_dict as merge_dict
from theano.rewrite import merging as merging
from theano.rewrite import optimizer as optimizer
from theano.rewrite import out2in as out2in
from theano.rewrite import pre_constant_merge as pre_constant_merge
from theano.rewrite import pre_greedy_local_optimizer as pre_greedy_local_optimizer
from theano.rewrite import reductions as reductions
from theano.rewrite import register_canonicalize as register_canonicalize
from theano.rewrite import register_specialize as register_specialize
from theano.rewrite import register_specialize_device as register_specialize_device
from theano.rewrite import register_stabilize as register_stabilize
from theano.rewrite import register_uncanonicalize as register_uncanonicalize
from theano.rewrite import register_useless as register_useless
from theano.rewrite import rewrite_graph as rewrite_graph
from theano.rewrite import rule as rule
from theano.rewrite import saved as saved
from theano.rewrite import segments as segments
from theano.rewrite import shaping as shaping
from theano.rewrite import softmax as softmax
from theano.rewrite import specialize as specialize
from theano.rewrite import stabilize as stabilize
from theano.rewrite import stacks as stacks
from theano.rewrite import steps as steps
from theano.rewrite import sums as sums
from theano.rewrite import trace as trace
from theano.rewrite import unread as unread
from theano.rewrite import variable as variable
from theano.compile.linkers import *
from theano.compile.wrap_linkers import *
from theano.graph.destroyhandler import *
from theano.graph.external_c import *
from theano.graph.params_type import *
from theano.graph.enum_type import *
from theano.graph.cdata_type import *
