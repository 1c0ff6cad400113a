# Made by `python -m tools.stubs`.
from builtins import all as all
from builtins import any as any
from collections import Counter as Counter
from theano.compat import *
