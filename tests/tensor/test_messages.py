"""Messages between processes: graphs, their order, and, where MPI is there, two processes."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.walk import in_turns
from theano.legacy.tensor import messages
from theano.tensor import io

MPIRUN = shutil.which("mpirun") or shutil.which("mpirun", path=str(Path(sys.executable).parent))
needs_mpi = pytest.mark.skipif(
    MPIRUN is None or importlib.util.find_spec("mpi4py") is None, reason="needs mpi4py and mpirun"
)

PROGRAM = """
import numpy as np, theano, theano.tensor as T
from mpi4py import MPI
rank = MPI.COMM_WORLD.rank
other, x = 1 - rank, T.dmatrix("x")
for mode in (theano.Mode(), theano.Mode(optimizer=None), theano.Mode(linker="py")):
    # Both send and both receive, in one function: neither may wait before it has sent.
    got = T.recv((2, 3), "float64", other, 7)
    f = theano.function([x], [got * 2 + x, T.send(T.exp(x)[:, ::-1], other, 7)], mode=mode)
    for k in range(3):
        mine, theirs = (np.arange(6.0).reshape(2, 3) + r + k for r in (rank, other))
        value, done = f(mine)
        assert np.allclose(value, np.exp(theirs)[:, ::-1] * 2 + mine) and done is True, value
    # Several messages, in parts; tags tell them apart.
    parts = [T.isend(x * k, other, k) for k in (2, 1)]
    waits = [io_wait for request, data in parts for io_wait in [T.MPISendWait(request.owner.op.tag)(request, data)]]
    received = [T.recv((2, 3), "float64", other, k) for k in (1, 2)]
    f = theano.function([x], [*received, *waits], mode=mode)
    one, two, *_ = f(np.full((2, 3), rank + 1.0))
    assert (one == other + 1).all() and (two == 2 * (other + 1)).all()
    s = theano.shared(np.zeros(4, "int32"))
    if rank == 0:
        theano.function([], T.send(T.arange(4, dtype="int32"), 1, 3), mode=mode)()
    else:
        theano.function([], updates=[(s, T.recv((4,), "int32", 0, 3))], mode=mode)()
        assert s.get_value().tolist() == [0, 1, 2, 3]
assert T.mpi_enabled is True
if rank == 0:
    print("sound")
"""


@needs_mpi
def test_two_processes(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [MPIRUN, "--oversubscribe", "--allow-run-as-root", "-n", "2", sys.executable, "program.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.stdout.strip() == "sound", done.stderr[-2000:]


def test_graphs_need_no_mpi():
    x = T.recv((10, 1), "float32", 0, 11)
    node = x.owner.inputs[0].owner
    assert x.type == T.fmatrix and x.broadcastable == (False, False)
    op = node.op
    assert (op.source, op.tag, op.shape, op.dtype) == (0, 11, (10, 1), "float32")
    assert str(op) == "MPIRecv{source: 0, tag: 11, shape: (10, 1), dtype: float32}"
    assert T.MPIRecv(0, 11, [10, 1], "float32") == op != T.MPIRecv(1, 11, (10, 1), "float32")
    y = T.dvector()
    sent = T.send(y, dest=1, tag=4)
    assert isinstance(sent.type, theano.gof.Generic)
    assert str(sent.owner.inputs[0].owner.op) == "MPISend{dest: 1, tag: 4}"
    request, data = T.isend(y, 1, 4)
    assert data.type == y.type and request.type == theano.gof.generic
    assert theano.function([], x.shape)().tolist() == [10, 1]
    assert T.grad(x.sum() + y.sum(), y).eval({y: [1.0, 2.0]}).tolist() == [1, 1]
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(T.recv((2,), "float64", 0, 1).sum(), y)
    with pytest.raises(TypeError, match="the request of isend or irecv is needed, not"):
        T.MPISendWait(4)(y, y)


def test_without_mpi_a_run_says_what_is_missing():
    code = """
import sys; sys.modules["mpi4py"] = None
import theano, theano.tensor as T
x = T.dvector()
assert T.mpi_enabled is False and theano.tensor.io.mpi_enabled is False
for result in (T.send(x, 1, 2), T.recv((2,), "float64", 0, 1) + x):
    f = theano.function([x], result)
    try: f([1, 2])
    except ImportError as error: print(str(error)[:65])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    text = "messages between processes need mpi4py and an MPI library: `pip i"
    assert done.stdout.splitlines() == [text, text]


def test_waits_come_last():
    x = T.dvector("x")
    first = T.recv((3,), "float64", 0, 9)
    other = T.recv((3,), "float64", 0, 2)
    outputs = [T.exp(first), T.send(T.tanh(x), 1, 5), other + 1]
    for order in (
        theano.FunctionGraph([x], outputs, clone=True).toposort(),
        theano.function([x], outputs, mode=theano.Mode(optimizer=None, linker="py")).maker.fgraph.toposort(),
    ):
        kinds = [type(node.op).__name__ for node in order]
        waits = [k for k, kind in enumerate(kinds) if kind.endswith("Wait")]
        starts = [k for k, kind in enumerate(kinds) if kind in ("MPISend", "MPIRecv")]
        assert len(waits) == len(starts) == 3 and max(starts) < min(waits)
        assert [order[k].op.tag for k in starts] == [2, 9, 5]  # the send has to wait for tanh
    keys = [tuple(key(node) for key in T.mpi_keys) for node in order]
    assert (-1, 2) in keys and (1, 9) in keys and (0, 0) in keys
    for a, b in zip(order, order[1:]):
        for key, compare in zip(T.mpi_keys, T.mpi_cmps, strict=True):
            assert compare(a, b) == np.sign(key(a) - key(b))


def test_orders_without_turns_stay():
    x = T.dvector()
    y = T.exp(x) + T.tanh(x) * 2
    order = theano.gof.graph.io_toposort([x], [y])
    assert in_turns(order) == order


def test_names_of_the_module():
    assert io.send is T.send and io.recv is T.recv and io.MPISend is T.MPISend
    assert io.Op is theano.Op and io.tensor is T.tensor and io.key_to_cmp(abs)(1, -1) == 0


class _World:
    """Messages that have come, in order; what is sent."""

    def __init__(self):
        self.come, self.sent = iter(range(1, 100)), []

    def Irecv(self, buffer, source, tag):
        buffer[...] = next(self.come)
        return self

    def Isend(self, buffer, dest, tag):
        self.sent.append(buffer.tolist())
        return self

    def Wait(self):
        pass


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode("vm")], ids=str)
def test_equal_messages_are_two(mode, monkeypatch):
    class MPI:
        COMM_WORLD = _World()

    monkeypatch.setattr(messages, "_mpi", lambda: MPI)
    x = T.dvector("x")
    received = [T.recv((2,), "float64", 0, 7) for _ in range(2)]
    f = theano.function([x], [*received, T.send(x, 1, 7), T.send(x, 1, 7)], mode=mode)
    first, second, *done = f([3, 4])
    assert sorted([first.tolist(), second.tolist()]) == [[1, 1], [2, 2]] and done == [True, True]
    assert MPI.COMM_WORLD.sent == [[3, 4], [3, 4]]


def test_messages_are_not_computed_at_compile_time():
    node = T.isend(T.constant([1.0]), 1, 7)[0].owner
    assert node.op.has_effects and not node.op.do_constant_folding(node)
