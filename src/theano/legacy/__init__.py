"""The shelf of old names: what only programs written for Theano 1.0 and before ask for.

The compiler never imports it.
"""

from __future__ import annotations

import theano.legacy.c_code.callback  # C code of ops is called from then on
from theano.legacy.names import aliases


def install() -> None:
    """Let programs find modules and attributes by their old names; `theano` calls this once."""
    aliases.install()
