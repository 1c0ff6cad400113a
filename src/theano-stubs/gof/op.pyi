# Made by `python -m tools.stubs`.
from theano.graph import *
from theano.graph.external_c import *
from theano.graph.debug import *
from theano.graph.op import *
from theano.graph import Op as _PureOp
PureOp = _PureOp
