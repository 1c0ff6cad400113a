"""The same programs on every instruction set that the flag `isa` names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import theano
import theano.tensor as T
from theano.backend.llvm.main import print_module
from theano.runtime import jit
from theano.runtime.entry import EntrySpec, print_entry
from theano.runtime.target import select_isa

ROOT = Path(__file__).parents[2]
X86 = theano.config.isa == "auto" and jit.isa().name in ("baseline", "avx2", "avx512")
OPS = "numpy and (exp or mod or tanh or maximum)"
FACTORS = "(all_sizes and cholesky and float)"  # rows of these are finished in one vector or in several


@pytest.mark.skipif(not X86, reason="x86 levels")
@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512"])
def test_results(isa: str) -> None:
    """Operations against NumPy and programs against the interpreter, in a process with the flag set."""
    try:
        select_isa(isa)
    except ValueError as missing:
        pytest.skip(str(missing))
    flags = f"{os.environ.get('THEANO_FLAGS', '')},isa={isa}".strip(",")
    native = [f"tests/native/test_{name}.py" for name in ("each_op", "threads", "parts", "linalg")]
    files = ["tests/backend/test_interpreter.py", *native]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *files]
    command += ["-k", f"interpreter or test_parts or ({OPS}) or large_sums or (same_bits and 700) or {FACTORS}"]
    run = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "THEANO_FLAGS": flags}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:]


@pytest.mark.skipif(not X86, reason="x86 levels")
def test_avx512_code_is_made_anywhere() -> None:
    """Without the hardware the code can at least be generated."""
    target = select_isa("baseline")._replace(
        name="avx512", vector_bytes=64, has_fma=True, has_f16c=True, has_masks=True,
        cpu="x86-64-v4", features="",
    )  # fmt: skip
    x, b, h = T.fmatrix("x"), T.bvector("b"), T.vector("h", dtype="float16")
    strided = [b[::3] + 1, b[::2] > 0, T.set_subtensor(h[::2], h[1::2]), x[:, ::2] * 2]
    f = theano.function([x, b, h], [T.nnet.softmax(x), x.sum(0), T.exp(x).T, *strided])
    low = f.executor.lowered
    entry = EntrySpec(low.inputs, low.storages, low.n_slots, low.n_outputs, "list")
    module = print_module(low.program, low.layout, target) + print_entry(entry)
    text = module.text()
    assert "<16 x float>" in text
    # what is left after whole vectors goes through half ones, masked
    assert "call <8 x float> @llvm.masked.load" in text and "call void @llvm.masked.store.v8f32" in text
    # regular steps are loaded one by one there, too; only stores have to leave the others alone
    assert "masked.gather" not in text and "call void @llvm.masked.scatter" in text
    assert jit._objects(module, jit.Options(), target)
