"""The "native" executor: a function as one compiled program."""

from __future__ import annotations

import contextlib
import ctypes
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from theano.backend import llvm_main
from theano.backend.first_form import first_form
from theano.backend.llvm_main import print_module
from theano.compile.errors import check_present, raise_with_op, typed_result
from theano.compile.ops import deep_copy_op
from theano.compile.plan import EXECUTORS, Executor, Plan
from theano.configdefaults import config
from theano.garbage import collector_rests
from theano.graph import Generic, Variable
from theano.graph.op import performer
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops.identity import identity
from theano.lower import lower
from theano.lower.machine import Machine
from theano.lower.program import InputForm
from theano.progress import stage
from theano.runtime import abi, ability, cache, fork, linking, provisional, support
from theano.runtime.context import make_context
from theano.runtime.entry import EntrySpec, print_entry
from theano.runtime.function_base import NATIVE, FunctionBase, install
from theano.runtime.host import begin_compiler, kept_host
from theano.runtime.jit import DEFAULT, CodeObject, Options, compile_module, isa, kept_module
from theano.runtime.workers import Started
from theano.tensor.type import TensorType

# All that a program's text is made by.
_PRINTERS = tuple(str(Path(str(module.__file__)).parent) for module in (abi, ex, llvm_main))

# Expressions are shared within one program by a table of the process: one thread at a time works with it.
_LOWERING = threading.RLock()
# Who lets fast code take the place of provisional code.
_LINKING = threading.RLock()
fork.hold("lowering", _LOWERING.acquire, _LOWERING.release)
fork.hold("executors", _LINKING.acquire, _LINKING.release)


