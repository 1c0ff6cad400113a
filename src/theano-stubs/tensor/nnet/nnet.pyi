# Made by `python -m tools.stubs`.
from theano.legacy.scalar.classes import ScalarSoftsign as ScalarSoftsign
from theano.scalar import softsign as _scalar_softsign
scalar_softsign = _scalar_softsign
from theano.tensor.nnet import *
