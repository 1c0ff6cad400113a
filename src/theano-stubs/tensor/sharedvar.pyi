# Made by `python -m tools.stubs`.
from theano.compile import *
from theano.compile.tensorshared import *
from theano.compile.tensorshared import tensor_constructor as _load_shared_variable
load_shared_variable = _load_shared_variable
