# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano import Lop as Lop
from theano import Rop as Rop
from theano import grad as grad
from theano import subgraph_grad as subgraph_grad
from theano.gradient import accumulate as accumulate
from theano.gradient import composites as composites
from theano.gradient import derived as derived
from theano.gradient import errors as errors
from theano.gradient import forward as forward
from theano.gradient import identity as identity
from theano.gradient import numeric as numeric
from theano.gradient import reverse as reverse
from theano.gradient.errors import DisconnectedInputError as DisconnectedInputError
from theano.gradient.errors import GradientError as GradientError
from theano.gradient.errors import NullTypeGradError as NullTypeGradError
from theano.gradient.identity import ConsiderConstant as ConsiderConstant
from theano.gradient.identity import ConsiderConstant as _ConsiderConstant
from theano.gradient.identity import DisconnectedGrad as DisconnectedGrad
from theano.gradient.identity import DisconnectedGrad as _DisconnectedGrad
from theano.gradient.identity import GradClip as GradClip
from theano.gradient.identity import GradScale as GradScale
from theano.gradient.identity import UndefinedGrad as UndefinedGrad
from theano.gradient.identity import UndefinedGrad as _UndefinedGrad
from theano.gradient.identity import ViewOp as ViewOp
from theano.gradient.identity import ZeroGrad as ZeroGrad
from theano.gradient.identity import ZeroGrad as _ZeroGrad
from theano.gradient.numeric import numeric_grad as numeric_grad
from theano.graph.nodes import Variable as Variable
from theano.graph.null_type import DisconnectedType as DisconnectedType
from theano.graph.null_type import DisconnectedType as _DisconnectedType
from theano.graph.null_type import NullType as NullType
from theano.graph.null_type import NullType as _NullType
from theano.tensor import consider_constant as consider_constant
from theano.tensor import grad_not_implemented as grad_not_implemented
from theano.tensor import grad_undefined as grad_undefined
from theano.tensor import hessian as hessian
from theano.tensor import jacobian as jacobian
from theano.tensor import verify_grad as verify_grad
import theano.tensor as _tensor

consider_constant_: _ConsiderConstant
def disconnected_grad(x: _ty.Any) -> _ty.Any: ...
disconnected_grad_: _DisconnectedGrad
disconnected_type: _DisconnectedType
def format_as(use_list: bool, use_tuple: bool, outputs: _ty.Any) -> _ty.Any: ...
def grad_clip(x: _ty.Any, lower_bound: float, upper_bound: float) -> _ty.Any: ...
def grad_scale(x: _ty.Any, multiplier: _ty.Any) -> _ty.Any: ...
def hessian_times_vector(gradient: Variable | _Sequence[Variable], parameter: Variable | _Sequence[Variable], vector: Variable | _Sequence[Variable], consider_constant: _Sequence[Variable] | None = None, disconnected_inputs: str = 'raise') -> _ty.Any: ...
def mode_not_slow(mode: _ty.Any) -> _ty.Any: ...
null_type: _NullType
tensor = _tensor
def undefined_grad(x: _ty.Any) -> _ty.Any: ...
undefined_grad_: _UndefinedGrad
def zero_grad(x: _ty.Any) -> _ty.Any: ...
zero_grad_: _ZeroGrad
