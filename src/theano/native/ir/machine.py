"""What threads start and wait with, and other instructions that differ from machine to machine.

A machine is a processor and a system. Where both are known, threads share loops (`Machine.has_team`): they wait for a
change of a word of memory (Linux calls that a futex). Elsewhere who waits looks again after a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import ClassVar

from theano.native.ir.builder import INT, INT32, PTR, VOID, V
from theano.native.support.code import Code, constant
from theano.runtime.module import Global, intrinsic

__all__ = ["Machine", "machine_of"]

EVERYBODY = (1 << 31) - 1
_WORD_BYTES = 4  # of what threads wait on
_MOMENT = 50_000_000  # nanoseconds
# Bytes of the stack of a worker, and of what pthread keeps attributes and sets of signals in, at most.
STACK_BYTES = 2 << 20
_PTHREAD_BYTES = 128

# Starts a worker, given its number: whether that has happened.
Start = Callable[[V], V]


class Machine:
    """A machine whose processor or system is unknown: nobody shares loops, and who waits looks again.

    Attributes
    ----------
    has_team
        Whether threads are started, which wait by `doze`. All methods but `nap` and `rouse` are theirs.
    waiting
        Constants that `nap` needs.
    globals
        What the instructions of the processor need.
    """

    has_team: ClassVar[bool] = False
    waiting: ClassVar[Sequence[Global]] = (constant("moment", [0, _MOMENT // 50]),)
    globals: ClassVar[Sequence[Global]] = ()

    # -- the processor -----------------------------------------------------------------------------------
    def pause(self, f: Code) -> None:
        """Tell the core that this is a spin loop."""
        raise NotImplementedError

    def get_mode(self, f: Code, at: V) -> None:
        """Put the floating-point mode into memory."""
        raise NotImplementedError

    def set_mode(self, f: Code, at: V) -> None:
        """Take it from there."""
        raise NotImplementedError

    # -- the system --------------------------------------------------------------------------------------
    def doze(self, f: Code, at: V, seen: V) -> None:
        """Sleep while the word holds what was seen, until somebody rouses; it may end without a reason."""
        raise NotImplementedError

    def nap(self, f: Code, at: V, seen: V) -> None:
        """Sleep as `doze` does, for a moment at most: where a signal came first, nobody would rouse the thread."""
        f.api("nanosleep", f.address("moment"), f.null())

    def rouse(self, f: Code, at: V, most: V | int = EVERYBODY) -> None:
        """Wake threads that sleep on the word: `most` of them, or more."""

    def starting(self, f: Code) -> AbstractContextManager[Start]:
        """What starts threads that run `worker`; they never end, and serve no signals."""
        raise NotImplementedError


class _X86(Machine):
    globals = (
        intrinsic("llvm.x86.sse2.pause", VOID),
        intrinsic("llvm.x86.sse.stmxcsr", VOID, PTR),
        intrinsic("llvm.x86.sse.ldmxcsr", VOID, PTR),
    )

    def pause(self, f: Code) -> None:
        f.call("llvm.x86.sse2.pause")

    def get_mode(self, f: Code, at: V) -> None:
        f.call("llvm.x86.sse.stmxcsr", at)

    def set_mode(self, f: Code, at: V) -> None:
        f.call("llvm.x86.sse.ldmxcsr", at)


class _Arm(Machine):
    globals = (
        intrinsic("llvm.aarch64.isb", VOID, INT32),
        intrinsic("llvm.aarch64.get.fpcr", INT),
        intrinsic("llvm.aarch64.set.fpcr", VOID, INT),
    )
    whole_system = 15  # SY, the one kind of `isb` that there is

    def pause(self, f: Code) -> None:
        f.call("llvm.aarch64.isb", f.constant(self.whole_system, INT32))

    def get_mode(self, f: Code, at: V) -> None:
        at.store(f.call("llvm.aarch64.get.fpcr", result=INT).to("trunc", INT32))

    def set_mode(self, f: Code, at: V) -> None:
        f.call("llvm.aarch64.set.fpcr", at.load(INT32).to("zext", INT))


class _Pthreads(Machine):
    """A system whose threads are those of POSIX; the two numbers differ from system to system."""

    has_team = True
    detached: ClassVar[int]  # PTHREAD_CREATE_DETACHED
    set_mask: ClassVar[int]  # SIG_SETMASK

    @contextmanager
    def starting(self, f: Code) -> Iterator[Start]:
        """All signals are blocked in them: handlers belong to Python's threads."""
        thread = f.memory(8, 8)
        attributes, everything, before = (f.memory(_PTHREAD_BYTES, 16) for _ in range(3))
        f.call("llvm.memset.p0.i64", everything, f.constant(-1, "i8"), _PTHREAD_BYTES, False)
        set_mask = f.constant(self.set_mask, INT32)
        f.api("pthread_sigmask", set_mask, everything, before)
        f.api("pthread_attr_init", attributes)
        f.api("pthread_attr_setdetachstate", attributes, f.constant(self.detached, INT32))
        f.api("pthread_attr_setstacksize", attributes, STACK_BYTES)
        yield lambda number: f.api("pthread_create", thread, attributes, f.address("worker"), number).equals(0)
        f.api("pthread_sigmask", set_mask, before, f.null())


