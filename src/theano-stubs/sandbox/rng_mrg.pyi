# Made by `python -m tools.stubs`.
from theano.random.inplace import mrg_random_make_inplace as mrg_random_make_inplace
from theano.tensor.composed_ops import DotModulo as DotModulo
from theano.random.mrg import MRG_RandomStreams as _MRG_RandomStream
MRG_RandomStream = _MRG_RandomStream
from theano.tensor.random.mrg_uniform import *
from theano.tensor.random.mrg31k3p import *
from theano.random.mrg import *
