"""What the code is compiled for: the host, or a fixed instruction set that the flag `isa` names."""

from __future__ import annotations

import functools
from typing import NamedTuple

from theano.runtime.host import Host, host

__all__ = ["Isa", "select_isa", "triple_of_code"]


class Isa(NamedTuple):
    """An instruction set as the printers see it.

    Parameters
    ----------
    name : 'baseline', 'avx2', 'avx512' (on x86), 'neon' or 'generic' elsewhere.
    vector_bytes : bytes of the widest vector worth printing.
    has_fma, has_f16c, has_masks : fused multiply-add; conversions of float16; masked loads and stores of all
        element sizes (AVX-512 F, BW, DQ, VL).
    cpu, features, triple : as LLVM names them.
    masks_words : masked loads and stores of elements of 4 and 8 bytes (AVX2).
    foresees : the processor brings what a loop reads and writes in order itself, and hints are in its way.
    gathers : elements at computed places are loaded faster by one instruction than one by one.
    """

    name: str
    vector_bytes: int
    has_fma: bool
    has_f16c: bool
    has_masks: bool
    cpu: str
    features: str
    triple: str
    masks_words: bool = False
    foresees: bool = False
    gathers: bool = False


_AVX512 = ("avx512f", "avx512bw", "avx512dq", "avx512vl")
# flag -> LLVM's name of the micro-architecture level, and what the host must have for it
_LEVELS: dict[str, tuple[str, tuple[str, ...]]] = {
    # rounding needs SSE4.1 to be an instruction; NumPy's own wheels demand this level, too
    "baseline": ("x86-64-v2", ("sse4.2", "popcnt")),
    "avx2": ("x86-64-v3", ("avx2", "fma", "f16c", "bmi2")),
    "avx512": ("x86-64-v4", ("avx2", "fma", "f16c", "bmi2", *_AVX512)),
}


def triple_of_code(triple: str) -> str:
    """What LLVM compiles for, given the machine's triple: on Windows objects are ELF, too.

    LLVM's linker knows only a part of COFF's relocations: it takes a constant operand in memory of an instruction that
    has an immediate, too, for one that is out of reach, and ends the process.

    >>> triple_of_code("x86_64-pc-windows-msvc")
    'x86_64-pc-windows-msvc-elf'
    """
    return f"{triple}-elf" if "-windows-" in triple and not triple.endswith("-elf") else triple


@functools.cache
def select_isa(flag: str) -> Isa:
    """The `Isa` for a value of the flag `isa`; ValueError where this machine doesn't have it."""
    machine = host()
    architecture = machine.triple.partition("-")[0]
    if architecture not in ("x86_64", "amd64"):
        return _other(flag, architecture, machine)
    if flag == "auto":
        level = next(name for name in ("avx512", "avx2", "baseline") if machine.has(*_LEVELS[name][1]))
        cpu, features = machine.cpu, machine.features
    else:
        level = flag
        cpu, needed = _LEVELS[flag]
        features = ""
        missing = [name for name in needed if not machine.has(name)]
        if missing:
            raise ValueError(f"config.isa is {flag!r}, but this machine has no {', '.join(missing)}")
    wide = level != "baseline"
    return Isa(
        name=level,
        vector_bytes={"baseline": 16, "avx2": 32, "avx512": 64}[level],
        has_fma=wide,
        has_f16c=wide,
        has_masks=level == "avx512",
        cpu=cpu,
        features=features,
        triple=triple_of_code(machine.triple),
        masks_words=wide,
        foresees=machine.cpu.startswith("znver"),  # whatever the flag says: it is where the code runs
        gathers=level == "avx512" and not machine.cpu.startswith("znver"),
    )


def _other(flag: str, architecture: str, machine: Host) -> Isa:
    """ARM's 64-bit machines all have 16-byte vectors and fused multiply-add; others get scalar code."""
    if flag not in ("auto", "baseline"):
        raise ValueError(f"config.isa is {flag!r}, but this machine is {architecture}")
    is_arm = architecture in ("aarch64", "arm64")
    own = flag == "auto"
    return Isa(
        name="neon" if is_arm else "generic",
        vector_bytes=16 if is_arm else 8,
        has_fma=is_arm,
        has_f16c=is_arm,  # AArch64 converts float16 in its base instruction set
        has_masks=False,
        cpu=machine.cpu if own else "generic",
        features=machine.features if own else "",
        triple=triple_of_code(machine.triple),
    )
