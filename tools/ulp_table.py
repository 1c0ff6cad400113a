"""Measure the error of vector math in units in the last place and write `docs/vmath.md`.

    python tools/ulp_table.py              # every function, writes the table
    python tools/ulp_table.py --write exp  # writes the rows of some functions
    python tools/ulp_table.py exp tanh     # prints some functions only
    python tools/ulp_table.py --time exp   # ns per element in the widest registers of this machine

References: for f32 the same function in f64; for f64 the C library in 80-bit `long double` (x86 only), or
mpmath where that has none.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import llvmlite.binding as llvm
import mpmath as mp
import numpy as np
from scipy import special

from theano import scalar
from theano.backend.llvm.kernel import print_kernel
from theano.loops import expr, stmt, vmath
from theano.runtime.module import Module
from theano.runtime.target import Isa, select_isa

TARGET = Path(__file__).parents[1] / "docs/vmath.md"
Array = np.ndarray
mp.mp.prec = 200
_engines: list[object] = []


# -- running an expression -------------------------------------------------------------------------


def print_loop(root: expr.Expr, names: list[str], isa: Isa, unroll: int = 1) -> str:
    """An LLVM module with `loop(n, out, *in)`: the expression on arrays, printed as kernels are."""
    n, i = expr.name("n", "i64"), expr.name("i", "i64")
    zero, one = expr.const(0, "i64"), expr.const(1, "i64")

    def element(base: str, type_: str) -> tuple[stmt.View, tuple[expr.Expr, ...]]:
        return stmt.View(base, type_, zero, (one,)), (i,)

    body: list[stmt.Stmt] = [stmt.Load(name, *element(f"{name}s", root.type)) for name in names]
    body.append(stmt.Store(*element("out", root.type), root))
    params = [("n", "i64"), *((p, "ptr") for p in ("out", *(f"{name}s" for name in names)))]
    kernel = stmt.Kernel("kernel", params, [stmt.For("i", n, "vector", body, unroll=unroll)])
    functions, declared = print_kernel(kernel, isa)
    typed = ", ".join(f"{'i64' if t == 'i64' else 'ptr'} %{p}" for p, t in params)
    call = f"define void @loop({typed}) {{\n  call void @kernel({typed})\n  ret void\n}}\n"
    return Module(list(declared.values()), functions).text() + call


def compile_loop(root: expr.Expr, names: list[str], isa: Isa, unroll: int = 1) -> Callable[..., Array]:
    """A function of arrays that computes an expression of names of its type."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(print_loop(root, names, isa, unroll))
    module.verify()
    machine = llvm.Target.from_triple(isa.triple).create_target_machine(cpu=isa.cpu, features=isa.features, opt=1)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    _engines.append(engine)
    pointer = ctypes.CFUNCTYPE(None, ctypes.c_ssize_t, *([ctypes.c_void_p] * (len(names) + 1)))
    call = pointer(engine.get_function_address("loop"))

    def run(*args: Array) -> Array:
        arrays = [np.ascontiguousarray(a, expr.DTYPE_OF[root.type]) for a in args]
        out = np.empty_like(arrays[0])
        call(out.size, out.ctypes.data, *(a.ctypes.data for a in arrays))
        return out

    run.call = call  # type: ignore[attr-defined]
    return run


def native(name: str, type_: str, has_fma: bool = True, flag: str = "") -> Callable[..., Array]:
    """The function `name` of vector math, compiled, on arrays; without FMA for the baseline processor."""
    function = getattr(vmath, name)
    names = ["x", "y"][: function.__code__.co_argcount]
    isa = select_isa(flag or ("auto" if has_fma else "baseline"))
    return compile_loop(function(*(expr.name(n, type_) for n in names)), names, isa)


# -- references ------------------------------------------------------------------------------------


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def _erfc(x: mp.mpf) -> mp.mpf:
    return mp.erfc(x) if abs(x) < 200 else mp.mpf(0 if x > 0 else 2)


def by_mpmath(function: Callable[..., mp.mpf], odd: bool = False) -> Callable[..., Array]:
    """The function in `long double`, computed by mpmath: 64-bit results from 200 bits."""

    def reference(*args: Array) -> Array:
        out = np.empty(args[0].shape, np.longdouble)
        columns = [np.asarray(a, "f8").ravel().tolist() for a in args]
        for i, values in enumerate(zip(*columns, strict=True)):
            if any(v != v for v in values):
                out.flat[i] = np.nan
                continue
            exact = function(*map(mp.mpf, values))
            if not exact:
                # mpmath has no signed zero: an odd function hands it on
                out.flat[i] = np.copysign(0.0, values[0]) if odd else 0.0
                continue
            mantissa, exponent = mp.frexp(exact) if mp.isfinite(exact) and exact else (exact, 0)
            # the mantissa in two doubles: no conversion through text
            first = float(mantissa)
            rest = float(mantissa - mp.mpf(first)) if exponent else 0.0
            out.flat[i] = np.ldexp(np.longdouble(first) + np.longdouble(rest), exponent)
        return out

    return reference


