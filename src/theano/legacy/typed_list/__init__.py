"""Lists of values of one type, as values of functions.

>>> from theano import typed_list
>>> xs = typed_list.TypedListType(T.dvector)("xs")
>>> total, _ = theano.scan(
...     lambda k, xs: xs[k].sum(), sequences=T.arange(typed_list.length(xs)), non_sequences=xs
... )
>>> theano.function([xs], total)([[1, 2], [3], []])
array([3., 3., 0.])
"""

from theano.legacy.typed_list.basic import *
from theano.legacy.typed_list.type import TypedListType
