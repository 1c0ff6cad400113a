# Made by `python -m tools.stubs`.
from theano.tensor.blas import Ger as _ScipyGer
ScipyGer = _ScipyGer
from theano.tensor.blas import ger_destructive as _scipy_ger_inplace
scipy_ger_inplace = _scipy_ger_inplace
from theano.tensor.blas import ger as _scipy_ger_no_inplace
scipy_ger_no_inplace = _scipy_ger_no_inplace
from theano.tensor.blas import *