def _erfcinv(q: mp.mpf) -> mp.mpf:
    """Newton's method on the logarithm of erfc."""
    if not 0 < q < 2:
        return mp.mpf({0: mp.inf, 2: -mp.inf}.get(q, mp.nan))
    if q > 1:
        return -_erfcinv(2 - q)
    if q == 1:
        return mp.mpf(0)
    y = mp.erfinv(1 - q) if q > 0.5 else mp.sqrt(-mp.log(q))
    for _ in range(100):
        c = mp.erfc(y)
        step = mp.log(c / q) * c * mp.exp(y * y) * mp.sqrt(mp.pi) / 2
        y += step
        if abs(step) < y * mp.mpf(2) ** -80:
            break
    return y


def _erfinv(x: mp.mpf) -> mp.mpf:
    if abs(x) >= 1:
        return mp.sign(x) * mp.inf if abs(x) == 1 else mp.nan
    return mp.erfinv(x) if abs(x) < 0.5 else mp.sign(x) * _erfcinv(1 - abs(x))


def _whole(x: mp.mpf) -> bool:
    return bool(mp.isfinite(x) and x == mp.floor(x))


def _gammaln(x: mp.mpf) -> mp.mpf:
    if mp.isinf(x) or x <= 0 and _whole(x):
        return x if mp.isinf(x) else mp.inf
    return mp.re(mp.loggamma(x)) if x > 0 or x < -1e5 else mp.log(abs(mp.gamma(x)))


def _gamma(x: mp.mpf) -> mp.mpf:
    if x == -mp.inf or x < 0 and _whole(x):
        return mp.nan
    # far from the numbers of f64: 0 and infinity
    return mp.inf if x > 200 else mp.mpf(0) if x < -200 else mp.gamma(x)


def _psi(x: mp.mpf) -> mp.mpf:
    if mp.isinf(x) or x < 0 and _whole(x):
        return mp.inf if x > 0 else mp.nan
    return mp.digamma(x) if x > 0 else mp.digamma(1 - x) - mp.pi * mp.cospi(x) / mp.sinpi(x)


def _tri_gamma(x: mp.mpf) -> mp.mpf:
    if mp.isinf(x):
        return mp.mpf(0) if x > 0 else mp.inf
    if x <= 0 and _whole(x):
        return mp.inf
    return mp.psi(1, x) if x > 0 else (mp.pi / mp.sinpi(x)) ** 2 - mp.psi(1, 1 - x)


def _signed_gamma(x: Array, y: Array) -> Array:
    """`y` with the poles at zeros, and the sign of results that vanish: that of the parity of the unit interval."""
    sign = np.where(np.floor(np.nan_to_num(x)) % 2 == 0, 1.0, -1.0)
    return np.where(x == 0, np.copysign(np.inf, x), np.where(y == 0, np.copysign(y, sign), y))


REFERENCES: dict[str, Callable[..., Array]] = {
    "sigmoid": _sigmoid,
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    **{n: getattr(np, n) for n in "exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh".split()},
    **{n: getattr(np, "arc" + n[1:]) for n in "asin acos atan atan2 asinh acosh atanh".split()},
    "pow": np.power,
}

# where the C library has no long double form: f64 by mpmath, f32 by SciPy in f64
SLOW_REFERENCES: dict[str, Callable[..., Array]] = {
    "erf": by_mpmath(mp.erf, odd=True),
    "erfc": by_mpmath(_erfc),
    "erfinv": by_mpmath(_erfinv, odd=True),
    "erfcinv": by_mpmath(_erfcinv),
    "gamma": lambda x: _signed_gamma(x, by_mpmath(_gamma)(np.where(x == 0, 1.0, x))),
    "gammaln": by_mpmath(_gammaln),
    "psi": lambda x: np.where(x == 0, np.copysign(np.inf, -x), by_mpmath(_psi)(np.where(x == 0, 1.0, x))),
    "tri_gamma": by_mpmath(_tri_gamma),
}


