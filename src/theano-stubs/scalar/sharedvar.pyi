# Made by `python -m tools.stubs`.
from theano.scalar import Scalar as Scalar
from theano.compile.shared_variables.tensors import ScalarSharedVariable as ScalarSharedVariable
from theano.compile.sharedvalue import SharedVariable as SharedVariable
from theano.compile.shared_variables.tensors import scalar_constructor as _shared
shared = _shared