class NativeExecutor:
    """Compiles a plan, runs it, and gives functions their native entry.

    Attributes
    ----------
    lowered
        The loop program, for those who want to read it.
    """

    def __init__(self, plan: Plan, mode: Any = None, profile: Any = None) -> None:
        self.plan = plan
        self.target = isa()
        fgraph, n = plan.fgraph, plan.n_inputs
        forms = [_form(spec) for spec in plan.inputs]
        results = _detached(fgraph.outputs)
        outputs = results[: plan.n_outputs]
        updates = list(zip(plan.updates, results[plan.n_outputs :], strict=True))
        support.begin()
        with _LOWERING:
            machine = Machine.of(self.target)
            self.lowered = lower(fgraph.inputs[:n], fgraph.inputs[n:], outputs, updates, forms, machine)
        self._made = _Made({}, [], [])
        self._runners: _Runners | None = None
        # Whether the code is the first form, and for how many ticks of the clock it has computed.
        self._is_first = False
        self._spent = ctypes.c_int64()
        # The fast form, once a thread makes it while the first one goes on.
        self._fast: Started[dict[str, CodeObject]] | None = None
        # Whether functions wait for what they call, which their second call has made well.
        self._is_provisional = False
        self._called = False
        self._functions: list[weakref.ref[Any]] = []
        # What runs where the compiler turns out not to be there.
        self._instead: Executor | None = None

    @staticmethod
    def begin() -> None:
        """Have LLVM loaded meanwhile, on a machine where it is certain to be needed."""
        if ability.problem() is None and kept_host() is None:
            with contextlib.suppress(ability.NoCompiler):  # who needs it will tell
                begin_compiler()

    # -- making callables --------------------------------------------------------------------------------
    def text(self, result: str = "list", first: bool = False) -> str:
        """The module's LLVM IR; `result` is the form of what the entry returns.

        With `first` it is that of the program's first form (see `theano.backend.first_form`).
        """
        stage("printing")
        low = self.lowered
        with _LOWERING:
            program = first_form(low.program, self.target) if first else low.program
            if first and config.verify_programs:
                low.verify(program)
            return print_module(program, low.layout, self.target) + print_entry(self._spec(result))

    def _spec(self, result: str) -> EntrySpec:
        low = self.lowered
        releases = any(isinstance(s, hs.ReleaseGil) for s in low.program.main)
        return EntrySpec(
            low.inputs, low.storages, low.n_slots, low.n_outputs, result,  # type: ignore[arg-type]
            updates=self.plan.updates, releases=releases,
        )  # fmt: skip

    def _known_as(self, result: str) -> str:
        """What the text follows from, or "" if that can't be told: the program, and the code that prints it."""
        sources = cache.sources(_PRINTERS)
        if not sources:
            return ""
        try:
            with _LOWERING:
                return "\n".join([sources, repr(self.target), identity(self.lowered.program, self._spec(result))])
        except TypeError:
            return ""

    def _get_ready(self, result: str) -> None:
        """Find or make code, once, and all that it calls."""
        stage("looking in the cache")
        known_as = self._known_as(result)
        kept = kept_module(known_as or self.text(result))
        first = self._is_first = kept is None and config.quick_start and not self._is_endless()
        if self._meets_provisional() and (not first or self._needs_all()):
            provisional.complete()
        self._is_provisional = self._meets_provisional()
        code = kept or self._compiled(result, known_as, first)
        self._made = _Made({result: code}, *self._addresses())

    def _compiled(self, result: str, known_as: str, first: bool) -> CodeObject:
        def text() -> str:
            made = self.text(result, first)
            if first:
                support.begin_all()  # its Python runs while LLVM needs no GIL
            return made

        with collector_rests():
            return compile_module(text, Options(level=0) if first else DEFAULT, known_as=known_as)

    def _install(self, function: FunctionBase, fallback: Callable[..., Any], result: str) -> None:
        made = self._made
        code = made.code.get(result)
        if code is None:
            code = made.code[result] = self._compiled(result, self._known_as(result), self._is_first)
        if not config.allow_gc:
            support.set_pool_limit(None)
        on_error = self._raise
        context = make_context(
            [id(fallback), id(on_error), *made.words],
            [fallback, on_error, *made.keep, *self.plan.storages, self._spent],
        )
        install(function, code, context)

    def attach(self, function: Any) -> None:
        """Let calls of a `Function` with plain arguments go straight into compiled code."""
        if function.output_keys is not None or not self.plan.plain or len(function.outputs) != self.plan.n_outputs:
            return
        if any(not isinstance(i.variable.type, TensorType | Generic) for i in self.plan.inputs):
            return  # objects that must be looked at by their type's filter
        result = "single" if function.unpack_single else "list" if self.plan.n_outputs else "none"
        try:
            if not self._made.code:
                self._get_ready(result)
        except ability.NoCompiler as error:
            self._do_without(error)
            return
        self._functions.append(weakref.ref(function))
        if not self._is_provisional:
            self._install(function, _Fallback(function), result)

    def _addresses(self) -> tuple[list[int], list[Any]]:
        """See `_Made`."""
        words: list[int] = []
        keep: list[Any] = []
        for kind, payload in self.lowered.words:
            if kind == "storage":
                words.append(id(self.plan.storages[payload]))
            elif kind == "constant":
                keep.append(payload)
                words.append(payload.ctypes.data)
            elif kind == "object":
                keep.append(payload)
                words.append(id(payload))
            elif kind == "counter":
                words.append(ctypes.addressof(self._spent))
            elif kind == "callback":
                call = NodeCall(payload, self.plan.fgraph)
                keep.append(call)
                words.append(id(call))
            else:
                words.append(linking.address(payload))
        return words, keep

    # -- running -----------------------------------------------------------------------------------------
    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """Run on filtered values; a list of the outputs."""
        if self._instead is not None:
            return self._instead(values)
        try:
            return self._call(values)
        except ability.NoCompiler as error:  # before anything has been computed
            return self._do_without(error)(values)

    def _do_without(self, error: ability.NoCompiler) -> Executor:
        """Have NumPy compute, for there is no compiler."""
        ability.refuse(str(error))
        self._instead = EXECUTORS["perform"](self.plan, None, None)
        return self._instead

    def _call(self, values: Sequence[Any]) -> list[Any]:
        if self._is_provisional and self._called and provisional.advance():
            self._link()
        self._called = True
        try:
            return self._run(values)
        except support.Unready:
            pass
        self._link()
        return self._run(values)

    def _run(self, values: Sequence[Any]) -> list[Any]:
        runners = self._ready()
        answer = runners.runner(*values)
        return [answer] if runners.single else [] if answer is None else answer

    @property
    def _is_worn(self) -> bool:
        """Whether the first form has done all that it may."""
        return self._is_first and self._spent.value >= abi.ENDLESS

    def _ready(self, at_once: bool = False) -> _Runners:
        """The callables behind `_run`; with `at_once` they are not those of a worn first form."""
        if self._is_worn and (at_once or not self._goes_on()):
            self._link()
        runners = self._runners
        if runners is None:
            if not self._made.code:
                self._get_ready("list")
            # whatever form of entry there is already serves here, too
            form = next(iter(self._made.code))
            clean = self._new_runner(_refuse, form)
            runners = self._runners = _Runners(self._new_runner(self._slow_call, form), clean, form == "single")
        return runners

    def _goes_on(self) -> bool:
        """Whether a worn first form may compute once more as much, because a thread is making the fast one."""
        if self._fast is None:
            self._fast = Started(self._make_fast, always=True)
        if self._fast.is_over():
            return False
        self._spent.value = 0
        return True

    def _make_fast(self) -> dict[str, CodeObject]:
        """The fast form of what there is; the first one leaves it the next call."""
        code = {result: self._compiled(result, self._known_as(result), False) for result in list(self._made.code)}
        self._spent.value = abi.ENDLESS
        return code

    def _routines(self) -> list[str]:
        return [payload for kind, payload in self.lowered.words if kind == "symbol"]

    def _meets_provisional(self) -> bool:
        """Whether anything that the program calls is provisional now; all of it is loaded then."""
        return any([support.is_provisional(), *map(linking.is_provisional, self._routines())])

    def _needs_all(self) -> bool:
        """Whether the program calls what provisional code lacks."""
        calls_back = any(kind == "callback" for kind, _ in self.lowered.words)
        return calls_back or any(map(linking.is_missing_at_first, self._routines()))

    def _is_endless(self) -> bool:
        """Whether nobody can tell how much a call computes."""
        marks = [s.picoseconds for s in self.lowered.program.main if isinstance(s, hs.Work)]
        return any(m.op == "const" and m.value >= abi.ENDLESS for m in marks)

    def _link(self) -> None:
        """Work with the fast form of what the code calls from now on; and of the code, if it has computed for long."""
        with _LINKING:
            worn, code = self._is_worn, self._made.code
            if not (worn or self._is_provisional):
                return
            callees = Started(provisional.complete)
            if worn:
                code = self._make_fast() if self._fast is None else self._fast.result()
                self._fast = None
            callees.result()
            self._made = _Made(code, *self._addresses())
            self._runners, self._is_provisional, self._is_first = None, False, self._is_first and not worn
            functions, self._functions = self._functions, []
        for reference in functions:
            function = reference()
            if function is not None:
                self.attach(function)

    def _new_runner(self, fallback: Callable[..., Any], form: str) -> _Runner:
        runner = _Runner()
        self._install(runner, fallback, form)
        return runner

    def _slow_call(self, *values: Any) -> Any:
        """Arguments or storages that the entry does not take as they are, clean copies of them; or too much work."""
        check_present(self.plan.fgraph.inputs, [*values, *(s[0] for s in self.plan.storages)])
        for k in range(100):  # another thread may have changed a storage before the entry looks at it
            updated = self._clean_storages()
            clean = [_clean(v, s, updated) for v, s in zip(values, self.lowered.inputs, strict=True)]
            try:
                # a first form that leaves once more leaves because this call is long
                return self._ready(at_once=k > 0).clean(*clean)
            except _NotPlain:
                continue
        raise SystemError("the native entry refuses arguments that are plain: please report this")

    def _clean_storages(self) -> list[np.ndarray]:
        """Make every storage one that the entry takes; the arrays that will be written to."""
        arrays: list[np.ndarray] = []
        updated: list[np.ndarray] = []
        for storage, spec in zip(self.plan.storages, self.lowered.storages, strict=True):
            if isinstance(spec, abi.ArraySpec):
                value = storage[0]
                shared = any(np.may_share_memory(value, a) for a in (arrays if spec.updated else updated))
                if not _is_plain(value, spec) or shared or (spec.updated and not value.flags.writeable):
                    with support.Using(storage, update=True):  # in the middle of no other program's updates
                        value = storage[0] = _copied(storage[0], spec)
                arrays.append(value)
                if spec.updated:
                    updated.append(value)
        return updated

    def _raise(self, code: int, operands: tuple[int, ...], args: tuple[Any, ...]) -> None:
        """Raise what check number `code` means."""
        record = self.lowered.records[code - 1]
        dims = None if record.dims is None else tuple(self._lengths(record.dims, self._arrays(args)))
        error = record.error(record.message.format(*operands, dims=dims))
        if record.node is None:
            raise error
        raise_with_op(record.node, error, self._known_inputs(record.node, args), self.plan.fgraph)

    def _known_inputs(self, node: Any, args: tuple[Any, ...]) -> list[Any]:
        """For each input of a node its value where it is an argument, else its shape where that is known."""
        arrays = self._arrays(args)
        known: list[Any] = []
        for v in node.inputs:
            if v in arrays:
                known.append(arrays[v])
            elif hasattr(v, "data"):
                known.append(v.data)
            else:
                known.append(_Shape(self._shape_of(v, arrays)))
        return known

    def _shape_of(self, v: Variable, arrays: dict[Variable, Any]) -> tuple[Any, ...]:
        value = self.lowered.values.get(v)
        return () if value is None else tuple(self._lengths(value.dims, arrays))

    def _arrays(self, args: tuple[Any, ...]) -> dict[Variable, Any]:
        """Arguments and contents of storages, by the graph's inputs."""
        values = [*args, *(s[0] for s in self.plan.storages)]
        leaves: dict[Variable, Any] = dict(zip(self.plan.fgraph.inputs, values, strict=False))
        return {v: np.asarray(x, v.type.dtype) for v, x in leaves.items() if hasattr(v.type, "dtype")}

    def _lengths(self, dims: Sequence[Any], arrays: dict[Variable, Any]) -> list[Any]:
        """Lengths as numbers, None where they depend on data."""
        inputs = self.plan.fgraph.inputs
        n = self.plan.n_inputs
        env: dict[str, int] = {}
        for name, (role, k, axis) in self.lowered.dim_words.items():
            array = arrays.get(inputs[k if role == "input" else n + k])
            if array is not None and axis < array.ndim:
                env[name] = array.shape[axis]
        for k, v in enumerate(inputs):  # numbers from which lengths may be computed
            if v in arrays and arrays[v].size == 1 and arrays[v].dtype.kind in "iu":
                env[f"vx{k}" if k < n else f"vs{k - n}"] = int(arrays[v].flat[0])
        return [_evaluate(d, env) for d in dims]