def exact_values(name: str, args: tuple[Array, ...]) -> Array:
    """The function in a type wider than that of `args`."""
    wide = args[0].dtype == "f8"
    with np.errstate(all="ignore"):
        if name in SLOW_REFERENCES:
            return (
                SLOW_REFERENCES[name](*args)
                if wide
                else scalar.TABLE[name].numpy(*(a.astype("f8") for a in args))
            )
        return REFERENCES[name](*(a.astype("g" if wide else "f8") for a in args))


# further intervals to sample, beside all bit patterns and logarithmic small numbers
INTERVALS: dict[str, list[tuple[float, float]]] = {
    "exp": [(-1, 1), (-746, 710), (-104, 89)],
    "exp2": [(-1, 1), (-1075, 1024), (-150, 128)],
    "expm1": [(-1, 1), (-40, 710), (-20, 89), (-2, 3)],
    "log": [(0, 3), (0.6, 1.6)],
    "log2": [(0, 3), (0.6, 1.6)],
    "log10": [(0, 3), (0.6, 1.6)],
    "log1p": [(-1, 1), (-1, 3), (0, 1e3)],
    "tanh": [(-1, 1), (-3, 3), (-22, 22)],
    "sigmoid": [(-1, 1), (-5, 5), (-40, 40), (-746, 0), (-104, 0)],
    "softplus": [(-1, 1), (-5, 5), (-40, 40), (-746, 0), (-104, 0)],
    "sin": [(-4, 4), (-1e3, 1e3), (-1e6, 1e6), (-1e10, 1e10)],
    "sinh": [(-1, 1), (-3, 3), (-711, 711), (-90, 90)],
    "asin": [(-1, 1), (-0.6, 0.6)],
    "atan": [(-1, 1), (-5, 5), (-1e3, 1e3)],
    "asinh": [(-1, 1), (-5, 5), (-1e3, 1e3)],
    "acosh": [(1, 2), (1, 5), (1, 1e3)],
    "erf": [(-1, 1), (-6, 6)],
    "erfc": [(-1, 1), (-6, 28), (0.3, 11)],
    "erfinv": [(-1, 1), (-1, 1), (0.99, 1)],
    "erfcinv": [(0, 2), (0, 0.01), (1.99, 2)],
    "gammaln": [(0, 3), (2, 6), (4, 200), (-6, 0), (-180, 0)],
    "gamma": [(0, 3), (2, 6), (4, 172), (-6, 0), (-185, 0)],
    "psi": [(0, 3), (2, 6), (4, 200), (-6, 0), (-180, 0)],
    "tri_gamma": [(0, 3), (2, 6), (4, 200), (-6, 0), (-180, 0)],
}
for _name, _like in (("cos", "sin"), ("tan", "sin"), ("cosh", "sinh"), ("acos", "asin"), ("atanh", "asin")):
    INTERVALS[_name] = INTERVALS[_like]


def _pairs_pow(x: Array, rng: np.random.Generator) -> tuple[Array, ...]:
    """Any pairs, small powers, results anywhere in the range, bases near 1, points values with each other."""
    n, top = x.size, 745.0 if x.dtype == "f8" else 104.0
    base = np.abs(rng.permutation(x[np.isfinite(x) & (x != 0)]))[: n // 2]
    near = (1 + rng.uniform(-1, 1, n) * 10 ** rng.uniform(-6, 0, n)).astype(x.dtype)
    with np.errstate(all="ignore"):
        anywhere = (rng.uniform(-top, top, base.size) / np.log(base)).astype(x.dtype)
        near_power = (rng.uniform(-top, top, n) / np.log(near)).astype(x.dtype)
    whole = rng.integers(-20, 20, n).astype(x.dtype)
    points = np.array([0, 1, 2, 3, 0.5, 1.5, np.inf, np.nan, 2.0**23 + 1, 2.0**53, 1e30], x.dtype)
    points = np.concatenate(
        [points, -points, [np.finfo(x.dtype).tiny, np.finfo(x.dtype).smallest_subnormal]]
    ).astype(x.dtype)
    left, right = (a.ravel() for a in np.meshgrid(points, points))
    return (
        np.concatenate([x, x, base, near, x, left]),
        np.concatenate(
            [rng.permutation(x), rng.uniform(-3, 3, n).astype(x.dtype), anywhere, near_power, whole, right]
        ),
    )


def _pairs_atan2(x: Array, rng: np.random.Generator) -> tuple[Array, ...]:
    points = x[-2300:]
    points = points[np.abs(points) <= 2]
    points = np.concatenate([points, np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-40, 1e38], x.dtype)])
    left, right = (a.ravel() for a in np.meshgrid(points, points))
    with np.errstate(all="ignore"):
        close = (x * rng.uniform(0.3, 3, x.size)).astype(x.dtype)
    return np.concatenate([x, x, left]), np.concatenate([rng.permutation(x), close, right])


