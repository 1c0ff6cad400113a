"""Random numbers as ops: NumPy's draws from an explicit state, MRG31k3p, and Philox.

Every op takes the state of a generator and returns the next state beside the sample, so graphs stay pure. The
stream classes of `theano.random` keep the states in shared variables.
"""

from __future__ import annotations

from typing import Any

from theano.base.other_words import no_attribute as _no_attribute


def __getattr__(name: str) -> Any:
    raise _no_attribute(__name__, name)
