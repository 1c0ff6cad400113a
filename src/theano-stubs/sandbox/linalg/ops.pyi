# Made by `python -m tools.stubs`.
from theano.tensor.elemwise import *
from theano.tensor.blas import *
from theano.tensor.opt import *
from theano.misc.linalg_rewrites import *
from theano.misc.hints import *
from theano.tensor.slinalg import *
from theano.tensor.nlinalg import *
