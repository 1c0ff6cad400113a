# Made by `python -m tools.stubs`.
from theano.compile.times.profile_mode import *
