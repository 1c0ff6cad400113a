"""Shared variables: values that live between calls and that functions read and update.

A shared variable is a leaf of a graph with a `Container`. The container's `storage`, a list of one item, is
the single place where the value lives; compiled functions hold on to that list and read its item 0 at each
call, so the list itself is never replaced.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.base.late import late
from theano.base.record import Slotted
from theano.graph import Type, Variable, capture_origin, generic
from theano.graph.origin import made_here
from theano.graph.shown import shown
from theano.native.support.loading import Using, copy_value, put_value, wait_for
from theano.scalar.dtypes import foreign_numbers
from theano.scalar.op import ScalarOp
from theano.scalar.operators import define_operators


class Container(Slotted):
    """A typed place for one value.

    Parameters
    ----------
    r
        The variable (or its type) whose values are kept.
    storage
        A list of one item, shared with everybody who reads the value.
    readonly
        Setting the value is an error.
    strict, allow_downcast
        How a new value is filtered, see `Type.filter`.
    name
        For messages.

    Examples
    --------
    >>> c = Container(T.dscalar("x"), [None])
    >>> c.value = 3
    >>> c.storage
    [array(3.)]
    """

    __slots__ = ("allow_downcast", "name", "readonly", "storage", "strict", "type")

    def __init__(
        self,
        r: Variable | Type,
        storage: list[Any],
        readonly: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(storage, list) or not len(storage) >= 1:
            raise TypeError("storage must be a list of length at least one")
        self.type: Any = r if isinstance(r, Type) else r.type
        self.name = getattr(r, "name", None) if name is None else name
        self.storage = storage
        self.readonly = readonly
        self.strict = strict
        self.allow_downcast = allow_downcast

    def __setstate__(self, state: Any) -> None:
        # A pickle of Theano 1.0.5 has a dict of its fields; ours has (None, dict of slots).
        fields = state if isinstance(state, dict) else state[1]
        for name in self.__slots__:
            setattr(self, name, fields[name])

    def __get__(self, owner: Any = None, kind: Any = None) -> Any:
        return self.storage[0]

    def __set__(self, owner: Any, value: Any) -> None:
        if self.readonly:
            raise TypeError(f"Cannot set readonly storage: {self.name}")
        put_value(self.storage, None if value is None else self.filter(value))

    def copied(self) -> Any:
        """A copy of the value that shares no memory with it, and that no function updates while it is made."""
        value = copy_value(self.storage)
        return copy.deepcopy(self.storage[0]) if value is self.storage else value

    def filter(self, value: Any) -> Any:
        """`value` as the container's type stores it; the container's name is added to an error."""
        try:
            # Only what is asked for: a type of a user's may have a `filter` of the value alone.
            if self.strict:
                return self.type.filter(value, strict=True)
            if self.allow_downcast is not None:
                return self.type.filter(value, allow_downcast=self.allow_downcast)
            return self.type.filter(value)
        except (TypeError, ValueError) as error:
            error.args = (f'{error}\nContainer name "{self.name}"' if self.name else str(error),)
            raise

    value = property(lambda self: self.__get__(), lambda self, value: self.__set__(None, value))
    data = value

    def __repr__(self) -> str:
        return f"<{self.storage[0]!r}>"


def detached_copy(value: Any) -> Any:
    """A copy of a stored value that shares no memory with it; arrays come out contiguous."""
    if type(value) is np.ndarray:
        return value.copy(order="C")
    return copy.deepcopy(value)


class SharedVariable(Variable):
    """A variable with a value that compiled functions share.

    Made by `theano.shared`. `get_value` and `set_value` read and write the value; `default_update`, when it
    is set, is the expression every function that uses the variable updates it with.

    Parameters
    ----------
    name, type
        As for any variable.
    value
        First value; filtered by `type`. `container` may be given instead, to share one.
    strict, allow_downcast
        How values are filtered.

    Examples
    --------
    >>> w = theano.shared(np.zeros(2), name="w")
    >>> w.set_value([1.0, 2.0])
    >>> w.get_value(), w.type
    (array([1., 2.]), TensorType(float64, vector))
    """

    container: Container
    default_update: Variable | None = None

    def __init__(
        self,
        name: str | None,
        type: Type,
        value: Any,
        strict: bool | None,
        allow_downcast: bool | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(type, None, None, name)
        if container is not None:
            if value is not None or strict is not None:
                raise TypeError("value and strict are ignored if you pass a container here")
            self.container = container
            return
        strict = bool(strict)
        if value is not None:
            if strict:
                value = type.filter(value, strict=True)
            else:
                value = type.filter(value, strict=False, allow_downcast=allow_downcast)
        self.container = Container(
            self, [value], readonly=False, strict=strict, allow_downcast=allow_downcast, name=name
        )

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """The value: a copy, or with `borrow` the stored object itself.

        `return_internal_type` is accepted for older programs; there is one kind of storage.
        """
        container = self.container
        if not borrow:
            return container.copied()
        wait_for(container.storage, update=False)
        return container.storage[0]

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Store a copy of `new_value`, or with `borrow` the object itself where its type allows it."""
        try:
            self.container.value = new_value if borrow else detached_copy(new_value)
        except (TypeError, ValueError) as error:
            error.args = (f"{error}{self._kept_dtype(new_value)}{made_here(self)}",)
            raise

    def _kept_dtype(self, value: Any) -> str:
        """Part of an error of `set_value`: that the first value has decided the dtype, where that is what is wrong."""
        dtype = getattr(self.type, "dtype", None)
        if dtype is None or not isinstance(value, int | float | np.ndarray | np.generic):
            return ""
        given = np.asarray(value).dtype
        if given.kind not in "iuf" or np.result_type(given, dtype) == dtype:
            return ""
        return (
            f"\nA shared variable keeps the dtype of its first value, here {dtype}: make it of one that holds all that "
            "comes, as theano.shared(0.0) holds fractions, or convert the new value."
        )

    def zero(self, borrow: bool = False) -> None:
        """Set all elements to 0; with `borrow` in the stored array itself."""
        storage = self.container.storage
        if borrow:
            with Using(storage, update=True):
                storage[0][...] = 0
        else:
            self.container.value = 0 * self.container.copied()

    def clone(self) -> SharedVariable:
        """Another variable with the same container."""
        twin = self.__class__(self.name, self.type, None, None, container=self.container)
        if self._tag is not None:
            self._tag.copy_into(twin.tag)
        twin.origin = self.origin
        return twin

    @property
    def value(self) -> Any:
        raise AttributeError(_NO_VALUE)

    @value.setter
    def value(self, new_value: Any) -> None:
        raise AttributeError(_NO_VALUE)

    def __getitem__(self, *args: Any) -> Any:
        value = self.container.storage[0]
        raise TypeError(
            f"The generic SharedVariable object is not subscriptable. This shared variable contains {shown(value)} of "
            f"type {type(value).__name__}; only arrays and numbers become tensors: make it of numpy.asarray(value)."
        )


