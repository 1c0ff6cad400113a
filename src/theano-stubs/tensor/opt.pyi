# Made by `python -m tools.stubs`.
from theano.tensor import *
from theano.tensor.static_value import *
from theano.tensor.shape import *
from theano.tensor.assertion import *
from theano.rewrite import *
from theano.tensor.shape_feature import ShapeFeature as ShapeFeature