class _Made(NamedTuple):
    """Code by the form of its results, the function's own context words, and what must stay alive for them."""

    code: dict[str, CodeObject]
    words: list[int]
    keep: list[Any]


class _Runner(FunctionBase):
    """The callable behind `NativeExecutor.__call__`."""


class _Runners(NamedTuple):
    """What is called, what it calls with clean values, and whether both give one result that is not in a list."""

    runner: _Runner
    clean: _Runner
    single: bool


class _NotPlain(Exception):
    """The entry has not taken values that were cleaned."""


def _refuse(*values: Any) -> Any:
    raise _NotPlain


class _Fallback:
    """A function's Python path, without keeping the function alive."""

    def __init__(self, function: Any) -> None:
        self._function = weakref.ref(function)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        function = self._function()
        assert function is not None  # it is being called
        return function._fallback(*args, **kwargs)


class _Shape:
    """Stands for an array of which only the shape is known, in error messages."""

    def __init__(self, shape: tuple[Any, ...]) -> None:
        self.shape = shape
        self.strides = "not known"

    def __repr__(self) -> str:
        return "'not shown'"


class NodeCall:
    """Runs a node's `perform` for compiled code: arrays in, a tuple of checked arrays out."""

    def __init__(self, node: Any, fgraph: Any) -> None:
        self.node = node
        self.fgraph = fgraph
        self.perform = performer(node)

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        node = self.node
        inputs = list(values)
        for sources in node.op.destroy_map.values():
            for k in sources:
                inputs[k] = np.array(inputs[k]) if isinstance(inputs[k], np.ndarray) else inputs[k]
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        try:
            self.perform(inputs, storage)
            return tuple(
                self._checked(cell[0], v, values) for cell, v in zip(storage, node.outputs, strict=True)
            )
        except Exception as error:
            raise_with_op(node, error, list(values), self.fgraph)

    def _checked(self, result: Any, variable: Any, inputs: tuple[Any, ...]) -> Any:
        array = typed_result(self.node.op, variable.type, result)
        if not isinstance(array, np.ndarray):
            return array
        shares = any(isinstance(x, np.ndarray) and np.may_share_memory(array, x) for x in inputs)
        if shares or not _is_plain(array, None) or array.base is not None or not array.flags.writeable:
            array = np.array(array, dtype=variable.type.numpy_dtype, order="C", subok=False)
        return array


