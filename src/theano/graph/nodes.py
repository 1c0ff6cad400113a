"""What graphs are made of: variables, constants, and the application of an op to variables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from theano.base.digest import blake2b
from theano.base.flag_table import config
from theano.base.notebook_form import notebook_form, notebook_picture
from theano.graph import serialise
from theano.graph.origin import Origin, RawOrigin, capture_origin, resolve_origin
from theano.graph.shown import shown, told

if TYPE_CHECKING:
    from theano.graph.op import Op
    from theano.graph.type import Type

#: What `Apply.run_params` returns where an op has no parameters.
NoParams = object()


# Constants above this size are compared by a digest of their bytes: keeping copies would double their memory.
_DIGEST_ABOVE = 4096


class Scratchpad:
    """A place for any attributes: ``variable.tag.test_value = ...``."""

    if TYPE_CHECKING:  # a checker knows of none

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...

    def __repr__(self) -> str:
        return f"Scratchpad({self.__dict__})"

    def __update__(self, other: Scratchpad) -> Scratchpad:
        self.__dict__.update(other.__dict__)
        return self

    def clear(self) -> None:
        """Remove all attributes."""
        self.__dict__.clear()

    def info(self) -> None:
        """Print all attributes."""
        print(f"<theano.gof.utils.scratchpad instance at {id(self)}>")
        for name, value in self.__dict__.items():
            print(f"  {name}: {value}")

    def copy_into(self, other: Scratchpad) -> None:
        """Copy all attributes to `other`."""
        other.__dict__.update(self.__dict__)


class Node:
    """A vertex of a graph: a `Variable` or an `Apply`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> from theano.graph.nodes import Node
    >>> x = T.exp(T.dscalar())
    >>> isinstance(x, Node), isinstance(x.owner, Node)
    (True, True)
    """

    name: str | None = None
    _tag: Scratchpad | None = None
    _origin: Origin | RawOrigin = ()

    @property
    def origin(self) -> Origin:
        """Where the user made this node, or this leaf: ``(file, line, function)`` tuples, innermost last."""
        if type(self._origin) is not tuple:
            self._origin = resolve_origin(self._origin)
        return self._origin

    @origin.setter
    def origin(self, value: Origin | RawOrigin) -> None:
        self._origin = value

    @property
    def tag(self) -> Scratchpad:
        """Attributes for the user's own purposes, and ``test_value``; made when first asked for."""
        if self._tag is None:
            self._tag = Scratchpad()
            if self._origin:
                self._tag.trace = [list(self.origin)]
        return self._tag

    @tag.setter
    def tag(self, value: Scratchpad) -> None:
        self._tag = value

    def get_parents(self) -> list[Any]:
        """The nodes from which this one is computed."""
        raise NotImplementedError


