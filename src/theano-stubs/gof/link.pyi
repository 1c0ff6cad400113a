# Made by `python -m tools.stubs`.
from theano.compile.sharedvalue import Container as Container
from theano.compile.errors import raise_with_op_of_thunk as _raise_with_op
raise_with_op = _raise_with_op
from theano.graph import Type as Type
from theano.compile.linkers import *
from theano.compile.wrap_linkers import *
