# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.legacy import c_code as c_code
from theano.legacy import graph as graph
from theano.legacy import names as names
import theano as theano
import theano.legacy.names.aliases as _aliases

aliases = _aliases
def install() -> None: ...
