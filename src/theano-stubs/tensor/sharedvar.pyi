# Made by `python -m tools.stubs`.
from theano.compile import *
from theano.compile.tensorshared import *
from theano.compile.tensorshared import tensor_constructor as load_shared_variable