class Variable(Node):
    """A value of a graph: a leaf, or an output of the node `owner`.

    Compares and hashes by identity.

    Parameters
    ----------
    type
        The `Type` of the values it stands for.
    owner, index
        The `Apply` it is an output of, and which one; None for a leaf.
    name
        For printing and for keyword arguments of compiled functions.

    Examples
    --------
    >>> from theano.graph import Variable, generic
    >>> v = Variable(generic, name="v")
    >>> str(v), v.owner
    ('v', None)
    """

    # Set by `theano.compile`: x.eval({y: value}).
    eval: ClassVar[Callable[..., Any]]
    #: Called with each variable that is made (see `append_construction_observer`).
    construction_observers: ClassVar[list[Callable[[Any], Any]]] = []

    # What a variable has before it is made part of a graph (older programs look these up on the class).
    type: Any = None
    owner: Apply | None = None
    index: int | None = None
    _auto_name: str | None = None
    #: The numbers of automatic names that are still to be given.
    __count__: ClassVar[itertools.count[int]] = itertools.count()

    def __init__(
        self, type: Type, owner: Apply | None = None, index: int | None = None, name: str | None = None
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(
                f"name must be a string or None, not {name!r}: a variable has a name and no value (a value is made by "
                "theano.tensor.constant or theano.shared)"
            )
        if owner is not None and not isinstance(owner, Apply):
            raise TypeError(f"owner must be an Apply or None, not {owner!r}")
        self.type = type
        self.owner = owner
        self.index = index
        self.name = name
        if Variable.construction_observers:
            Variable.notify_construction_observers(self)

    @property
    def auto_name(self) -> str:
        """A name that no other variable has: ``auto_`` and a number, in the order in which they are asked for."""
        if self._auto_name is None:
            self._auto_name = f"auto_{next(Variable.__count__)}"
        return self._auto_name

    @auto_name.setter
    def auto_name(self, value: str) -> None:
        self._auto_name = value

    @classmethod
    def append_construction_observer(cls, observer: Callable[[Any], Any]) -> None:
        """Call ``observer(variable)`` for each variable made from now on."""
        Variable.construction_observers.append(observer)

    @classmethod
    def remove_construction_observer(cls, observer: Callable[[Any], Any]) -> None:
        """Call it no more.

        Raises
        ------
        ValueError
            It is not called.
        """
        places = [k for k, other in enumerate(Variable.construction_observers) if other is observer]
        if not places:
            raise ValueError(f"{observer!r} is no observer of variables")
        del Variable.construction_observers[places[-1]]

    @classmethod
    def notify_construction_observers(cls, instance: Any) -> None:
        """Tell all observers of a new variable."""
        for observer in Variable.construction_observers:
            observer(instance)

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is not None:
            op = self.owner.op
            return f"{told(op)}.out" if self.index == op.default_output else f"{told(op)}.{self.index}"
        return f"<{self.type}>"

    def __repr_test_value__(self) -> str:
        """The text of the test value; AttributeError where there is none."""
        return repr(self.tag.test_value)

    def __repr__(self) -> str:
        if config.print_test_value and hasattr(self._tag, "test_value"):
            return f"{self}\n{self.__repr_test_value__()}"
        return str(self)

    _repr_html_ = notebook_form
    _repr_svg_ = notebook_picture

    def clone(self) -> Any:
        """A new leaf with this type, name and tag.

        Examples
        --------
        >>> from theano.graph import generic
        >>> v = generic("v")
        >>> v.clone().name, v.clone() is v
        ('v', False)
        """
        copied = self.__class__(self.type, None, None, self.name)
        if self._tag is not None:
            self._tag.copy_into(copied.tag)
        copied._origin = self._origin
        return copied

    def get_parents(self) -> list[Any]:
        if self.owner is None:
            return []
        return [self.owner]

    def __copy__(self) -> Any:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return serialise.deepcopy_variable(self, memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return serialise.reduce_variable(self)

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        serialise.fill_variable(self, state)


class Constant(Variable):
    """A variable whose value, `data`, is known.

    Parameters
    ----------
    type : Type
        Of the variable.
    data
        A value that the type takes.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> from theano.graph import Constant, generic
    >>> Constant(generic, 0.0).equals(Constant(generic, -0.0))
    False
    """

    # Set by `theano.tensor.methods`: the constant (or other variable) that an array or number stands for.
    of_value: ClassVar[Callable[[Any], Any]]

    def __init__(self, type: Type, data: Any, name: str | None = None) -> None:
        super().__init__(type, None, None, name)
        self.data = type.filter(data)

    @property
    def value(self) -> Any:
        """The data (read only)."""
        return self.data

    def signature(self) -> tuple[Any, ...]:
        """What identifies the constant: type, dtype, shape and bytes.

        So ``0.0``, ``-0.0``, ``False``, ``0`` and NaNs of other payload never merge.
        """
        return (self.type, *data_signature(self.data))

    def merge_signature(self) -> tuple[Any, ...]:
        """Theano's name for `signature`."""
        return self.signature()

    def equals(self, other: object) -> bool:
        """Whether `other` is a constant with the same signature."""
        return isinstance(other, Constant) and self.signature() == other.signature()

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        text = shown(self.data, str)
        if len(text) > 20:
            text = f"{text[:10]}...{text[-10:]}"
        return f"{type(self).__name__}{{{text}}}"

    def clone(self) -> Any:
        copied = self.__class__(self.type, self.data, self.name)
        if self._tag is not None:
            self._tag.copy_into(copied.tag)
        return copied


class _Identity:
    """Equal only to a wrapper of the very same object, which it keeps alive."""

    __slots__ = ("thing",)

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)


def data_signature(data: Any) -> tuple[Any, ...]:
    """A hashable that is equal for two values exactly when no program can tell them apart."""
    if isinstance(data, np.ndarray | np.generic) and not data.dtype.hasobject:
        raw = data.tobytes()
        if len(raw) > _DIGEST_ABOVE:
            raw = blake2b(raw).digest()
        return (type(data), data.dtype.str, data.shape, raw)
    kind = type(data)
    if kind in (int, bool, str, bytes, type(None)):
        return (kind, data)
    if kind in (float, complex):
        return (kind, np.array(data).tobytes())
    if kind in (tuple, slice):
        items = data if kind is tuple else (data.start, data.stop, data.step)
        return (kind, *map(data_signature, items))
    return (kind, _Identity(data))


class Apply(Node):
    """A node: `op` applied to the variables `inputs`, giving `outputs`.

    Parameters
    ----------
    op : Op
        What is applied.
    inputs, outputs : sequence of Variable
        To what, and what comes of it; the outputs have no owner yet, which the node becomes.

    Attributes
    ----------
    origin
        Where the user made it: ``(file, line, function)`` tuples, innermost last.

    Examples
    --------
    >>> import theano.tensor as T
    >>> node = (T.dscalar("x") + T.dscalar("y")).owner
    >>> node.nin, node.nout
    (2, 1)
    """

    def __init__(self, op: Op, inputs: Iterable[Variable], outputs: Iterable[Variable]) -> None:
        self.op = op
        self.inputs: list[Any] = list(inputs)
        self.outputs: list[Any] = list(outputs)
        for variable in self.inputs:
            if not isinstance(variable, Variable):
                raise TypeError(f"inputs of {op} must be Variables, not {variable!r} ({type(variable)})")
        for index, variable in enumerate(self.outputs):
            if not isinstance(variable, Variable):
                raise TypeError(f"outputs of {op} must be Variables, not {variable!r} ({type(variable)})")
            if variable.owner is not None and (variable.owner is not self or variable.index != index):
                raise ValueError(f"output {index} of {op} is already an output of {variable.owner}")
            variable.owner = self
            variable.index = index
        self._origin = capture_origin()

    @property
    def params_type(self) -> Any:
        """The type of the parameters of the op; AttributeError where it has none."""
        return self.op.params_type  # type: ignore[attr-defined]

    def run_params(self) -> Any:
        """The parameters of the op for this node; `NoParams` where it has none."""
        op: Any = self.op
        if hasattr(op, "get_params"):
            return op.get_params(self)
        return NoParams if getattr(op, "params_type", None) is None else op.params_type.filter(op)

    def __asapply__(self) -> Apply:
        return self

    @property
    def nin(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    @property
    def nout(self) -> int:
        """Number of outputs."""
        return len(self.outputs)

    @property
    def out(self) -> Any:
        """The default output."""
        return self.default_output()

    def default_output(self) -> Any:
        """The output that calling the op returns: the only one, or that of ``op.default_output``."""
        index = self.op.default_output
        if index is None:
            if len(self.outputs) != 1:
                raise AttributeError(f"{self.op} has {len(self.outputs)} outputs and no default_output")
            index = 0
        if not 0 <= index < len(self.outputs):
            raise AttributeError(f"{self.op}.default_output is {index}, but there are {self.nout} outputs")
        return self.outputs[index]

    def __str__(self) -> str:
        return f"{told(self.op)}({', '.join(map(str, self.inputs))})"

    def __repr__(self) -> str:
        return str(self)

    _repr_html_ = notebook_form
    _repr_svg_ = notebook_picture

    def get_parents(self) -> list[Any]:
        return list(self.inputs)

    def clone(self) -> Apply:
        """A node with the same op and inputs, and new outputs."""
        return self._with(self.inputs)

    def _with(self, inputs: Iterable[Any]) -> Apply:
        """Like this node but for `inputs`, whose types must be equal to those of the old ones."""
        made = Apply.__new__(self.__class__)
        made.op = self.op
        made.inputs = list(inputs)
        made.outputs = outputs = []
        for index, output in enumerate(self.outputs):
            copied = output.clone()
            copied.owner = made
            copied.index = index
            outputs.append(copied)
        made._origin = self._origin
        if self._tag is not None:
            self._tag.copy_into(made.tag)
        return made

    def clone_with_new_inputs(self, inputs: Sequence[Any], strict: bool = True) -> Apply:
        """The same op on other inputs.

        Parameters
        ----------
        inputs
            One for each present input.
        strict
            If true an input whose type differs is converted, or TypeError raised; the outputs keep their
            types. Else the node is made anew by the op when the type of an input differs.
        """
        if len(inputs) != len(self.inputs):
            raise ValueError(f"{self.op} has {len(self.inputs)} inputs, {len(inputs)} were given")
        new_inputs = list(inputs)
        remake = False
        for i, (old, new) in enumerate(zip(self.inputs, new_inputs, strict=True)):
            if old is new or old.type == new.type:
                continue
            if strict:
                new_inputs[i] = old.type.filter_variable(new)
            else:
                remake = True
        if not remake:
            return self._with(new_inputs)
        made = self.op.make_node(*new_inputs)
        made._origin = self._origin
        if self._tag is not None:
            self._tag.copy_into(made.tag)
        for old, new in zip(self.outputs, made.outputs, strict=True):
            new.name = old.name
        return made

    def __copy__(self) -> Apply:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, Any]) -> Apply:
        return serialise.deepcopy_apply(self, memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return serialise.reduce_apply(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        serialise.fill_older_node(self, state)


@contextmanager
def nodes_constructed() -> Iterator[list[Variable]]:
    """A list that gets each variable that is made in the ``with`` block.

    >>> from theano.gof.graph import nodes_constructed
    >>> x = T.dscalar("x")
    >>> with nodes_constructed() as made:
    ...     y = x + 1
    >>> y in made
    True
    """
    made: list[Variable] = []
    observer = made.append
    Variable.append_construction_observer(observer)
    try:
        yield made
    finally:
        Variable.remove_construction_observer(observer)
