"""Pickles for long storage: parameters as named ``.npy`` entries of a zip file, and graphs without traces.

`dump` writes a zip file in which each array has an entry of its own, readable with `numpy.load` alone; the
entry ``pkl`` is the pickle of everything else.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

import numpy as np

from theano.compile.shared_variables.variables import SharedVariable
from theano.graph import Scratchpad

__all__ = [
    "CompatUnpickler",
    "PersistentNdarrayID",
    "PersistentNdarrayLoad",
    "PersistentSharedVariableID",
    "StripPickler",
    "dump",
    "load",
]

DEFAULT_PROTOCOL = pickle.DEFAULT_PROTOCOL


class StripPickler(pickle.Pickler):
    """A pickler that leaves out what only debugging needs: where variables were made, test values.

    Parameters
    ----------
    file, protocol
        As for `pickle.Pickler`.
    extra_tag_to_remove
        Name of one more attribute of ``variable.tag`` to leave out, or a list of names.

    Examples
    --------
    >>> from io import BytesIO
    >>> import theano.tensor as T
    >>> file = BytesIO()
    >>> StripPickler(file, protocol=-1).dump(T.dscalar("x") + 1)
    """

    def __init__(self, file: Any, protocol: int = 0, extra_tag_to_remove: str | list[str] | None = None) -> None:
        super().__init__(file, protocol)
        extra = [extra_tag_to_remove] if isinstance(extra_tag_to_remove, str) else extra_tag_to_remove
        self.tag_to_remove = ["trace", "test_value", *(extra or [])]

    def reducer_override(self, obj: Any) -> Any:
        """How tags are pickled; other objects as usual."""
        if type(obj) is not Scratchpad:
            return NotImplemented
        kept = {name: value for name, value in vars(obj).items() if name not in self.tag_to_remove}
        return Scratchpad, (), kept


class CompatUnpickler(pickle.Unpickler):
    """An unpickler of files that Python 2 wrote: its byte strings are read as Latin 1."""

    def __init__(self, file: Any, **options: Any) -> None:
        super().__init__(file, **{"encoding": "latin1", **options})


class PersistentNdarrayID:
    """Writes each array that the pickler meets into the zip file, as ``array_0``, ``array_1``, …"""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        # id -> (name, array): the array is kept, so that no other object gets its id.
        self.seen: dict[int, tuple[str, np.ndarray]] = {}

    def _resolve_name(self, obj: np.ndarray) -> str:
        name = f"array_{self.count}"
        self.count += 1
        return name

    def __call__(self, obj: Any) -> str | None:
        """The name of `obj` in the zip file, if it is an array; else None."""
        if type(obj) is not np.ndarray or obj.dtype.hasobject:
            return None
        if id(obj) not in self.seen:
            name = self._resolve_name(obj)
            with self.zip_file.open(name, "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, obj, allow_pickle=False)
            self.seen[id(obj)] = name, obj
        return self.seen[id(obj)][0]


class PersistentSharedVariableID(PersistentNdarrayID):
    """Names the arrays of shared variables as these are named.

    Parameters
    ----------
    allow_unnamed
        Whether shared variables may have no name; their arrays are then named like other ones.
    allow_duplicates
        Whether several may have one name; the array of the second is then named ``name_2``, and so on.
    """

    def __init__(self, zip_file: zipfile.ZipFile, allow_unnamed: bool = True, allow_duplicates: bool = True) -> None:
        super().__init__(zip_file)
        self.name_counter: dict[str, int] = {}
        self.ndarray_names: dict[int, str] = {}
        self.allow_unnamed = allow_unnamed
        self.allow_duplicates = allow_duplicates

    def _resolve_name(self, obj: np.ndarray) -> str:
        name = self.ndarray_names.get(id(obj))
        return super()._resolve_name(obj) if name is None else name

    def __call__(self, obj: Any) -> str | None:
        """See `PersistentNdarrayID`; also looks at the names of shared variables."""
        if isinstance(obj, SharedVariable):
            array = obj.get_value(borrow=True)
            if not obj.name and not self.allow_unnamed:
                raise ValueError(f"can't dump shared variable {obj!r}: it has no name")
            if obj.name and type(array) is np.ndarray and id(array) not in self.ndarray_names:
                self.ndarray_names[id(array)] = self._new_name(obj.name)
        return super().__call__(obj)

    def _new_name(self, name: str) -> str:
        if name == "pkl":
            raise ValueError("can't dump a shared variable named 'pkl': the pickle itself has this name")
        count = self.name_counter.get(name, 0) + 1
        if count > 1 and not self.allow_duplicates:
            raise ValueError(f"can't dump two shared variables named {name!r}")
        self.name_counter[name] = count
        return name if count == 1 else self._new_name(f"{name}_{count}")


class PersistentNdarrayLoad:
    """Reads the arrays that `PersistentNdarrayID` has written."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.cache: dict[str, np.ndarray] = {}

    def __call__(self, persid: str) -> np.ndarray:
        """The array with this name."""
        if persid not in self.cache:
            # Theano 1.0.5 writes the kind of the array before its name.
            name = persid if persid in self.zip_file.NameToInfo else persid.removeprefix("ndarray.")
            with self.zip_file.open(name) as entry:
                self.cache[persid] = np.lib.format.read_array(entry, allow_pickle=False)
        return self.cache[persid]


