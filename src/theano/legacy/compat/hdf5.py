"""HDF5 files as h5py's versions before 3 read and wrote them; for `theano.compat.clients`.

Their attributes that are texts in ASCII, as bytes are stored, were bytes. Libraries of that time decode them, as Keras
does with ``f.attrs["keras_version"].decode("utf8")``. A list of bytes was stored as an array of them.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

__all__ = ["File"]


class _Attributes(h5py.AttributeManager):
    """The attributes of a group or data set."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        kind = h5py.check_string_dtype(self.get_id(name).dtype)
        if kind is None or kind.encoding != "ascii" or kind.length is not None:
            return value
        if isinstance(value, str):
            return value.encode()
        return np.array([text.encode() for text in value.ravel()], object).reshape(value.shape)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, np.asarray(value) if isinstance(value, (list, tuple)) else value)


class _Aged:
    """What groups and files have in common: their parts are such groups, their attributes as they were."""

    @property
    def attrs(self) -> _Attributes:
        return _Attributes(self)

    def __getitem__(self, name: Any) -> Any:
        return _aged(super().__getitem__(name))  # type: ignore[misc]

    def create_group(self, *args: Any, **kwargs: Any) -> Any:
        return _aged(super().create_group(*args, **kwargs))  # type: ignore[misc]

    def require_group(self, *args: Any, **kwargs: Any) -> Any:
        return _aged(super().require_group(*args, **kwargs))  # type: ignore[misc]


class Group(_Aged, h5py.Group):
    """A group in such a file."""


class File(_Aged, h5py.File):
    """A file whose texts in ASCII are bytes; opened for reading and writing if nothing else is said, as it was."""

    def __init__(self, name: Any, mode: str | None = "a", *args: Any, **kwargs: Any) -> None:
        super().__init__(name, mode, *args, **kwargs)

    @property
    def fid(self) -> Any:
        """The file for h5py's low-level functions, which is called `id` now."""
        return h5py.h5i.get_file_id(self.id)


def _aged(thing: Any) -> Any:
    return Group(thing.id) if type(thing) is h5py.Group else thing
