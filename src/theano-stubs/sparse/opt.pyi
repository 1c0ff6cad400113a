# Made by `python -m tools.stubs`.
from theano.sparse.csm import CSMGrad as _CSMGradC
CSMGradC = _CSMGradC
from theano.sparse.csm import csm_grad as _csm_grad_c
csm_grad_c = _csm_grad_c
from theano.sparse import *
from theano.rewrite import *
