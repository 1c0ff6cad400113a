"""`ProfileMode`: functions of a mode that measures, as programs for Theano before 1.0 ask for it."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from theano.compile.maker import FunctionMaker
from theano.compile.mode import Mode, special_modes
from theano.compile.times.profiling import ProfileStats


class ProfileMode(Mode):
    """Profile each function that is compiled with the mode, as ``theano.function(..., profile=True)`` does.

    Parameters
    ----------
    linker, optimizer
        As for `Mode`.

    Attributes
    ----------
    profiles
        The profile of each function of the mode, in the order in which they were compiled.

    Examples
    --------
    >>> mode = theano.ProfileMode(optimizer="fast_run", linker=theano.gof.OpWiseCLinker())
    >>> x = T.dscalar("x")
    >>> theano.function([x], x + 1, mode=mode)(1)
    array(2.)
    >>> [profile.fct_callcount for profile in mode.profiles]
    [1]
    """

    def __init__(self, linker: Any = None, optimizer: Any = "default") -> None:
        super().__init__(linker, optimizer)
        self.profiles: list[ProfileStats] = []

    def function_maker(self, *args: Any, **options: Any) -> FunctionMaker:
        """What makes functions of the mode."""
        options["profile"] = options.get("profile") or True
        maker = FunctionMaker(*args, **options)
        assert maker.profile is not None
        self.profiles.append(maker.profile)
        return maker

    def print_summary(self, n_apply_to_print: int = 15, n_ops_to_print: int = 20, file: TextIO | None = None) -> None:
        """Print the profiles of the mode's functions.

        Parameters
        ----------
        n_apply_to_print, n_ops_to_print
            How many nodes and operations are named at most.
        file
            ``sys.stdout`` by default.
        """
        for profile in self.profiles:
            profile.summary(file or sys.stdout, n_ops_to_print, n_apply_to_print)


special_modes["ProfileMode"] = ProfileMode

__all__ = ["ProfileMode"]
