"""What Python reads as it starts in the processes of a script under ``python -m theano.run``.

Libraries find there, too, the names that are gone: where the first of them is imported, `theano.compat.clients` is.
Until then nothing of Theano is, since most processes need none of it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_NAMES = os.environ.get("THEANO_RUN", "").split("\n")[1:]


class _Waiting:
    """Calls `theano.compat.clients.enable` at the first import of what was enabled where the process was started."""

    def __init__(self) -> None:
        self.waits = True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not self.waits or fullname.partition(".")[0] not in _NAMES:
            return None
        self.waits = False
        try:
            from theano.legacy.compat import clients
        except ImportError:  # another Python, without Theano
            return None
        clients.enable(*(name for name in _NAMES if name not in sys.modules))
        return clients.FINDER.find_spec(fullname, path, target)


def _others() -> None:
    """Run the `sitecustomize` that this one hides."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    own = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")
    except ImportError:
        sys.modules["sitecustomize"] = own


if __name__ == "sitecustomize":
    _others()
    sys.meta_path.insert(0, _Waiting())
