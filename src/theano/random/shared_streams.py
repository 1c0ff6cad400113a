"""`RandomStreams`: NumPy's legacy generator behind shared variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from theano.compile.shared_variables.variables import SharedVariable, shared, shared_constructor
from theano.graph.shown import shown
from theano.tensor.random.base import RandomStreamsBase
from theano.tensor.random.state import copy_state, random_state_type

if TYPE_CHECKING:
    from numpy.random import RandomState


class RandomStateSharedVariable(SharedVariable):
    """A shared variable that holds a `numpy.random.RandomState`.

    Examples
    --------
    >>> theano.shared(np.random.RandomState(3)).type
    RandomStateType
    """

    def __str__(self) -> str:
        return self.name if self.name is not None else "<RandomStateType>"


@shared_constructor
def randomstate_constructor(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None,
    borrow: bool = False,
) -> RandomStateSharedVariable:  # fmt: skip
    """A random state; copied unless `borrow`.

    Parameters
    ----------
    value : numpy.random.RandomState
        The state.
    name : str, optional
        What the variable is called.
    strict, allow_downcast : bool
        Without a meaning here.
    borrow : bool
        Whether the variable has `value` itself and no copy.

    Returns
    -------
    RandomStateSharedVariable
        The variable.

    Raises
    ------
    TypeError
        `value` is something else.

    Examples
    --------
    >>> randomstate_constructor(np.random.RandomState(3), "state").name
    'state'
    """
    # The first question keeps `shared` of an array from loading `np.random`.
    if not hasattr(value, "get_state") or not isinstance(value, np.random.RandomState):
        raise TypeError("not a RandomState")
    value = value if borrow else copy_state(value)
    return RandomStateSharedVariable(name, random_state_type, value, strict, allow_downcast)


class RandomStreams(RandomStreamsBase):
    """Random variables whose numbers are those of NumPy's `RandomState`.

    Every variable made by a method has a state of its own, seeded from `seed` and the variable's place in the
    order of creation; functions that use the variable advance the state at each call.

    Parameters
    ----------
    seed
        An integer, or None for different numbers in every process.

    Attributes
    ----------
    state_updates
        Pairs (state, its expression for the next state), one for each variable.

    Examples
    --------
    >>> streams = RandomStreams(1)
    >>> u = streams.uniform((2,))
    >>> f = theano.function([], u)
    >>> a = np.random.RandomState(717354021)    # what seed 1 gives the first stream
    >>> bool((f() == a.uniform(size=2)).all() and (f() == a.uniform(size=2)).all())
    True
    """

    def __init__(self, seed: int | None = None) -> None:
        self.state_updates: list[tuple[RandomStateSharedVariable, Any]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = _generator(seed)

    def gen(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        """The sample that ``op(state, *args, **kwargs) -> (next state, sample)`` draws from a new stream."""
        state: Any = shared(np.random.RandomState(_next_seed(self.gen_seedgen)), borrow=True)
        new_state, sample = op(state, *args, **kwargs)
        sample.rng = state
        sample.update = (state, new_state)
        self.state_updates.append(sample.update)
        state.default_update = new_state
        return sample

    def updates(self) -> list[tuple[RandomStateSharedVariable, Any]]:
        """`state_updates`, as a new list."""
        return list(self.state_updates)

    def seed(self, seed: int | None = None) -> None:
        """Set every state as a new object with this seed would have it; without `seed`, with the original one."""
        generator = _generator(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(np.random.RandomState(_next_seed(generator)), borrow=True)

    def __getitem__(self, item: Any) -> RandomState:
        """The state (itself, not a copy) of the stream whose state variable, or its next, is `item`."""
        found: RandomState = self._state_of(item).get_value(borrow=True)
        return found

    def __setitem__(self, item: Any, value: Any) -> None:
        """Let the stream of `item` go on from the state `value`."""
        self._state_of(item).set_value(random_state_type.filter(value), borrow=True)

    def _state_of(self, item: Any) -> RandomStateSharedVariable:
        for state, new_state in self.state_updates:
            if item is state or item is new_state:
                return state
        raise KeyError(item)


def _generator(seed: Any) -> RandomState:
    try:
        return np.random.RandomState(seed)
    except TypeError:
        raise TypeError(f"RandomStreams: the seed must be an integer, not {shown(seed)}") from None


def _next_seed(generator: RandomState) -> int:
    return int(generator.randint(2**30))