def _detached(results: Sequence[Variable]) -> list[Variable]:
    """The results; a copy of each that is no array and that somebody else may hold (arrays are copied anyway)."""
    found: list[Variable] = []
    for v in results:
        if not isinstance(v.type, TensorType) and (v.owner is None or v.owner.op.view_map or v in found):
            v = deep_copy_op(v)
        found.append(v)
    return found


def _form(spec: Any) -> InputForm:
    """Which Python numbers an input takes natively."""
    if spec.strict:
        return InputForm(numbers=False)
    floats = getattr(spec.variable.type, "dtype", "") == config.floatX
    return InputForm(numbers=True, rounds=spec.allow_downcast is None and floats)


def _is_plain(value: Any, spec: Any) -> bool:
    return (
        type(value) is np.ndarray and value.flags.c_contiguous and value.flags.aligned and value.dtype.isnative
        and (spec is None or (value.dtype.name == spec.dtype and value.ndim == spec.ndim and _fits(value, spec)))
    )  # fmt: skip


def _clean(value: Any, spec: Any, updated: Sequence[np.ndarray]) -> Any:
    """A plain array with the same numbers, apart from the memory that is about to be written."""
    if not isinstance(spec, abi.ArraySpec):
        return value
    if _is_plain(value, spec) and not any(np.may_share_memory(value, a) for a in updated):
        return value
    return _copied(value, spec)


