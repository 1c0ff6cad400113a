# Made by `python -m tools.stubs`.
from theano.legacy.typed_list.basic import *
