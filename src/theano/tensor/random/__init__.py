"""Random numbers as ops: NumPy's draws from an explicit state, MRG31k3p, and Philox.

Every op takes the state of a generator and returns the next state beside the sample, so graphs stay pure. The
stream classes of `theano.random` keep the states in shared variables.
"""

from __future__ import annotations
