# Made by `python -m tools.stubs`.
from theano.graph import FunctionGraph as _Env
Env = _Env
from theano.graph import InconsistencyError as InconsistencyError
