"""`NanGuardMode`: find where NaNs and infinities come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.compile.mode import Mode, Observer, predefined_linkers, special_modes
from theano.graph import Apply, Constant

# Absolute values above are "big".
BIG = 1e10


def _logger() -> Any:
    import logging  # it takes 3 ms to load

    return logging.getLogger("theano.compile.nanguardmode")


def __getattr__(name: str) -> Any:
    if name == "logger":
        return _logger()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class NanGuardMode(Mode):
    """Raise AssertionError where a NaN, an infinity or a big value first appears.

    Parameters
    ----------
    nan_is_error, inf_is_error, big_is_error
        What to look for; by default the flags ``NanGuardMode.*``. Big is an absolute value above 1e10.
    optimizer
        As for `Mode`.
    linker
        Nodes are always run one by one by Python.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], T.sqrt(x), mode=theano.compile.nanguardmode.NanGuardMode())
    >>> f(4.0)
    array(2.)
    """

    def __init__(
        self,
        nan_is_error: bool | None = None,
        inf_is_error: bool | None = None,
        big_is_error: bool | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        super().__init__(predefined_linkers["py"], optimizer)
        flags = config.NanGuardMode
        self.nan_is_error = flags.nan_is_error if nan_is_error is None else nan_is_error
        self.inf_is_error = flags.inf_is_error if inf_is_error is None else inf_is_error
        self.big_is_error = flags.big_is_error if big_is_error is None else big_is_error
        if not (self.nan_is_error or self.inf_is_error or self.big_is_error):
            raise AssertionError(
                "NanGuardMode needs at least one of nan_is_error, inf_is_error, big_is_error"
            )

    def observers(self) -> tuple[Observer | None, Observer | None]:
        """What an executor calls before and after each node."""
        return None, self._check

    def _check(self, i: int, node: Apply, inputs: list[Any], cells: list[list[Any]]) -> None:
        for variable, value in zip(node.inputs, inputs, strict=True):
            if variable.owner is None:
                kind = "constant" if isinstance(variable, Constant) else "input"
                self._check_value(value, f"in {kind} {variable} of {node}")
        for k, cell in enumerate(cells):
            self._check_value(cell[0], f"in output {k} of {node}")

    def _check_value(self, value: Any, where: str) -> None:
        found = [name for name, is_wrong in self._tests() if is_wrong(value)]
        if not found:
            return
        message = "\n".join(f"{name} detected {where}" for name in found)
        action = config.NanGuardMode.action
        if action == "raise":
            raise AssertionError(message)
        if action == "pdb":
            print(message)
            breakpoint()
        elif action == "warn":
            _logger().error(message)

    def _tests(self) -> list[tuple[str, Callable[[Any], bool]]]:
        tests = [
            (self.nan_is_error, "NaN", contains_nan),
            (self.inf_is_error, "Inf", contains_inf),
            (self.big_is_error, "Big value", _contains_big),
        ]
        return [(name, test) for wanted, name, test in tests if wanted]


def is_inexact(value: Any) -> bool:
    """Whether a value consists of floats, real or complex."""
    return isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fc"


def contains_nan(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether a value is an array with a NaN."""
    return is_inexact(arr) and bool(np.isnan(arr).any())


def contains_inf(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether a value is an array with an infinity."""
    return is_inexact(arr) and bool(np.isinf(arr).any())


def _contains_big(arr: Any) -> bool:
    return is_inexact(arr) and bool((np.abs(arr) > BIG).any())


special_modes["NanGuardMode"] = NanGuardMode
