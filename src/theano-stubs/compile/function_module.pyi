# Made by `python -m tools.stubs`.
from theano.compat.older_graphs import read_function as __constructor_Function
_constructor_Function = __constructor_Function
from theano.graph.features import Supervisor as Supervisor
from theano.graph.destroyhandler import infer_reuse_pattern as infer_reuse_pattern
from theano.graph.walk import alias_root as alias_root
from theano.compile.errors import *
from theano.compile.maker import *
from theano.compile.executable import *
from theano.compile import *
