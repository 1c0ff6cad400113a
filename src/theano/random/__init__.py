"""Streams of random numbers: graph variables whose values are new at each call of a function.

>>> streams = theano.random.RandomStreams(seed=234)
>>> f = theano.function([], streams.uniform((2, 2)))
>>> bool((f() == f()).any())
False

`RandomStreams` draws with NumPy's legacy generator, `MRG_RandomStreams` and `PhiloxRandomStreams` in compiled code.
"""

from __future__ import annotations

from theano.random.mrg import MRG_RandomStreams
from theano.random.philox import PhiloxRandomStreams
from theano.random.shared_streams import RandomStateSharedVariable, RandomStreams

__all__ = ["MRG_RandomStreams", "PhiloxRandomStreams", "RandomStateSharedVariable", "RandomStreams"]