def _copied(value: Any, spec: abi.ArraySpec) -> np.ndarray:
    array = np.array(value, dtype=spec.dtype, order="C", copy=True, subok=False)
    if array.ndim != spec.ndim:
        raise TypeError(f"Wrong number of dimensions: expected {spec.ndim}, got {array.ndim}")
    if not _fits(array, spec):
        raise TypeError(
            "Non-unit value on shape on a broadcastable dimension. "
            f"The shape is {array.shape}, declared is {spec.broadcastable}"
        )
    return array


def _fits(array: np.ndarray, spec: abi.ArraySpec) -> bool:
    """Whether all axes that are declared broadcastable have length 1."""
    return all(n == 1 or not one for one, n in zip(spec.broadcastable, array.shape, strict=True))


def _evaluate(dim: Any, env: dict[str, int]) -> Any:
    """A length as a number, or None where it depends on data."""
    done: dict[Any, Any] = {}
    for node in ex.postorder((dim,)):
        if node.op == "const":
            done[node] = node.value
        elif node.op == "name":
            done[node] = env.get(node.value)
        else:
            args = [done[a] for a in node.args]
            table: dict[str, Callable[..., Any]] = {
                "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
                "gt": lambda a, b: a > b, "lt": lambda a, b: a < b, "select": lambda c, a, b: a if c else b,
                "cast": lambda a: a,
            }  # fmt: skip
            known = node.op in table and all(a is not None for a in args)
            done[node] = table[node.op](*args) if known else None
    return done[dim]


def make_native(plan: Plan, mode: Any = None, profile: Any = None) -> Executor:
    """The executor of a mode with a "native" linker; "perform" where native code can't be made or run."""
    problem = ability.problem()
    if problem is None:
        try:
            return NativeExecutor(plan, mode, profile)
        except ability.NoCompiler as error:
            problem = str(error)
    ability.refuse(problem)
    return EXECUTORS["perform"](plan, mode, profile)


make_native.begin = NativeExecutor.begin  # type: ignore[attr-defined]

if NATIVE:  # otherwise there has been a warning, and "perform" takes its place
    EXECUTORS["native"] = make_native
    if not ability.has_llvmlite():
        ability.refuse(ability.NO_LLVMLITE)
