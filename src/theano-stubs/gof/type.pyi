# Made by `python -m tools.stubs`.
from theano.graph import *
from theano.graph.cdata_type import *
from theano.graph.enum_type import *
from theano.graph.type import *
from theano.graph.old_helpers import object2 as object2
from theano.graph import Type as _PureType
PureType = _PureType