TWO_ARGUMENTS = {"pow": _pairs_pow, "atan2": _pairs_atan2}


def samples(name: str, type_: str, count: int, seed: int = 0) -> tuple[Array, ...]:
    """About `count` arguments for each kind: all bit patterns, small numbers, intervals, special values."""
    rng = np.random.default_rng(seed)
    dtype = expr.DTYPE_OF[type_]
    info = np.finfo(dtype)
    bits = rng.integers(0, 1 << info.bits, count, dtype=f"u{info.bits // 8}").view(dtype)
    small = 10 ** rng.uniform(-18 if type_ == "f64" else -8, 1.5, count) * rng.choice([-1, 1], count)
    parts = [bits, small, *(rng.uniform(*bounds, count) for bounds in INTERVALS.get(name, []))]
    points = [
        0.0,
        1,
        2,
        0.5,
        np.inf,
        np.nan,
        info.max,
        info.tiny,
        info.smallest_subnormal,
        info.eps,
        1 - info.eps / 2,
    ]
    parts += [points, np.negative(points), np.arange(-1100, 1100)]
    with np.errstate(over="ignore"):
        x = np.concatenate([np.asarray(p).astype(dtype) for p in parts])
    return (x,) if name not in TWO_ARGUMENTS else TWO_ARGUMENTS[name](x, rng)


