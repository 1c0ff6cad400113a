"""Arrays read from files when a function runs; and, as in Theano, the names of `theano.legacy.tensor.messages`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Constant, Generic, Op, Variable, generic
from theano.legacy.tensor import messages
from theano.legacy.tensor.messages import (
    MPIRecv,
    MPIRecvWait,
    MPISend,
    MPISendWait,
    irecv,
    isend,
    key_to_cmp,
    mpi_cmps,
    mpi_keys,
    mpi_send_wait_cmp,
    mpi_send_wait_key,
    mpi_tag_cmp,
    mpi_tag_key,
    recv,
    send,
)
from theano.scalar.dtypes import as_dtype
from theano.tensor.making.constructors import tensor
from theano.tensor.opsupport import Unconnected
from theano.tensor.type import TensorType

__all__ = [
    "Generic", "LoadFromDisk", "MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait", "Op", "irecv", "isend", "key_to_cmp",
    "load", "mpi_cmps", "mpi_keys", "mpi_send_wait_cmp", "mpi_send_wait_key", "mpi_tag_cmp", "mpi_tag_key", "recv",
    "send", "tensor",
]  # fmt: skip

_MMAP_MODES = (None, "c", "r")


class LoadFromDisk(Unconnected):
    """The array in a ``.npy`` file, whose path is the input (see `load`).

    Parameters
    ----------
    dtype : str
        The dtype that the array must have.
    broadcastable : sequence of bool
        For each axis whether its length must be 1.
    mmap_mode : {None, 'c', 'r'}
        None to read the file; as that of `load`.

    Raises
    ------
    ValueError
        Another `mmap_mode`.

    Examples
    --------
    >>> LoadFromDisk("float64", (False,))("x.npy").type
    TensorType(float64, vector)
    """

    __props__ = ("dtype", "broadcastable", "mmap_mode")

    def __init__(self, dtype: Any, broadcastable: Sequence[bool], mmap_mode: str | None = None) -> None:
        if mmap_mode not in _MMAP_MODES:
            raise ValueError(f"mmap_mode must be one of {_MMAP_MODES}, not {mmap_mode!r}")
        self.dtype = as_dtype(dtype)
        self.broadcastable = tuple(bool(b) for b in broadcastable)
        self.mmap_mode = mmap_mode

    def __str__(self) -> str:
        return f"Load{{dtype: {self.dtype}, broadcastable: {self.broadcastable}, mmap_mode: {self.mmap_mode}}}"

    def make_node(self, path: Any) -> Apply:
        if isinstance(path, str):
            path = Constant(generic, path)
        if not isinstance(path, Variable) or path.type != generic:
            raise TypeError(f"the path must be a string or a Generic variable, not {path!r}")
        return Apply(self, [path], [TensorType(self.dtype, self.broadcastable)()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        mode: Any = self.mmap_mode
        found = np.load(inputs[0], mmap_mode=mode)
        if found.dtype != self.dtype:
            raise TypeError(f"Expected dtype {self.dtype} but the file {inputs[0]} has {found.dtype}")
        if found.ndim != len(self.broadcastable) or any(
            one and n != 1 for one, n in zip(self.broadcastable, found.shape, strict=True)
        ):
            raise ValueError(
                f"Expected an array with broadcastable pattern {self.broadcastable}, "
                f"but that in the file {inputs[0]} has shape {found.shape}"
            )
        out[0][0] = found

    def do_constant_folding(self, node: Apply) -> bool:
        """The file may change between calls."""
        return False


def load(path: Any, dtype: Any, broadcastable: Sequence[bool], mmap_mode: str | None = None) -> Any:
    """The array in a ``.npy`` file, read anew at each call of the function.

    Parameters
    ----------
    path : str or Variable
        The path, or a `Generic` variable for one.
    dtype : str
        The dtype that the array must have.
    broadcastable : sequence of bool
        For each axis whether its length must be 1.
    mmap_mode : {None, 'c', 'r'}
        None to read the file, 'c' to map it into memory (a copy is made of what is written), 'r' read only.

    Returns
    -------
    TensorVariable
        Of `dtype`, with as many axes as `broadcastable` has elements.

    Raises
    ------
    TypeError
        `path` is something else; when it runs: the array has another dtype.
    ValueError
        Another `mmap_mode`; when it runs: the array has another number of axes, or a length is not 1.
    FileNotFoundError
        When it runs: there is no such file.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.npy")
    >>> np.save(path, np.arange(3.0))
    >>> (2 * load(path, "float64", (False,))).eval()
    array([0., 2., 4.])
    """
    return LoadFromDisk(dtype, broadcastable, mmap_mode)(path)


def __getattr__(name: str) -> Any:
    if name == "mpi_enabled":  # the question starts MPI
        return messages.mpi_enabled
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
