"""What threads wait with, and other instructions that differ from machine to machine."""

from __future__ import annotations

from typing import NamedTuple

from theano.runtime.ir_text import INT32, V
from theano.runtime.support_code import Code

__all__ = ["CONSTANTS", "Machine", "machine_of"]

CONSTANTS = ["@moment = internal constant [2 x i64] [i64 0, i64 50000000]"]
EVERYBODY = (1 << 31) - 1
_WAIT, _WAKE = 128, 129  # of a futex that only this process has


class Machine(NamedTuple):
    """A Linux machine.

    Parameters
    ----------
    futex : the number of that call.
    pause : tells the core that this is a spin loop.
    get_mode, set_mode : the floating-point mode, from and to ``ptr {mode}``.
    declarations : of the intrinsics in these.
    """

    futex: int
    pause: str
    get_mode: str
    set_mode: str
    declarations: tuple[str, ...] = ()

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


_MACHINES = {
    "x86_64": Machine(
        202,
        "call void @llvm.x86.sse2.pause()",
        "call void @llvm.x86.sse.stmxcsr(ptr {mode})",
        "call void @llvm.x86.sse.ldmxcsr(ptr {mode})",
        (
            "declare void @llvm.x86.sse2.pause()",
            "declare void @llvm.x86.sse.stmxcsr(ptr)",
            "declare void @llvm.x86.sse.ldmxcsr(ptr)",
        ),
    ),
    "aarch64": Machine(
        98,
        'call void asm sideeffect "isb", ""()',
        '%fpcr = call i64 asm sideeffect "mrs $0, fpcr", "=r"()\n%low = trunc i64 %fpcr to i32\n'
        "store i32 %low, ptr {mode}",
        "%low = load i32, ptr {mode}\n%fpcr = zext i32 %low to i64\n"
        'call void asm sideeffect "msr fpcr, $0", "r"(i64 %fpcr)',
    ),
}


def machine_of(triple: str) -> Machine | None:
    """What differs on a machine that has futexes, or None."""
    architecture, _, rest = triple.partition("-")
    machine = _MACHINES.get({"arm64": "aarch64", "amd64": "x86_64"}.get(architecture, architecture))
    return machine if "linux" in rest else None