class _Linux(_Pthreads):
    """Threads wait on futexes; `futex` is the number of that call."""

    waiting = (constant("moment", [0, _MOMENT]),)
    detached, set_mask = 1, 2
    futex: ClassVar[int]
    wait, wake = 128, 129  # operations on a word that only this process has

    def doze(self, f: Code, at: V, seen: V) -> None:
        self._call(f, at, self.wait, seen, f.null())

    def nap(self, f: Code, at: V, seen: V) -> None:
        self._call(f, at, self.wait, seen, f.address("moment"))

    def rouse(self, f: Code, at: V, most: V | int = EVERYBODY) -> None:
        self._call(f, at, self.wake, f.typed(most, INT32), f.null())

    def _call(self, f: Code, at: V, operation: int, number: V, time: V) -> None:
        f.api("syscall", self.futex, at, f.constant(operation, INT32), number, time, f.null(), f.constant(0, INT32))


class _Mac(_Pthreads):
    """macOS 14.4 and later, by what `os/os_sync_wait_on_address.h` and `pthread.h` say there."""

    waiting = ()
    detached, set_mask = 2, 3
    clock = 32  # OS_CLOCK_MACH_ABSOLUTE_TIME
    first_darwin = (23, 4)

    def doze(self, f: Code, at: V, seen: V) -> None:
        f.api("os_sync_wait_on_address", at, seen.to("zext", INT), _WORD_BYTES, f.constant(0, INT32))

    def nap(self, f: Code, at: V, seen: V) -> None:
        f.api(
            "os_sync_wait_on_address_with_timeout", at, seen.to("zext", INT), _WORD_BYTES, f.constant(0, INT32),
            f.constant(self.clock, INT32), _MOMENT,
        )  # fmt: skip

    def rouse(self, f: Code, at: V, most: V | int = EVERYBODY) -> None:
        f.api("os_sync_wake_by_address_all", at, _WORD_BYTES, f.constant(0, INT32))


class _Windows(Machine):
    """Windows 8 and later."""

    has_team = True
    waiting = ()
    for_ever = -1
    size_is_reserved = 0x10000  # STACK_SIZE_PARAM_IS_A_RESERVATION

    def doze(self, f: Code, at: V, seen: V) -> None:
        self._wait(f, at, seen, self.for_ever)

    def nap(self, f: Code, at: V, seen: V) -> None:
        self._wait(f, at, seen, _MOMENT // 1_000_000)

    def _wait(self, f: Code, at: V, seen: V, milliseconds: int) -> None:
        compared = f.memory(_WORD_BYTES, _WORD_BYTES)
        compared.store(seen)
        f.api("WaitOnAddress", at, compared, _WORD_BYTES, f.constant(milliseconds, INT32))

    def rouse(self, f: Code, at: V, most: V | int = EVERYBODY) -> None:
        f.api("WakeByAddressAll", at)

    @contextmanager
    def starting(self, f: Code) -> Iterator[Start]:
        def start(number: V) -> V:
            flags = f.constant(self.size_is_reserved, INT32)
            handle = f.api("CreateThread", f.null(), STACK_BYTES, f.address("worker"), number, flags, f.null())
            f.api("CloseHandle", handle)  # refused if it is null
            return handle.is_some()

        yield start


class _LinuxX86(_Linux, _X86):
    futex = 202


class _LinuxArm(_Linux, _Arm):
    futex = 98


class _MacX86(_Mac, _X86):
    """Not tested: there are no wheels of llvmlite."""


class _MacArm(_Mac, _Arm):
    """Not tested."""


class _WindowsX86(_Windows, _X86):
    """Tested under Wine (`tools/on_windows`)."""


_MACHINES: dict[tuple[str, str], Machine] = {
    ("x86_64", "linux"): _LinuxX86(),
    ("aarch64", "linux"): _LinuxArm(),
    ("x86_64", "darwin"): _MacX86(),
    ("aarch64", "darwin"): _MacArm(),
    ("x86_64", "windows"): _WindowsX86(),
}


def machine_of(triple: str) -> Machine:
    """The machine that LLVM calls so, such as ``x86_64-unknown-linux-gnu`` or ``arm64-apple-darwin24.1.0``."""
    architecture, _, rest = triple.partition("-")
    architecture = {"arm64": "aarch64", "amd64": "x86_64"}.get(architecture, architecture)
    system = next((name for name in ("linux", "darwin", "windows") if name in rest), "")
    machine = _MACHINES.get((architecture, system), Machine())
    if isinstance(machine, _Mac) and _version(rest.partition("darwin")[2]) < _Mac.first_darwin:
        return Machine()
    return machine


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
