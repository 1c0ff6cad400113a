# Made by `python -m tools.stubs`.
from itertools import product as product
from sys import maxsize as maxsize
from itertools import combinations as combinations
from builtins import any as any
from builtins import all as all
from theano.compat import *
