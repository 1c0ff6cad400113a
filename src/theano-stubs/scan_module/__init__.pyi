# Made by `python -m tools.stubs`.
from theano.scan import *
from theano.scan_module import scan_op as scan_op
from theano.scan_module import scan_utils as scan_utils
from theano.scan_module import scan_views as scan_views
