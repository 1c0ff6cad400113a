"""Variables that are lists, and what can be done with them.

Operations give new lists and leave the old ones as they are; elements are shared between lists, and never written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.compile.shared_variables.variables import SharedVariable, detached_copy
from theano.graph import Apply, Constant, Op, Variable
from theano.legacy.typed_list.type import TypedListType
from theano.tensor.indexing.slices import SliceType, as_slice
from theano.tensor.opsupport import as_index
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "Append", "Count", "Extend", "GetItem", "Index", "Insert", "Length", "MakeList", "Remove", "Reverse",
    "TypedListConstant", "TypedListSharedVariable", "TypedListVariable", "append", "count", "extend", "getitem",
    "index_", "insert", "length", "make_list", "remove", "reverse", "shared",
]  # fmt: skip


class _typed_list_py_operators:
    """What variables of lists have."""

    type: Any

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __len__(self) -> int:
        raise TypeError("the length of a symbolic list is not known yet: theano.typed_list.length(x) stands for it")

    def append(self, toAppend: Any) -> Any:
        """The list with one more element at its end."""
        return append(self, toAppend)

    def extend(self, toAppend: Any) -> Any:
        """The list with the elements of another one at its end."""
        return extend(self, toAppend)

    def insert(self, index: Any, toInsert: Any) -> Any:
        """The list with one more element, before that at `index`."""
        return insert(self, index, toInsert)

    def remove(self, toRemove: Any) -> Any:
        """The list without the first element that equals the given one."""
        return remove(self, toRemove)

    def reverse(self) -> Any:
        """The list in reversed order."""
        return reverse(self)

    def count(self, elem: Any) -> Any:
        """How many elements equal the given one."""
        return count(self, elem)

    def ind(self, elem: Any) -> Any:
        """The position of the first element that equals the given one (`index` is taken: outputs have one)."""
        return index_(self, elem)

    ttype = property(lambda self: self.type.ttype, doc="The type of the elements.")
    dtype = property(lambda self: self.type.dtype, doc="The dtype of the elements.")
    ndim = property(lambda self: self.type.ndim, doc="The axes of the list and of its elements together.")


class TypedListVariable(_typed_list_py_operators, Variable):
    """A variable whose values are lists.

    Parameters
    ----------
    type, owner, index, name
        As for any variable; they are made by `TypedListType`.

    Examples
    --------
    >>> from theano.typed_list import TypedListType
    >>> xs = TypedListType(T.dvector)("xs")
    >>> theano.function([xs], xs[1:].append(xs[0]))([[1], [2, 3]])
    [array([2., 3.]), array([1.])]
    """


class TypedListConstant(_typed_list_py_operators, Constant):
    """A list whose elements are known.

    Parameters
    ----------
    type, data, name
        As for any constant.

    Examples
    --------
    >>> from theano.typed_list import TypedListType
    >>> TypedListType(T.dscalar).make_constant([1.0, 2.0]).data
    [array(1.), array(2.)]
    """


class TypedListSharedVariable(_typed_list_py_operators, SharedVariable):
    """A list that compiled functions share; made by `theano.typed_list.shared`.

    Parameters
    ----------
    name, type, value, strict, allow_downcast, container
        See `SharedVariable`.

    Examples
    --------
    >>> shared(T.dscalar, [1.0, 2.0]).get_value()
    [array(1.), array(2.)]
    """


TypedListType.Variable = TypedListVariable
TypedListType.Constant = TypedListConstant


def shared(ttype: Any, value: Sequence[Any] = (), name: str | None = None) -> TypedListSharedVariable:
    """A shared variable that holds a list of values of type `ttype`.

    Parameters
    ----------
    ttype : Type
        That of the elements.
    value : sequence
        The first values.
    name : str, optional
        Its name.

    Returns
    -------
    TypedListSharedVariable

    Raises
    ------
    TypeError
        `ttype` is no type, or can't hold a value.

    Examples
    --------
    >>> from theano import typed_list
    >>> seen = typed_list.shared(T.dscalar, name="seen")
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], typed_list.length(seen), updates=[(seen, seen.append(x))])
    >>> f(3), f(4), seen.get_value()
    (array(0), array(1), [array(3.), array(4.)])
    """
    return TypedListSharedVariable(name, TypedListType(ttype), list(value), strict=False)


def _as_list(x: Any) -> Any:
    if not isinstance(x, Variable) or not isinstance(x.type, TypedListType):
        raise TypeError(f"Expected a typed list, found {x!r}" + (f" of {x.type}" if isinstance(x, Variable) else ""))
    return x


def _as_element(x: Any, value: Any, what: str) -> Any:
    """`value` as an element of the list `x`."""
    wanted = x.type.ttype
    made = value if isinstance(value, Variable) else wanted.make_constant(wanted.filter(value))
    if made.type != wanted:
        made = wanted.convert_variable(made) or made
    if made.type != wanted:
        raise TypeError(f"{what}: a {made.type} is no element of a list of {wanted}")
    return made


class GetItem(Op):
    """An element of a list, or with a slice a list of some; see `getitem`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.
    index : 0-d integer, or slice of such
        Which elements; counted from the end if negative.

    Returns
    -------
    variable
        Of the type of elements; of a slice a list of the type of `x`.

    Raises
    ------
    TypeError
        `x` is no list, or `index` no integer and no slice.
    IndexError
        When it runs: there is no such element.

    Examples
    --------
    >>> xs = make_list([T.constant(1.5), T.constant(2.5)])
    >>> getitem(xs, -1).eval()
    array(2.5, dtype=float32)
    """

    __props__ = ()
    view_map = {0: [0]}

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any, index: Any) -> Apply:
        x = _as_list(x)
        if isinstance(index, slice) or isinstance(getattr(index, "type", None), SliceType):
            return Apply(self, [x, as_slice(index)], [x.type()])
        try:
            position = as_index(index)
        except TypeError as error:
            raise TypeError(f"Expected scalar or slice as index: {error}") from None
        return Apply(self, [x, position], [x.type.ttype()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, index = inputs
        if isinstance(index, slice):
            out[0][0] = x[index]
        else:
            # The program may go on computing in the memory of an array that it is given.
            out[0][0] = detached_copy(x[int(index)])


class _MakesList(Op):
    """What gives a new list. `inplace` allows it to use the memory of the old one, which it does not do."""

    __props__ = ("inplace",)
    view_map = {0: [0]}

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace
        if inplace:
            self.destroy_map, self.view_map = {0: [0]}, {}

    def __str__(self) -> str:
        return f"{type(self).__name__}{{inplace={self.inplace}}}" if self.inplace else type(self).__name__


class Append(_MakesList):
    """A list with one more element at its end; see `append`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.
    toAppend : variable or value
        Of the type of elements.

    Returns
    -------
    typed list
        Of the type of `x`.

    Raises
    ------
    TypeError
        `x` is no list, or `toAppend` no element of it.

    Examples
    --------
    >>> append(make_list([T.constant(1.5)]), 2.5).eval()
    [array(1.5, dtype=float32), array(2.5, dtype=float32)]
    """

    def make_node(self, x: Any, toAppend: Any) -> Apply:
        x = _as_list(x)
        return Apply(self, [x, _as_element(x, toAppend, "append")], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = [*inputs[0], detached_copy(inputs[1])]


class Extend(_MakesList):
    """A list with the elements of another one at its end; see `extend`.

    Parameters
    ----------
    x, toAppend : typed lists
        Of one type.

    Returns
    -------
    typed list
        Of this type.

    Raises
    ------
    TypeError
        One is no list, or types differ.

    Examples
    --------
    >>> extend(make_list([T.constant(1.5)]), make_list([T.constant(2.5)])).eval()
    [array(1.5, dtype=float32), array(2.5, dtype=float32)]
    """

    view_map = {0: [0, 1]}

    def make_node(self, x: Any, toAppend: Any) -> Apply:
        x, more = _as_list(x), _as_list(toAppend)
        if x.type != more.type:
            raise TypeError(f"extend: a {more.type} can't be joined to a {x.type}")
        return Apply(self, [x, more], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = [*inputs[0], *inputs[1]]


class Insert(_MakesList):
    """A list with one more element before that at a position; see `insert`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.
    index : 0-d integer
        Before which element; as for Python's ``list.insert``.
    toInsert : variable or value
        Of the type of elements.

    Returns
    -------
    typed list
        Of the type of `x`.

    Raises
    ------
    TypeError
        `x` is no list, `index` no integer, or `toInsert` no element.

    Examples
    --------
    >>> insert(make_list([T.constant(1.5)]), 0, 2.5).eval()
    [array(2.5, dtype=float32), array(1.5, dtype=float32)]
    """

    def make_node(self, x: Any, index: Any, toInsert: Any) -> Apply:
        x = _as_list(x)
        return Apply(self, [x, as_index(index), _as_element(x, toInsert, "insert")], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, index, value = inputs
        out[0][0] = list(x)
        out[0][0].insert(int(index), detached_copy(value))


class _Finds(Op):
    """What compares the elements of a list with a value."""

    __props__ = ()

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any, elem: Any) -> Apply:
        x = _as_list(x)
        return Apply(self, [x, _as_element(x, elem, type(self).__name__.lower())], [TensorType("int64", ())()])


def _position(node: Apply, x: list[Any], value: Any) -> int:
    """Where the first element is that equals `value`; ValueError if there is none, as of Python's lists."""
    equal = node.inputs[0].type.ttype.values_eq
    for k, element in enumerate(x):
        if equal(element, value):
            return k
    raise ValueError(f"{value!r} is not in the list")


