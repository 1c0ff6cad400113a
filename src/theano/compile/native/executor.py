"""The "native" executor: a function as one compiled program."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from theano.base.flag_table import config
from theano.compile.errors import check_present
from theano.compile.mode import Mode
from theano.compile.native.arguments import clean, clean_storages
from theano.compile.native.code import LOWERING, ProgramCode
from theano.compile.native.errors import Checks
from theano.compile.native.tiers import LINKING, Tiers
from theano.compile.ops import deep_copy_op
from theano.compile.plan import EXECUTORS, Executor, FunctionPlan
from theano.compile.several import Border
from theano.compile.times.profiling import ProfileStats
from theano.graph import Generic, Variable
from theano.lower import lower
from theano.lower.program import InputForm, Lowered
from theano.lower.state.machine import Machine
from theano.native.support import loading, provisional
from theano.native.support.context import make_context
from theano.runtime import ability
from theano.runtime.function_base import NATIVE, FunctionBase, install
from theano.runtime.host import begin_compiler, kept_host
from theano.runtime.jit import isa
from theano.runtime.module import Module
from theano.tensor.type import TensorType

if TYPE_CHECKING:
    from theano.compile.times.noted import NativeProfile


class NativeExecutor(Executor):
    """Compiles a plan, runs it, and gives functions their native entry.

    Attributes
    ----------
    plan, whole
        The function in terms of arrays, and as it was given. Where they differ `border` leads from one to the other.
    lowered
        The loop program, for those who want to read it.
    tiers
        The code that is at work.
    times
        What a profiled function notes (`theano.compile.times.noted`), or None.
    """

    wants_arrays = True

    def __init__(self, plan: FunctionPlan, profile: ProfileStats | None = None) -> None:
        self.whole = plan
        self.border = Border.of(plan)
        self.looks_inside = self.border is not None
        if self.border is not None:
            plan = self.border.plan
        self.plan = plan
        target = isa()
        fgraph, n = plan.fgraph, plan.n_inputs
        forms = [_form(spec) for spec in plan.inputs]
        results = _detached(fgraph.outputs)
        outputs = results[: plan.n_outputs]
        updates = list(zip(plan.updates, results[plan.n_outputs :], strict=True))
        loading.begin()
        with LOWERING:
            machine = Machine.of(target)
            self.lowered = lower(
                fgraph.inputs[:n], fgraph.inputs[n:], outputs, updates, forms, machine, notes_work=profile is not None
            )
            self.times = None if profile is None else _measured(self.lowered, fgraph.inputs, profile)
            self._code = ProgramCode(plan, self.lowered if self.times is None else self.times.lowered, target)
        self.notes_times = self.times is not None
        self.tiers = Tiers(self._code)
        self._checks = Checks(plan, self.lowered)
        self._runners: _Runners | None = None
        self._called = False
        self._functions: list[weakref.ref[Any]] = []
        # What runs where the compiler turns out not to be there.
        self._instead: Executor | None = None

    @classmethod
    def make(cls, plan: FunctionPlan, mode: Mode | None, profile: ProfileStats | None) -> Executor:
        """A native executor; "perform" where native code can't be made or run."""
        problem = ability.problem()
        if problem is None:
            try:
                return cls(plan, profile)
            except ability.NoCompiler as error:
                problem = str(error)
        ability.refuse(problem)
        return EXECUTORS["perform"].make(plan, mode, profile)

    @staticmethod
    def begin() -> None:
        """Have LLVM loaded meanwhile, on a machine where it is certain to be needed."""
        if ability.problem() is None and kept_host() is None:
            with contextlib.suppress(ability.NoCompiler):  # who needs it will tell
                begin_compiler()

    def text(self, result: str = "list", first: bool = False) -> str:
        """The LLVM IR of `module`."""
        return self.module(result, first).text()

    def module(self, result: str = "list", first: bool = False) -> Module:
        """What is compiled; `result` is the form of what the entry returns.

        With `first` it is that of the program's first form (see `theano.backend.baseline_form`).
        """
        return self._code.module(result, first)

    # -- making callables --------------------------------------------------------------------------------
    def attach(self, function: Any) -> None:
        """Let calls of a `Function` with plain arguments go straight into compiled code."""
        if function.output_keys is not None or not self.plan.plain or len(function.outputs) != self.plan.n_outputs:
            return
        if self.border is not None:
            return  # values that are taken apart
        if any(not isinstance(i.variable.type, TensorType | Generic) for i in self.plan.inputs):
            return  # objects that must be looked at by their type's filter
        result = "single" if function.unpack_single else "list" if self.plan.n_outputs else "none"
        try:
            self.tiers.get_ready(result)
        except ability.NoCompiler as error:
            self._do_without(error)
            return
        self._functions.append(weakref.ref(function))
        if not self.tiers.is_provisional:
            self._install(function, _Fallback(function), result)

    def _install(self, function: FunctionBase, fallback: Callable[..., Any], result: str) -> None:
        linked, code = self.tiers.at_work(result)
        if not config.allow_gc:
            loading.set_pool_limit(None)
        on_error = self._checks.fail
        context = make_context(
            [id(fallback), id(on_error), *linked.words],
            [fallback, on_error, *linked.keep, *self.plan.storages, self._code.spent],
        )
        install(function, code, context)

    def _link(self, callees: bool = True) -> None:
        """Let functions work with the fast form of their code and of what they call, see `Tiers.link`."""
        with LINKING:
            if not self.tiers.link(callees):
                return
            self._runners = None
            functions, self._functions = self._functions, []
        for reference in functions:
            function = reference()
            if function is not None:
                self.attach(function)

    # -- running -----------------------------------------------------------------------------------------
    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """Run on filtered values; a list of the outputs."""
        if self._instead is not None:
            return self._instead(values)
        try:
            return self._call(values) if self.border is None else self.border.call(self._call, values)
        except ability.NoCompiler as error:  # before anything has been computed
            return self._do_without(error)(values)

    def _do_without(self, error: ability.NoCompiler) -> Executor:
        """Have NumPy compute, for there is no compiler."""
        ability.refuse(str(error))
        self._instead, self.notes_times = EXECUTORS["perform"].make(self.whole, None, None), False
        return self._instead

    def _call(self, values: Sequence[Any]) -> list[Any]:
        if self.tiers.is_provisional and self._called and provisional.advance():
            self._link()
        self._called = True
        try:
            return self._run(values)
        except loading.Unready:
            pass
        self._link()
        return self._run(values)

    def _run(self, values: Sequence[Any]) -> list[Any]:
        runners = self._ready()
        answer = runners.runner(*values)
        return [answer] if runners.single else [] if answer is None else answer

    def _ready(self, at_once: bool = False) -> _Runners:
        """The callables behind `_run`; with `at_once` they are not those of a worn first form."""
        if self.tiers.is_first and self.tiers.is_used_up(at_once):
            self._link(callees=False)
        runners = self._runners
        if runners is None:
            self.tiers.get_ready("list")
            # whatever form of entry there is already serves here, too
            form = next(iter(self.tiers.linked.code))
            cleaned = self._new_runner(_refuse, form)
            runners = self._runners = _Runners(self._new_runner(self._slow_call, form), cleaned, form == "single")
        return runners

    def _new_runner(self, fallback: Callable[..., Any], form: str) -> _Runner:
        runner = _Runner()
        self._install(runner, fallback, form)
        return runner

    def _slow_call(self, *values: Any) -> Any:
        """Arguments or storages that the entry does not take as they are, clean copies of them; or too much work."""
        check_present(self.plan.fgraph.inputs, [*values, *(s[0] for s in self.plan.storages)])
        for k in range(100):  # another thread may have changed a storage before the entry looks at it
            updated = clean_storages(self.plan.storages, self.lowered.storages)
            arguments = [clean(v, s, updated) for v, s in zip(values, self.lowered.inputs, strict=True)]
            try:
                # a first form that leaves once more leaves because this call is long
                return self._ready(at_once=k > 0).cleaned(*arguments)
            except _NotPlain:
                continue
        raise SystemError("the native entry refuses arguments that are plain: please report this")


class _Runner(FunctionBase):
    """The callable behind `NativeExecutor.__call__`."""


class _Runners(NamedTuple):
    """What is called, what it calls with clean values, and whether both give one result that is not in a list."""

    runner: _Runner
    cleaned: _Runner
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


def _measured(low: Lowered, leaves: list[Variable], profile: ProfileStats) -> NativeProfile:
    """What a profiled function notes; its profile reads it."""
    from theano.compile.times.noted import NativeProfile  # few programs are profiled

    times = NativeProfile(low, leaves)
    profile.native.append(times)
    return times


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


if NATIVE:  # otherwise there has been a warning, and "perform" takes its place
    EXECUTORS["native"] = NativeExecutor
    if not ability.has_llvmlite():
        ability.refuse(ability.NO_LLVMLITE)
