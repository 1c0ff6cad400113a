"""Who takes part: how each is found, and the environment its processes run in."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True)
class Contender:
    """A library, or one way of running it.

    Attributes
    ----------
    label, module, distribution
        For the table; for import; for the version.
    caches
        Environment variables that place its caches; ``{dir}`` stands for the folder.
    optional
        Takes part only when named.
    python
        The interpreter of its processes.
    """

    label: str
    module: str
    distribution: str
    caches: dict[str, str] = field(default_factory=dict)
    optional: bool = False
    python: str = sys.executable

    @property
    def missing(self) -> str:
        """Why it cannot take part, or an empty text (it is not imported to find out)."""
        return "" if importlib.util.find_spec(self.module) else "not installed"

    @property
    def version(self) -> str:
        """Version of the distribution."""
        return importlib.metadata.version(self.distribution)


@dataclass(frozen=True, slots=True)
class Original(Contender):
    """Theano 1.0.5, in an interpreter of its own, with a C++ compiler and OpenBLAS, which make it as fast as it can be.

    The interpreter runs these benchmarks, too: that wants Python 3.10, which Theano 1.0.5 still works with.
    """

    @property
    def missing(self) -> str:
        """Why it cannot take part, or an empty text."""
        try:
            self._say(f"import sys; sys.version_info >= (3, 10) or sys.exit('{self.python} is not Python 3.10')")
            self._say(f"import importlib.metadata as m; m.version('{self.distribution}')")
            return "" if "/" in _openblas() else "OpenBLAS is not there to be linked with"
        except OSError as error:
            return f"no {error.filename}"
        except subprocess.CalledProcessError as error:
            return str(error.stderr).strip().splitlines()[-1]

    @property
    def version(self) -> str:
        """What it runs with: its own version is in the label."""
        return self._say(
            "import ctypes, platform, numpy\n"
            f"configuration = ctypes.CDLL('{_openblas()}').openblas_get_config\n"
            "configuration.restype = ctypes.c_char_p\n"
            "blas = ' '.join(configuration().decode().split()[:2])\n"
            "print(f'with Python {platform.python_version()}, NumPy {numpy.__version__} and {blas}')"
        )

    def _say(self, program: str) -> str:
        return _output(self.python, "-c", program)


def _openblas() -> str:
    """Where the compiler finds it; its bare name if it doesn't."""
    return _output("g++", "-print-file-name=libopenblas.so")


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


ROOT = Path(__file__).resolve().parents[1]
_ORIGINAL = {"THEANO_FLAGS": "base_compiledir={dir},blas.ldflags=-lopenblas"}
_PYTENSOR = {"PYTENSOR_FLAGS": "base_compiledir={dir}", "NUMBA_CACHE_DIR": "{dir}"}

OURS, ORIGINAL = "theano", "theano-1.0.5"
CONTENDERS: dict[str, Contender] = {
    "theano": Contender("ours", "theano", "theano-jit", {"THEANO_FLAGS": "cache.dir={dir}"}),
    "numpy": Contender("NumPy", "numpy", "numpy"),
    "numexpr": Contender("numexpr", "numexpr", "numexpr"),
    "jax": Contender("JAX", "jax", "jax"),
    "torch": Contender("torch", "torch", "torch"),
    "torch_compile": Contender(
        "torch compile", "torch", "torch", {"TORCHINDUCTOR_CACHE_DIR": "{dir}"}, optional=True
    ),
    ORIGINAL: Original(
        "Theano 1.0.5", "theano", "Theano", _ORIGINAL, optional=True, python=str(ROOT / ".venv-original/bin/python")
    ),
    "pytensor_c": Contender("PyTensor C", "pytensor", "pytensor", _PYTENSOR),
    "pytensor_numba": Contender("PyTensor Numba", "pytensor", "pytensor", _PYTENSOR),
}
ALWAYS = (OURS, "numpy")
PEERS = tuple(name for name in CONTENDERS if name not in ALWAYS)


def wide_features() -> list[str]:
    """NumPy's names of this processor's instructions beyond AVX2 that NumPy has code for.

    A name that NumPy has no code for, or that the processor lacks, would give a warning in each process.
    """
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return [name for name in found if name.startswith("AVX512") or name == "X86_V4"]


def numpy_without(features: list[str]) -> dict[str, str]:
    """The variable that keeps NumPy from using them."""
    return {"NPY_DISABLE_CPU_FEATURES": ",".join(features)} if features else {}


# What holds everybody to the instructions that most processors have.
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "DNNL_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}


def environment(contender: str, cache: Path, threads: int, avx2: bool = False) -> dict[str, str]:
    """Environment of a child process: threads, caches, and none of the user's settings.

    ``OPENBLAS_CORETYPE`` chooses old kernels on some machines, for older BLAS builds: it is dropped. With `avx2` nobody
    uses wider vectors.
    """
    dropped = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    pools = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "VECLIB_MAXIMUM")
    count = {f"{pool}_NUM_THREADS": str(threads) for pool in pools}
    caches = {key: text.format(dir=cache) for key, text in CONTENDERS[contender].caches.items()}
    eigen = "true" if threads > 1 else "false"
    xla = f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}"
    if avx2:
        xla += " --xla_cpu_max_isa=AVX2"
    if avx2 and contender == OURS:
        caches["THEANO_FLAGS"] += ",isa=avx2"
    if contender == ORIGINAL:
        caches["THEANO_FLAGS"] += f",openmp={threads > 1}" + ",gcc.cxxflags=-march=haswell" * avx2
    more = {
        **(AVX2 | numpy_without(wide_features()) if avx2 else {}),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": xla,
        "THEANORC": os.devnull,
        "PYTENSORRC": os.devnull,
        "PYTHONHASHSEED": "0",
    }
    # ours is that of this tree, whatever is installed
    source = {"PYTHONPATH": str(ROOT / "src")} if contender == OURS else {}
    return {**kept, **count, **more, **caches, **source}