class _PersistentPickler(pickle.Pickler):
    def __init__(self, file: Any, protocol: int, name_of: Callable[[Any], Any]) -> None:
        super().__init__(file, protocol)
        self._name_of = name_of

    def persistent_id(self, obj: Any) -> Any:
        return self._name_of(obj)


class _PersistentUnpickler(pickle.Unpickler):
    def __init__(self, file: Any, find: Callable[[Any], Any]) -> None:
        super().__init__(file)
        self._find = find

    def persistent_load(self, pid: Any) -> Any:
        return self._find(pid)


def dump(
    obj: Any,
    file_handler: IO[bytes],
    protocol: int = DEFAULT_PROTOCOL,
    persistent_id: Callable[[zipfile.ZipFile], Callable[[Any], Any]] = PersistentSharedVariableID,
) -> None:
    """Pickle `obj` into a zip file whose entries hold the arrays.

    Parameters
    ----------
    obj
        Anything that can be pickled.
    file_handler
        A file opened for writing bytes.
    protocol
        That of the pickle.
    persistent_id
        Called with the zip file, it makes what decides which objects are written apart, and how.

    Examples
    --------
    >>> from io import BytesIO
    >>> import theano
    >>> file = BytesIO()
    >>> dump((theano.shared(0.5, name="foo"), theano.shared(1.5, name="foo"), np.array(2)), file)
    >>> np.load(BytesIO(file.getvalue())).files
    ['foo', 'foo_2', 'array_0', 'pkl']
    """
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as zip_file:
        text = BytesIO()
        _PersistentPickler(text, protocol, persistent_id(zip_file)).dump(obj)
        zip_file.writestr("pkl", text.getvalue())


def load(
    f: IO[bytes],
    persistent_load: Callable[[zipfile.ZipFile], Callable[[Any], Any]] = PersistentNdarrayLoad,
) -> Any:
    """What `dump`, or that of Theano 1.0.5, has written to the file `f`; as with any pickle, load only what you trust.

    Parameters
    ----------
    f : file
        Opened for reading bytes.
    persistent_load
        Called with the zip file, it makes what reads the objects written apart.

    Returns
    -------
    object
        As it was dumped.

    Examples
    --------
    >>> from io import BytesIO
    >>> import theano
    >>> file = BytesIO()
    >>> dump({"w": theano.shared(np.ones(2), name="w")}, file)
    >>> load(BytesIO(file.getvalue()))["w"].get_value()
    array([1., 1.])
    """
    with zipfile.ZipFile(f, "r") as zip_file:
        return _PersistentUnpickler(BytesIO(zip_file.read("pkl")), persistent_load(zip_file)).load()
