# Made by `python -m tools.stubs`.
from theano.compile.sharedvalue import Container as Container
from theano.graph import FunctionGraph as _Env
Env = _Env
from theano.legacy.graph.helpers import hashtype as hashtype
from theano.legacy.graph.old_helpers import object2 as object2
from theano.graph import *
from theano.graph.features import *
from theano.rewrite import AddDestroyHandler as AddDestroyHandler
from theano.rewrite import AddFeatureOptimizer as AddFeatureOptimizer
from theano.rewrite import DB as DB
from theano.rewrite import Equation as Equation
from theano.rewrite import GraphRewriter as GraphRewriter
from theano.rewrite import Optimizer as Optimizer
from theano.rewrite import PHASES as PHASES
from theano.rewrite import Pattern as Pattern
from theano.rewrite import Phase as Phase
from theano.rewrite import PrintCurrentFunctionGraph as PrintCurrentFunctionGraph
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
from theano.rewrite import Trace as Trace
from theano.rewrite import blas as blas
from theano.rewrite import branches as branches
from theano.rewrite import canonicalize as canonicalize
from theano.rewrite import complex_products as complex_products
from theano.rewrite import diagonals as diagonals
from theano.rewrite import elementwise as elementwise
from theano.rewrite import equation as equation
from theano.rewrite import identities as identities
from theano.rewrite import indexing as indexing
from theano.rewrite import invariants as invariants
from theano.rewrite import joining as joining
from theano.rewrite import logistic as logistic
from theano.rewrite import lu as lu
from theano.rewrite import maps as maps
from theano.rewrite import merging as merging
from theano.rewrite import reductions as reductions
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
from theano.legacy.c_code.external_c import *
from theano.graph.params_type import *
from theano.legacy.c_code.enum_type import *
from theano.legacy.c_code.cdata_type import *
from theano.gof import cc as cc
from theano.gof import compilelock as compilelock
from theano.gof import graph as graph
from theano.gof import link as link
from theano.gof import params_type as params_type
from theano.gof import sched as sched
from theano.gof import vm as vm
