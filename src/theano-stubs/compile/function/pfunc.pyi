# Made by `python -m tools.stubs`.
from theano.compile import *
from theano.compile.rebuild import Collected as Collected
from theano.compile.rebuild import Record as Record
from theano.compile.rebuild import TensorType as TensorType
from theano.compile.rebuild import Variable as Variable
from theano.compile.rebuild import ancestors as ancestors
from theano.compile.rebuild import as_tensor_variable as as_tensor_variable
from theano.compile.rebuild import collect as collect
from theano.compile.rebuild import explain_widening as explain_widening
from theano.compile.rebuild import made_here as made_here
from theano.compile.rebuild import shown as shown
from theano.compile.rebuild import warn_user as warn_user
