"""Tensors: types, variables, and everything that can be computed with them.

>>> import theano.tensor as T
>>> x = T.dmatrix("x")
>>> (1 / (1 + T.exp(-x))).sum(axis=0).type
TensorType(float64, vector)
"""

from __future__ import annotations

from theano.scalar import ComplexError
from theano.scalar import dtypes as _dtypes
from theano.tensor.checks.declared_shapes import (
    Rebroadcast,
    SpecifyShape,
    addbroadcast,
    patternbroadcast,
    specify_shape,
    unbroadcast,
)
from theano.tensor.checks.static_value import NotScalarConstantError, get_scalar_constant_value
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.indexing.indexing import flatnonzero, nonzero, nonzero_values, take
from theano.tensor.indexing.subtensor import IncSubtensor, Subtensor, inc_subtensor, set_subtensor
from theano.tensor.linalg.dot import BatchedDot, Dot, batched_dot, batched_tensordot, dot, matmul, outer, tensordot
from theano.tensor.making.alloc import Alloc, AllocEmpty, alloc, ones, ones_like, zeros, zeros_like
from theano.tensor.making.constructors import CONSTRUCTORS as _CONSTRUCTORS
from theano.tensor.making.constructors import tensor
from theano.tensor.making.ranges import ARange, arange
from theano.tensor.making.triangles import Eye, eye, identity_like, tri, tril, triu
from theano.tensor.pointwise.math import *
from theano.tensor.reductions.extremes import *
from theano.tensor.reductions.reduction import *
from theano.tensor.reductions.statistics import *
from theano.tensor.shaping.axes import shape_padaxis, shape_padleft, shape_padright, squeeze, swapaxes, transpose
from theano.tensor.shaping.join import (
    Join,
    Split,
    concatenate,
    horizontal_stack,
    join,
    join_,
    roll,
    split,
    stack,
    stacklists,
    tile,
    vertical_stack,
)
from theano.tensor.shaping.reshaping import Reshape, flatten, is_flat, reshape
from theano.tensor.shaping.shape import Shape, Shape_i, shape
from theano.tensor.type import TensorType, values_eq_approx_always_true
from theano.tensor.variable import (
    AsTensorError,
    TensorConstant,
    TensorVariable,
    _tensor_py_operators,
    as_tensor,
    as_tensor_variable,
    constant,
    get_vector_length,
)

from theano.tensor import methods as _methods  # isort: skip  (needs all modules above)
from theano.tensor.shaping.diagonal import ExtractDiag, diag, diagonal, fill_diagonal, fill_diagonal_offset

from theano.tensor.pointwise.extra_ops import *  # isort: skip
from theano.tensor.indexing.advanced_subtensor import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    advanced_inc_subtensor1,
    advanced_set_subtensor1,
    advanced_subtensor1,
)

from theano.tensor.indexing.grid import mgrid, ogrid  # isort: skip
from theano.tensor.indexing.choose import choose  # isort: skip
from theano.tensor.sorting.sort import argsort, argtopk, sort, topk, topk_and_argtopk  # isort: skip
from theano.tensor.shaping.permutation import inverse_permutation, permute_row_elements  # isort: skip
from theano.tensor import nnet  # isort: skip
from theano.tensor import fft
from theano.tensor.linalg import blas, nlinalg, slinalg
from theano.tensor.pointwise import extra_ops

from theano.tensor.reductions import products  # isort: skip  (need the methods)
from theano.tensor.pointwise.extra_ops import *  # isort: skip

from theano.tensor import numpy_functions as _numpy_functions  # isort: skip  (needs all the above)

globals().update(_CONSTRUCTORS)

Tensor = TensorType

all_dtypes = list(_dtypes.all_dtypes)
int_dtypes = list(_dtypes.int_dtypes)
uint_dtypes = list(_dtypes.uint_dtypes)
integer_dtypes = list(_dtypes.integer_dtypes)
float_dtypes = list(_dtypes.float_dtypes)
complex_dtypes = list(_dtypes.complex_dtypes)
continuous_dtypes = list(_dtypes.continuous_dtypes)
discrete_dtypes = list(_dtypes.discrete_dtypes)
