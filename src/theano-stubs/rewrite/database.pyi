# Made by `python -m tools.stubs`.
from theano.rewrite.engine.database import *
