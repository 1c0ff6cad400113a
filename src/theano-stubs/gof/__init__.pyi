# Made by `python -m tools.stubs`.
from theano.graph.cdata_type import *
from theano.graph.enum_type import *
from theano.graph.params_type import *
from theano.graph.external_c import *
from theano.graph.destroyhandler import *
from theano.compile.wrap_linkers import *
from theano.compile.linkers import *
from theano.graph.old_helpers import object2 as object2
from theano.graph.helpers import hashtype as hashtype
from theano.graph import Op as _PureOp
PureOp = _PureOp
from theano.graph import FunctionGraph as _Env
Env = _Env
from theano.compile.sharedvalue import Container as Container
from theano.rewrite import *
from theano.graph.features import *
from theano.graph import *
