# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.linalg import blas as blas
from theano.tensor.linalg import dot as dot
from theano.tensor.linalg import eigen as eigen
from theano.tensor.linalg import factors as factors
from theano.tensor.linalg import inverses as inverses
from theano.tensor.linalg import lu as lu
from theano.tensor.linalg import matrices as matrices
from theano.tensor.linalg import nlinalg as nlinalg
from theano.tensor.linalg import schur as schur
from theano.tensor.linalg import slinalg as slinalg
from theano.tensor.linalg import systems as systems

def no_attribute(kind: str, name: str, thing: _ty.Any = None) -> _ty.Any: ...
