"""What threads wait with, and other instructions that differ from machine to machine."""

from __future__ import annotations

from collections.abc import Sequence

from theano.native.ir_text import INT, INT32, PTR, VOID, V
from theano.native.support_code import Code, constant
from theano.runtime.module import Global, intrinsic

__all__ = ["GLOBALS", "Machine", "machine_of"]

GLOBALS = [constant("moment", [0, 50_000_000])]
EVERYBODY = (1 << 31) - 1
_WAIT, _WAKE = 128, 129  # of a futex that only this process has


class Machine:
    """A Linux machine: `futex` is the number of that call, `globals` what its instructions need."""

    futex: int
    globals: Sequence[Global] = ()

    def pause(self, f: Code) -> None:
        """Tell the core that this is a spin loop."""
        raise NotImplementedError

    def get_mode(self, f: Code, at: V) -> None:
        """Put the floating-point mode into memory."""
        raise NotImplementedError

    def set_mode(self, f: Code, at: V) -> None:
        """Take it from there."""
        raise NotImplementedError

    def doze(self, f: Code, at: V, seen: V) -> None:
        """Sleep while the word holds what was seen, until somebody rouses."""
        self._call(f, at, _WAIT, seen, f.null())

    def nap(self, f: Code, at: V, seen: V) -> None:
        """The same for a moment at most: a signal may have come before."""
        self._call(f, at, _WAIT, seen, f.address("moment"))

    def rouse(self, f: Code, at: V, most: V | int = EVERYBODY) -> None:
        self._call(f, at, _WAKE, f.typed(most, INT32), f.null())

    def _call(self, f: Code, at: V, operation: int, number: V, time: V) -> None:
        f.api("syscall", self.futex, at, f.constant(operation, INT32), number, time, f.null(), f.constant(0, INT32))


class _X86(Machine):
    futex = 202
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
    futex = 98

    def pause(self, f: Code) -> None:
        f.do('call void asm sideeffect "isb", ""()')

    def get_mode(self, f: Code, at: V) -> None:
        at.store(f.emit(INT, 'call i64 asm sideeffect "mrs $0, fpcr", "=r"()').to("trunc", INT32))

    def set_mode(self, f: Code, at: V) -> None:
        mode = at.load(INT32).to("zext", INT)
        f.do(f'call void asm sideeffect "msr fpcr, $0", "r"(i64 {mode.text})')


_MACHINES: dict[str, Machine] = {"x86_64": _X86(), "aarch64": _Arm()}


def machine_of(triple: str) -> Machine | None:
    """What differs on a machine that has futexes, or None."""
    architecture, _, rest = triple.partition("-")
    machine = _MACHINES.get({"arm64": "aarch64", "amd64": "x86_64"}.get(architecture, architecture))
    return machine if "linux" in rest else None
