"""Measure the error of vector math in units in the last place and write `docs/vmath.md`.

    python tools/ulp_table.py              # every function, writes the table
    python tools/ulp_table.py exp tanh     # prints some functions only
    python tools/ulp_table.py --time exp   # ns per element in the widest registers of this machine

References: for f32 the same function in f64; for f64 the C library in 80-bit `long double` (x86 only), or
mpmath where that has none.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from pathlib import Path

import llvmlite.binding as llvm
import mpmath as mp
import numpy as np

from theano.backend import llvm_ops
from theano.loops import expr, vmath

TARGET = Path(__file__).parents[1] / "docs/vmath.md"
Array = np.ndarray
mp.mp.prec = 200
_engines: list[object] = []


# -- running an expression -------------------------------------------------------------------------


def print_loop(root: expr.Expr, names: list[str], lanes: int, has_fma: bool) -> str:
    """An LLVM module with `loop(out, *in, n)`: the expression on arrays of a multiple of `lanes`."""
    lines: list[str] = []
    done: dict[int, str] = {}
    declared: set[str] = set()
    t = llvm_ops.vector(root.type, lanes)
    for node in expr.postorder((root,)):
        result = f"%v{len(done)}"
        if node.op == "const":
            done[id(node)] = llvm_ops.literal(node, lanes)
            continue
        if node.op == "name":
            lines.append(f"%p{node.value} = getelementptr {llvm_ops.REGISTER[node.type]}, ptr %{node.value}, i64 %i")
            lines.append(f"{result} = load {llvm_ops.vector(node.type, lanes)}, ptr %p{node.value}, align 4")
            done[id(node)] = result
            continue
        args = [done[id(a)] for a in node.args]
        source, target = llvm_ops.vector(node.args[-1].type, lanes), llvm_ops.vector(node.type, lanes)
        if node.op == "select":
            texts = [f"select {llvm_ops.vector('bool', lanes)} {args[0]}, {target} {args[1]}, {target} {args[2]}"]
        elif node.op == "bitcast":
            texts = [f"bitcast {source} {args[0]} to {target}"]
        elif node.op == "cast":
            texts = [f"{llvm_ops.cast_op(node.args[0].type, node.type)} {source} {args[0]} to {target}"]
        else:
            texts = llvm_ops.instruction(node.op, node.args[0].type, lanes, args, has_fma)
        for k, text in enumerate(texts[:-1]):
            lines.append(f"{result}.{k} = {text}")
            texts[k + 1] = texts[k + 1].replace("{t}", f"{result}.{k}")
        lines.append(f"{result} = {texts[-1]}")
        done[id(node)] = result
        if "@llvm." in texts[-1]:
            intrinsic = texts[-1].split("@")[1].split("(")[0]
            arity = texts[-1].count(",") + 1
            declared.add(f"declare {target} @{intrinsic}({', '.join([target] * arity)})")
    params = ", ".join(["ptr noalias %out", *(f"ptr noalias %{n}" for n in names), "i64 %n"])
    body = "\n  ".join(lines)
    return (
        "\n".join(sorted(declared)) + f"\ndefine void @loop({params}) {{\nentry:\n  br label %body\nbody:\n"
        f"  %i = phi i64 [0, %entry], [%next, %body]\n  {body}\n"
        f"  %o = getelementptr {llvm_ops.REGISTER[root.type]}, ptr %out, i64 %i\n"
        f"  store {t} {done[id(root)]}, ptr %o, align 4\n  %next = add i64 %i, {lanes}\n"
        "  %more = icmp slt i64 %next, %n\n  br i1 %more, label %body, label %end\nend:\n  ret void\n}\n"
    )


def native(name: str, type_: str, has_fma: bool = True, lanes: int = 0) -> Callable[..., Array]:
    """The function `name` of vector math, compiled, on arrays; without FMA for the baseline processor."""
    function = getattr(vmath, name)
    names = ["x", "y"][: function.__code__.co_argcount]
    lanes = lanes or (32 if has_fma else 16) // expr.ITEMSIZE[type_]
    text = print_loop(function(*(expr.name(n, type_) for n in names)), names, lanes, has_fma)
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(text)
    module.verify()
    cpu = llvm.get_host_cpu_name() if has_fma else "x86-64"
    features = llvm.get_host_cpu_features().flatten() if has_fma else ""
    machine = llvm.Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=2)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    _engines.append(engine)
    pointer = ctypes.CFUNCTYPE(None, *([ctypes.c_void_p] * (len(names) + 1)), ctypes.c_ssize_t)
    call = pointer(engine.get_function_address("loop"))

    def run(*args: Array) -> Array:
        dtype = expr.DTYPE_OF[type_]
        size = args[0].size
        padded = [np.resize(np.ascontiguousarray(a, dtype), -(-size // lanes) * lanes) for a in args]
        out = np.empty_like(padded[0])
        call(out.ctypes.data, *(a.ctypes.data for a in padded), out.size)
        return out[:size]

    run.call = call  # type: ignore[attr-defined]
    return run


# -- references ------------------------------------------------------------------------------------


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def by_mpmath(function: Callable[..., mp.mpf]) -> Callable[..., Array]:
    """The function in `long double`, computed by mpmath: 64-bit results from 200 bits."""

    def reference(*args: Array) -> Array:
        out = np.empty(args[0].shape, np.longdouble)
        for i, values in enumerate(zip(*(a.ravel().tolist() for a in (np.asarray(a, "f8") for a in args)), strict=True)):
            out.flat[i] = np.longdouble(mp.nstr(function(*map(mp.mpf, values)), 25))
        return out

    return reference


REFERENCES: dict[str, Callable[..., Array]] = {
    "sigmoid": _sigmoid,
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    **{n: getattr(np, n) for n in "exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh".split()},
    **{n: getattr(np, "arc" + n[1:]) for n in "asin acos atan atan2 asinh acosh atanh".split()},
    "pow": np.power,
}

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
}
for _name, _like in (("cos", "sin"), ("tan", "sin"), ("cosh", "sinh"), ("acos", "asin"), ("atanh", "asin")):
    INTERVALS[_name] = INTERVALS[_like]


def samples(name: str, type_: str, count: int, seed: int = 0) -> tuple[Array, ...]:
    """About `count` arguments for each kind: all bit patterns, small numbers, intervals, special values."""
    rng = np.random.default_rng(seed)
    dtype = expr.DTYPE_OF[type_]
    info = np.finfo(dtype)
    bits = rng.integers(0, 1 << info.bits, count, dtype=f"u{info.bits // 8}").view(dtype)
    small = 10 ** rng.uniform(-18 if type_ == "f64" else -8, 1.5, count) * rng.choice([-1, 1], count)
    parts = [bits, small, *(rng.uniform(*bounds, count) for bounds in INTERVALS.get(name, []))]
    special = [0.0, 1, 2, 0.5, np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal, info.eps, 1 - info.eps / 2]
    parts += [special, np.negative(special), np.arange(-1100, 1100)]
    with np.errstate(over="ignore"):
        return (np.concatenate([np.asarray(p).astype(dtype) for p in parts]),)


def ulps(got: Array, exact: Array) -> Array:
    """Distance in units in the last place of the result's type; infinite where a special value is wrong."""
    info = np.finfo(got.dtype)
    with np.errstate(all="ignore"):
        nearest = exact.astype(got.dtype)
        _, exponent = np.frexp(exact)
        exponent = np.maximum(exponent - 1, info.minexp) - info.nmant
        error = np.ldexp(np.abs(got.astype(exact.dtype) - exact), -exponent)
        same = (got == nearest) & (np.signbit(got) == np.signbit(nearest)) | (np.isnan(got) & np.isnan(nearest))
        special = ~np.isfinite(got) | ~np.isfinite(nearest) | (nearest == 0) | (got == 0)
        # next to overflow and underflow a neighbour of the right special value is a small error
        grace = ((np.abs(nearest) == info.max) | (np.abs(got) == info.max)) & ~np.isnan(got) & ~np.isnan(nearest)
        tiny = (np.abs(exact) <= 2 * info.smallest_subnormal) & (np.abs(got) <= 2 * info.smallest_subnormal)
        tiny &= np.signbit(got) == np.signbit(nearest)
        error = np.where(special & ~tiny, np.where(same, 0, np.where(grace, 1, np.inf)), error)
    return np.asarray(error, "f8")


