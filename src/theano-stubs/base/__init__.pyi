# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.base import digest as digest
from theano.base import flag_table as flag_table
from theano.base import flags as flags
from theano.base import garbage as garbage
from theano.base import late as late
from theano.base import notebook_form as notebook_form
from theano.base import other_words as other_words
from theano.base import progress as progress
from theano.base import record as record
from theano.base import user_warnings as user_warnings