def _reflected(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """For x < 0, what `function` gives for 1 - x: the larger term of the reflection, to which it is accurate."""
    return lambda x: np.where(x < 0, np.abs(function(1.0 - np.fmin(np.nan_to_num(x), 0))), 0.0)


# near their zeros below 0 these are accurate to an absolute error: to ulps of this
SCALES = {"gammaln": _reflected(special.gammaln), "psi": _reflected(special.psi)}


def scale_of(name: str, args: tuple[Array, ...]) -> Array | float:
    """The size that errors of `name` are measured by where the result itself is smaller."""
    return SCALES[name](*args) if name in SCALES else 0.0


def ulps(got: Array, exact: Array, scale: Array | float = 0.0) -> Array:
    """Distance in units in the last place of the result (or of `scale`); infinite where a special value is wrong."""
    info = np.finfo(got.dtype)
    with np.errstate(all="ignore"):
        nearest = exact.astype(got.dtype)
        _, exponent = np.frexp(np.maximum(np.abs(exact), scale))
        exponent = np.maximum(exponent - 1, info.minexp) - info.nmant
        error = np.ldexp(np.abs(got.astype(exact.dtype) - exact), -exponent)
        same = (got == nearest) & (np.signbit(got) == np.signbit(nearest)) | (
            np.isnan(got) & np.isnan(nearest)
        )
        special = ~np.isfinite(got) | ~np.isfinite(nearest) | (nearest == 0) | (got == 0)
        # next to overflow and underflow a neighbour of the right special value is a small error
        grace = (
            ((np.abs(nearest) == info.max) | (np.abs(got) == info.max)) & ~np.isnan(got) & ~np.isnan(nearest)
        )
        tiny = (np.abs(exact) <= 2 * info.smallest_subnormal) & (np.abs(got) <= 2 * info.smallest_subnormal)
        tiny &= np.signbit(got) == np.signbit(nearest)
        error = np.where(special & ~tiny, np.where(same, 0, np.where(grace, 1, np.inf)), error)
    return np.asarray(error, "f8")


LOOSE = {"erfinv", "erfcinv", "gamma", "gammaln", "psi", "tri_gamma"}


def limit(name: str, has_fma: bool) -> float:
    """The error that is allowed."""
    return 4.0 + (not has_fma) if name in LOOSE else 2.0


class Worst(NamedTuple):
    """The largest error, where, what came out there, and the mean error."""

    error: float
    where: tuple[float, ...]
    got: float
    mean: float


@functools.lru_cache(maxsize=2)
def exact_samples(name: str, type_: str, count: int, seed: int) -> tuple[tuple[Array, ...], Array]:
    """`samples` and `exact_values` of them; with and without FMA they are the same."""
    args = samples(name, type_, count, seed)
    return args, exact_values(name, args)


def worst(name: str, type_: str, has_fma: bool, count: int, seed: int = 0) -> Worst:
    """The largest error among `samples`."""
    args, exact = exact_samples(name, type_, count, seed)
    got = native(name, type_, has_fma)(*args)
    error = ulps(got, exact, scale_of(name, args))
    i = int(np.argmax(error))
    return Worst(
        float(error[i]),
        tuple(float(a[i]) for a in args),
        float(got[i]),
        float(error[np.isfinite(error)].mean()),
    )


def operations(name: str, type_: str) -> int:
    function = getattr(vmath, name)
    root = function(*(expr.name(n, type_) for n in ["x", "y"][: function.__code__.co_argcount]))
    return sum(node.op not in ("const", "name") for node in expr.postorder((root,)))


def nanoseconds(name: str, type_: str, size: int = 4096) -> float:
    """Time for an element of an array in the first-level cache."""
    run = native(name, type_)
    args = [np.random.default_rng(0).uniform(0.1, 0.9, size).astype(expr.DTYPE_OF[type_]) for _ in range(2)]
    out = np.empty_like(args[0])
    args = args[: getattr(vmath, name).__code__.co_argcount]
    pointers = [a.ctypes.data for a in (out, *args)]
    best = np.inf
    for _ in range(50):
        start = time.perf_counter()
        run.call(size, *pointers)  # type: ignore[attr-defined]
        best = min(best, time.perf_counter() - start)
    return float(best / size * 1e9)


def report(name: str, type_: str, has_fma: bool, count: int) -> float:
    """Print the largest error of one function and return it."""
    error, where, got, mean = worst(name, type_, has_fma, count)
    label = "fma" if has_fma else "-  "
    place = ", ".join(map(repr, where))
    ops = operations(name, type_)
    print(
        f"{name:9s} {type_} {label} {ops:4d} ops {error:7.3f} ulp, mean {mean:.3f}  at {place} -> {got!r}",
        flush=True,
    )
    return error


HEADING = """# Accuracy of vector math

Largest error found, in units in the last place, for both types, with fused multiply-add and on processors
without it (baseline x86-64), and the number of operations of the expansion, those behind branches that are
seldom taken and those for processors without it included. Written by `tools/ulp_table.py` from random
bit patterns, small and ordinary arguments and special values ({count} of each kind; {few} where mpmath is the
reference: every exponent, so huge arguments and subnormal numbers too).
The limit is 2; {loose}: 4, 5 without fused multiply-add.
Infinities, NaN, signed zeros, poles, overflow and gradual underflow are right.

Below 0, `gammaln` and `psi` have a zero between any two poles, next to which no relative error can be small: there
errors are measured in units of the last place of the function at 1 - x. Above 0 errors are relative, at their zeros
too. float16 is computed in float32.

| function | f64 | f64, no FMA | f32 | f32, no FMA | operations f64 | f32 |
|---|---|---|---|---|---|---|
"""


def table_row(name: str, count: int, few: int) -> str:
    """The row of one function."""
    cells = []
    for type_ in ("f64", "f32"):
        slow = type_ == "f64" and name in SLOW_REFERENCES
        cells += [f"{report(name, type_, fma, few if slow else count):.2f}" for fma in (True, False)]
    return f"| {name} | {' | '.join(cells)} | {operations(name, 'f64')} | {operations(name, 'f32')} |\n"


def write_table(names: list[str], count: int = 1_000_000, few: int = 20_000) -> None:
    """Measure functions and write `docs/vmath.md`; the rows of others stay."""
    old = TARGET.read_text().splitlines(keepends=True)
    rows = {line.split()[1]: line for line in old if line.startswith("| ") and line.split()[1] in vmath.__all__}
    rows.update((name, table_row(name, count, few)) for name in names)
    loose = ", ".join(f"`{name}`" for name in sorted(LOOSE))
    heading = HEADING.format(count=f"{count:,}", few=f"{few:,}", loose=loose)
    TARGET.write_text(heading + "".join(rows[name] for name in sorted(vmath.__all__)))


def main(names: list[str]) -> None:
    """Write the table, or print the errors or times of the functions in `names`."""
    chosen = [n for n in names if not n.startswith("-")] or sorted(vmath.__all__)
    if not names or "--write" in names:
        write_table(chosen)
        return
    for name in chosen:
        for type_ in ("f64", "f32"):
            if "--time" in names:
                print(
                    f"{name:9s} {type_} {operations(name, type_):4d} ops {nanoseconds(name, type_):.3f} ns",
                    flush=True,
                )
                continue
            for has_fma in (True, False):
                report(
                    name, type_, has_fma, 20_000 if type_ == "f64" and name in SLOW_REFERENCES else 200_000
                )


if __name__ == "__main__":
    main(sys.argv[1:])
