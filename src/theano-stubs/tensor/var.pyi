# Made by `python -m tools.stubs`.
from theano.tensor import *
from theano.tensor.variable import *
from theano.tensor.old_functions import equal_slices as equal_slices
from theano.graph.old_helpers import Left as _TensorConstantSignature
TensorConstantSignature = _TensorConstantSignature
