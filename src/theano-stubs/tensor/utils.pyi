# Made by `python -m tools.stubs`.
from theano.tensor.checks.shape_feature import shape_of_variables as shape_of_variables
from theano.legacy.graph.helpers import hash_from_ndarray as hash_from_ndarray
from theano.tensor import *
