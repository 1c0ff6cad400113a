# Made by `python -m tools.stubs`.
from theano.tensor.nnet import *
from theano.tensor.nnet.product_trees import *
from theano.scalar import ultra_fast_sigmoid as ultra_fast_scalar_sigmoid
from theano.scalar import softplus as scalar_softplus
from theano.scalar import sigmoid as scalar_sigmoid
from theano.scalar.classes import UltraFastScalarSigmoid as UltraFastScalarSigmoid
from theano.scalar.classes import ScalarSoftplus as ScalarSoftplus
from theano.scalar.classes import ScalarSigmoid as ScalarSigmoid
