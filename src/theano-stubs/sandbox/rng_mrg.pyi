# Made by `python -m tools.stubs`.
from theano.random.mrg import MRG_RandomStreams as _MRG_RandomStream
MRG_RandomStream = _MRG_RandomStream
from theano.legacy.tensor.composed_ops import DotModulo as DotModulo
from theano.legacy.rewrite.random_inplace import mrg_random_make_inplace as mrg_random_make_inplace
from theano.random.mrg import *
from theano.tensor.random.mrg31k3p import *
from theano.tensor.random.mrg_uniform import Apply as Apply
from theano.tensor.random.mrg_uniform import Op as Op
from theano.tensor.random.mrg_uniform import Shapes as Shapes
from theano.tensor.random.mrg_uniform import TensorType as TensorType
from theano.tensor.random.mrg_uniform import as_dtype as as_dtype
from theano.tensor.random.mrg_uniform import as_tensor_variable as as_tensor_variable
from theano.tensor.random.mrg_uniform import get_vector_length as get_vector_length
from theano.tensor.random.mrg_uniform import known_ints as known_ints
from theano.tensor.random.mrg_uniform import mrg_uniform_base as mrg_uniform_base
from theano.tensor.random.mrg_uniform import single as single
from theano.tensor.random.mrg_uniform import undefined as undefined