_NO_VALUE = (
    "sharedvar.value does not exist anymore. Use sharedvar.get_value() or sharedvar.set_value() instead."
)


def _refuse(op: ScalarOp) -> Callable[..., Any]:
    def refused(*operands: Any) -> Any:
        found = next(v for v in operands if isinstance(v, SharedVariable))
        kind = type(found.container.storage[0]).__name__
        which = "a shared variable" if found.name is None else f"the shared variable {found.name}"
        raise TypeError(
            f"{op} can't be computed: {which} holds an object of type {kind}, not an array. Pass an array to "
            f"theano.shared, e.g. theano.shared(numpy.asarray(value))"
        )

    return refused


# Of shared variables that hold no tensor; those of tensors have the operators of all tensors.
define_operators(SharedVariable, _refuse)


class _NotAsObject(TypeError):
    """A value that ought to be a tensor, but can't be one here."""


SharedConstructor = Callable[..., SharedVariable]
_constructors: list[SharedConstructor] = []


def shared_constructor(ctor: SharedConstructor, remove: bool = False) -> SharedConstructor:
    """Register `ctor` (usable as a decorator): the latest registered is asked first by `shared`.

    A constructor is called as `ctor(value, name=, strict=, allow_downcast=, **kwargs)` and raises TypeError
    for a value or a keyword that it does not know.

    Parameters
    ----------
    ctor : callable
        See above.
    remove : bool
        Whether it is taken away instead.

    Returns
    -------
    callable
        `ctor`.

    Raises
    ------
    ValueError
        It is to be removed, and is not there.

    Examples
    --------
    >>> from theano.compile import shared_constructor, SharedVariable
    >>> @shared_constructor
    ... def set_constructor(value, name=None, strict=False, allow_downcast=None):
    ...     if not isinstance(value, set):
    ...         raise TypeError("not a set")
    ...     return SharedVariable(name, theano.gof.generic, frozenset(value), strict)
    >>> theano.shared({1}).get_value()
    frozenset({1})
    >>> _ = shared_constructor(set_constructor, remove=True)
    """
    if remove:
        _constructors.remove(ctor)
    else:
        _constructors.append(ctor)
    return ctor


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    **kwargs: Any,
) -> SharedVariable:
    """A shared variable of a type fitting `value`.

    Parameters
    ----------
    value
        First value: an array, a number, or any object.
    name, strict, allow_downcast
        See `SharedVariable`.
    **kwargs
        `borrow` (keep `value` itself instead of a copy) and, for arrays, `broadcastable`.

    Returns
    -------
    SharedVariable
        Of the tensor type with the dtype and the number of dimensions of an array or number; of the sparse type of a
        matrix of SciPy; else of type `generic`.

    Raises
    ------
    TypeError
        `value` is a variable, or a keyword is none that the kinds of shared variables know (there is no
        `dtype`).

    Notes
    -----
    The dtype is that of the value: ``shared(0)`` is int64, ``shared(0.)`` float64 whatever `floatX` is. No
    axis is broadcastable unless asked for, also where its length is 1.

    Examples
    --------
    >>> w = theano.shared(np.zeros((3, 2)), name="w")
    >>> w.set_value(np.ones((3, 2)))
    """
    if isinstance(value, Variable):
        raise TypeError(
            "Shared variable constructor needs numeric values and not symbolic variables. "
            f"Got the variable {value} of type {value.type}; a value of it is needed, e.g. from .eval()."
        )
    for ctor in reversed(_constructors):
        try:
            made = ctor(value, name=name, strict=strict, allow_downcast=allow_downcast, **kwargs)
        except _NotAsObject as refusal:
            raise TypeError(*refusal.args) from None
        except TypeError:
            continue
        except MemoryError as error:
            error.args = (f"{error} You might consider using 'theano.shared(..., borrow=True)'",)
            raise
        made.origin = capture_origin(1)
        return made
    raise TypeError(
        "No suitable SharedVariable constructor could be found. Are you sure all kwargs are supported? "
        f"We do not support the parameter dtype or type (make the value an array of that dtype). value={shown(value)}. "
        f"parameters={shown(kwargs)}"
    )


@shared_constructor
def generic_constructor(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None
) -> SharedVariable:
    """The last resort: any Python object, never looked into; but for numbers that only look like arrays."""
    if isinstance(value, np.ndarray | np.generic):
        foreign = foreign_numbers(value)
        if foreign:
            raise _NotAsObject(f"theano.shared can't hold {foreign}")
    return SharedVariable(name, generic, value, strict, allow_downcast)


@shared_constructor
def sparse_constructor(value: Any, **parameters: Any) -> SharedVariable:
    """A sparse matrix of SciPy: who has none pays nothing for them."""
    if type(value).__module__.partition(".")[0] != "scipy" or not hasattr(value, "tocsr"):
        raise TypeError("not a sparse matrix")
    try:
        made: SharedVariable = late("shared sparse matrix")(value, **parameters)
    except (TypeError, NotImplementedError) as error:
        raise _NotAsObject(str(error)) from error
    return made
