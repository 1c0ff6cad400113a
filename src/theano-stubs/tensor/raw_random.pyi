# Made by `python -m tools.stubs`.
from theano.legacy.rewrite.random_inplace import random_make_inplace as random_make_inplace
from theano.tensor.random.draws import *
from theano.tensor.random.function import Apply as Apply
from theano.tensor.random.function import Op as Op
from theano.tensor.random.function import RandomStateType as RandomStateType
from theano.tensor.random.function import Shapes as Shapes
from theano.tensor.random.function import TensorType as TensorType
from theano.tensor.random.function import Variable as Variable
from theano.tensor.random.function import copy_state as copy_state
from theano.tensor.random.function import known_vector as known_vector
from theano.tensor.random.function import undefined as undefined
from theano.tensor.random.state import Type as Type
from theano.tensor.random.state import random_state_type as random_state_type
from theano.tensor.random.base import *
