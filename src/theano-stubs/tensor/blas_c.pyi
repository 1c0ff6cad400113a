# Made by `python -m tools.stubs`.
from theano.tensor.blas import Gemv as _CGemv
CGemv = _CGemv
from theano.tensor.blas import Ger as _CGer
CGer = _CGer
from theano.tensor.blas import gemv_inplace as _cgemv_inplace
cgemv_inplace = _cgemv_inplace
from theano.tensor.blas import gemv_no_inplace as _cgemv_no_inplace
cgemv_no_inplace = _cgemv_no_inplace
from theano.tensor.blas import ger_destructive as _cger_inplace
cger_inplace = _cger_inplace
from theano.tensor.blas import ger as _cger_no_inplace
cger_no_inplace = _cger_no_inplace
from theano.legacy.tensor.old_functions import check_force_gemv_init as check_force_gemv_init
from theano.tensor.blas import *
