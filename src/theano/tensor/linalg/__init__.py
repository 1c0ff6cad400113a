"""Linear algebra: products, factors, systems, eigenvalues. Users find it in `T.nlinalg` and `T.slinalg`."""

from __future__ import annotations

from typing import NoReturn

from theano.base.other_words import no_attribute


def __getattr__(name: str) -> NoReturn:
    raise no_attribute(__name__, name)
