# Made by `python -m tools.stubs`.
from theano.compile.profile_mode import *
