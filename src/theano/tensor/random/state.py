"""The type of NumPy's legacy random states."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from theano.graph import Type
from theano.graph.common_text import fill

if TYPE_CHECKING:  # `np.random` is loaded when it is first used: `import theano` stays quick
    from numpy.random import MT19937, RandomState


class RandomStateType(Type):
    """The type whose values are `numpy.random.RandomState` objects.

    <called type>

    Examples
    --------
    >>> random_state_type.values_eq(np.random.RandomState(3), np.random.RandomState(3))
    True
    """

    __props__ = ()

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> RandomState:
        if not isinstance(data, np.random.RandomState):
            raise TypeError(f"expected a numpy.random.RandomState, got {type(data).__name__}")
        return data

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two states would go on with the same numbers."""
        return _equal(a.get_state(legacy=False), b.get_state(legacy=False))

    @staticmethod
    def get_shape_info(obj: Any) -> None:
        """What `get_size` needs to know of a state: nothing, all are of one size."""
        return None

    @staticmethod
    def get_size(shape_info: Any = None) -> int:
        """How many bytes a state takes: those of its 624 words, its place among them, and one remembered number."""
        return 624 * 4 + 2 * 4 + 8

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Whether drawing from one state changes the other."""
        return a._bit_generator is b._bit_generator

    def __str__(self) -> str:
        return "RandomStateType"


random_state_type = RandomStateType()


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    return bool(np.array_equal(a, b))


class _NoSeed:
    """Words for a generator that is about to get a state; seeding it properly would take ten times as long."""

    words = [0] * 624

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        return self.words


@functools.cache
def _mersenne_twister() -> type[MT19937]:
    """The generator's class, which from now on takes `_NoSeed`."""
    np.random.bit_generator.ISeedSequence.register(_NoSeed)
    return np.random.MT19937


def copy_state(state: RandomState) -> RandomState:
    """A state of its own that goes on with the same numbers (`copy.copy` would share the generator)."""
    generator = _mersenne_twister()
    if type(state) is not np.random.RandomState or type(state._bit_generator) is not generator:
        return copy.deepcopy(state)
    name, key, position, has_gauss, gauss = cast(tuple[str, np.ndarray, int, int, float], state.get_state())
    twin = np.random.RandomState(generator(cast(Any, _NoSeed())))
    # NumPy reads the key element by element, which is quick for a list (3 us) and slow for an array (50 us).
    words = {"key": key.tolist(), "pos": position}
    twin.set_state({"bit_generator": name, "state": words, "has_gauss": has_gauss, "gauss": gauss})
    return twin


fill(globals())
