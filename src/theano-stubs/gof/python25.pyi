# Made by `python -m tools.stubs`.
from builtins import all as all
from builtins import any as any
from itertools import combinations as combinations
from sys import maxsize as maxsize
from itertools import product as product
from theano.compat import *
