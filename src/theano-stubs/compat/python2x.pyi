# Made by `python -m tools.stubs`.
from collections import Counter as Counter
from builtins import any as any
from builtins import all as all
from theano.compat import *
