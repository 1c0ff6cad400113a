# Made by `python -m tools.stubs`.
from theano.legacy.scalar.classes import ScalarSigmoid as ScalarSigmoid
from theano.legacy.scalar.classes import ScalarSoftplus as ScalarSoftplus
from theano.legacy.scalar.classes import UltraFastScalarSigmoid as UltraFastScalarSigmoid
from theano.scalar import sigmoid as _scalar_sigmoid
scalar_sigmoid = _scalar_sigmoid
from theano.scalar import softplus as _scalar_softplus
scalar_softplus = _scalar_softplus
from theano.scalar import ultra_fast_sigmoid as _ultra_fast_scalar_sigmoid
ultra_fast_scalar_sigmoid = _ultra_fast_scalar_sigmoid
from theano.legacy.nnet.product_trees import *
from theano.tensor.nnet import *