def worst(name: str, type_: str, has_fma: bool, count: int, seed: int = 0) -> tuple[float, tuple[float, ...], float, float]:
    """(largest error, where, what came out, mean error)."""
    args = samples(name, type_, count, seed)
    got = native(name, type_, has_fma)(*args)
    wide = "g" if type_ == "f64" else "f8"
    with np.errstate(all="ignore"):
        exact = REFERENCES[name](*(a.astype(wide) for a in args))
    error = ulps(got, exact)
    i = int(np.argmax(error))
    return float(error[i]), tuple(float(a[i]) for a in args), float(got[i]), float(error[np.isfinite(error)].mean())


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
        run.call(*pointers, size)  # type: ignore[attr-defined]
        best = min(best, time.perf_counter() - start)
    return float(best / size * 1e9)


def main(names: list[str]) -> None:
    timing = "--time" in names
    wanted = [n for n in names if not n.startswith("-")] or list(vmath.__all__)
    for name in wanted:
        for type_ in ("f64", "f32"):
            if timing:
                print(f"{name:9s} {type_} {operations(name, type_):4d} ops {nanoseconds(name, type_):.3f} ns", flush=True)
                continue
            for has_fma in (True, False):
                error, where, got, mean = worst(name, type_, has_fma, 200_000)
                label = "fma" if has_fma else "-  "
                print(f"{name:9s} {type_} {label} {operations(name, type_):4d} ops  {error:7.3f} ulp  mean {mean:.3f}  "
                      f"at {', '.join(map(repr, where))} -> {got!r}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
