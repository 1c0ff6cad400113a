# Made by `python -m tools.stubs`.
from theano.random.inplace import random_make_inplace as random_make_inplace
from theano.tensor.random.base import *
from theano.tensor.random.state import *
from theano.tensor.random.function import *
from theano.tensor.random.draws import *
