# Made by `python -m tools.stubs`.
from theano.tensor.reductions.reduction import CAReduce as CAReduce
from theano.tensor.elemwise import DimShuffle as DimShuffle
from theano.tensor.subtensor import Subtensor as Subtensor
from theano.gof.opt import copy_stack_trace as copy_stack_trace
from theano.tensor.opt import register_uncanonicalize as register_uncanonicalize
