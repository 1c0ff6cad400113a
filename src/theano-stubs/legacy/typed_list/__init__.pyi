# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.legacy.typed_list.basic import Append as Append
from theano.legacy.typed_list.basic import Append as _Append
from theano.legacy.typed_list.basic import Count as Count
from theano.legacy.typed_list.basic import Count as _Count
from theano.legacy.typed_list.basic import Extend as Extend
from theano.legacy.typed_list.basic import Extend as _Extend
from theano.legacy.typed_list.basic import GetItem as GetItem
from theano.legacy.typed_list.basic import GetItem as _GetItem
from theano.legacy.typed_list.basic import Index as Index
from theano.legacy.typed_list.basic import Index as _Index
from theano.legacy.typed_list.basic import Insert as Insert
from theano.legacy.typed_list.basic import Insert as _Insert
from theano.legacy.typed_list.basic import Length as Length
from theano.legacy.typed_list.basic import Length as _Length
from theano.legacy.typed_list.basic import MakeList as MakeList
from theano.legacy.typed_list.basic import MakeList as _MakeList
from theano.legacy.typed_list.basic import Remove as Remove
from theano.legacy.typed_list.basic import Remove as _Remove
from theano.legacy.typed_list.basic import Reverse as Reverse
from theano.legacy.typed_list.basic import Reverse as _Reverse
from theano.legacy.typed_list.basic import TypedListConstant as TypedListConstant
from theano.legacy.typed_list.basic import TypedListSharedVariable as TypedListSharedVariable
from theano.legacy.typed_list.basic import TypedListVariable as TypedListVariable
from theano.legacy.typed_list.type import TypedListType as TypedListType
import theano.typed_list.opt as _opt

append: _Append
count: _Count
extend: _Extend
getitem: _GetItem
index_: _Index
insert: _Insert
length: _Length
make_list: _MakeList
opt = _opt
remove: _Remove
reverse: _Reverse
def shared(ttype: _ty.Any, value: _Sequence[_ty.Any] = ..., name: str | None = None) -> _ty.Any: ...