class Remove(_MakesList):
    """A list without the first element that equals a value; see `remove`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.
    toRemove : variable or value
        Of the type of elements.

    Returns
    -------
    typed list
        Of the type of `x`.

    Raises
    ------
    TypeError
        `x` is no list, or `toRemove` no element.
    ValueError
        When it runs: no element equals it.

    Examples
    --------
    >>> remove(make_list([T.constant(1.5), T.constant(2.5)]), 1.5).eval()
    [array(2.5, dtype=float32)]
    """

    def make_node(self, x: Any, toRemove: Any) -> Apply:
        x = _as_list(x)
        return Apply(self, [x, _as_element(x, toRemove, "remove")], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, value = inputs
        k = _position(node, x, value)
        out[0][0] = [*x[:k], *x[k + 1 :]]


class Reverse(_MakesList):
    """A list in reversed order; see `reverse`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.

    Returns
    -------
    typed list
        Of the type of `x`.

    Raises
    ------
    TypeError
        `x` is no list.

    Examples
    --------
    >>> reverse(make_list([T.constant(1.5), T.constant(2.5)])).eval()
    [array(2.5, dtype=float32), array(1.5, dtype=float32)]
    """

    def make_node(self, x: Any) -> Apply:
        x = _as_list(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = inp[0][::-1]


class Index(_Finds):
    """The position of the first element that equals a value; see `index_`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.
    elem : variable or value
        Of the type of elements.

    Returns
    -------
    0-d tensor
        int64.

    Raises
    ------
    TypeError
        `x` is no list, or `elem` no element.
    ValueError
        When it runs: no element equals it.

    Examples
    --------
    >>> index_(make_list([T.constant(1.5), T.constant(2.5)]), 2.5).eval()
    array(1)
    """

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = TensorType("int64", ()).filter(_position(node, *inputs))


class Count(_Finds):
    """How many elements equal a value; see `count`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.
    elem : variable or value
        Of the type of elements.

    Returns
    -------
    0-d tensor
        int64.

    Raises
    ------
    TypeError
        `x` is no list, or `elem` no element.

    Examples
    --------
    >>> count(make_list([T.constant(1.5), T.constant(1.5)]), 1.5).eval()
    array(2)
    """

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, value = inputs
        equal = node.inputs[0].type.ttype.values_eq
        out[0][0] = TensorType("int64", ()).filter(sum(bool(equal(element, value)) for element in x))


class Length(Op):
    """The number of elements of a list; see `length`.

    Parameters
    ----------
    x : typed list
        Of elements of any type.

    Returns
    -------
    0-d tensor
        int64.

    Raises
    ------
    TypeError
        `x` is no list.

    Examples
    --------
    >>> length(make_list([T.constant(1.5), T.constant(2.5)])).eval()
    array(2)
    """

    __props__ = ()

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [_as_list(x)], [TensorType("int64", ())()])

    def perform(self, node: Apply, x: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = TensorType("int64", ()).filter(len(x[0]))


class MakeList(Op):
    """A list of variables of one type; see `make_list`.

    Parameters
    ----------
    a : list or tuple
        Variables of one type (or numbers and arrays), at least one.

    Returns
    -------
    typed list
        Of this type.

    Raises
    ------
    TypeError
        `a` is no list or is empty, or types differ.

    Examples
    --------
    >>> make_list([T.constant(1.5), T.constant(2.5)]).eval()
    [array(1.5, dtype=float32), array(2.5, dtype=float32)]
    """

    __props__ = ()

    def make_node(self, a: Any) -> Apply:
        if not isinstance(a, list | tuple) or not a:
            raise TypeError(f"make_list takes a Python list or tuple of at least one variable, not {a!r}")
        elements = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in a]
        others = [v for v in elements if v.type != elements[0].type]
        if others:
            raise TypeError(
                f"MakeList need all input variable to be of the same type: {elements[0].type} and {others[0].type}"
            )
        return Apply(self, elements, [TypedListType(elements[0].type)()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = [detached_copy(v) for v in inputs]


getitem = GetItem()
"""An element of a list by its position, or a list of those in a slice.

Parameters
----------
x : typed list
index : 0-d integer, or slice of such
    Which elements; counted from the end if negative.
"""
append = Append()
"""The list `x` with the element `toAppend` at its end."""
extend = Extend()
"""The list `x` with the elements of the list `toAppend` at its end."""
insert = Insert()
"""The list `x` with the element `toInsert` before that at `index`, as Python's ``list.insert``."""
remove = Remove()
"""The list `x` without the first element that equals `toRemove`; ValueError when it runs if there is none."""
reverse = Reverse()
"""The list `x` in reversed order."""
index_ = Index()
"""The position in `x` of the first element that equals `elem`; ValueError when it runs if there is none."""
count = Count()
"""How many elements of `x` equal `elem`."""
length = Length()
"""The number of elements of `x`, as a 0-d int64."""
make_list = MakeList()
"""The list of some variables of one type."""
