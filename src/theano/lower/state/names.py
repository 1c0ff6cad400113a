"""The names of main: which of them are lengths, and in which order they came."""

from __future__ import annotations


class Names:
    """All names that lowering has made so far.

    Those `at_entry` are known when the program starts. Of the others `age` says in which order they came. `lengths` are
    the names of numbers that are never negative and small enough to add to.
    """

    __slots__ = ("_ages", "at_entry", "lengths")

    def __init__(self) -> None:
        self.at_entry: set[str] = set()
        self.lengths: set[str] = set()
        self._ages: dict[str, int] = {}

    def fresh(self, prefix: str) -> str:
        """A new name that begins with `prefix`."""
        number = len(self._ages) + 1
        name = f"{prefix}{number}"
        self._ages[name] = number
        return name

    def age(self, name: str) -> int:
        """The number of a name; 0 for one that is known at entry."""
        return self._ages.get(name, 0)
