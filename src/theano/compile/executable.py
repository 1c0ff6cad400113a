"""`Function`: what `theano.function` returns.

A call enters compiled code directly where the executor installed some (see `theano.runtime.FunctionBase`);
everything compiled code does not take (keywords, defaults, values that must be converted, wrong values) comes
to `Function._fallback`, which is also the whole call for the "perform" executor.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from theano.base.notebook_form import notebook_form, notebook_picture
from theano.compile.duplicate import copy_function, copy_state, restore_function, state_of
from theano.compile.errors import trace_text
from theano.compile.io import In
from theano.compile.overwritten import target_of
from theano.compile.plan import Executor, Maker
from theano.compile.shared_variables.variables import Container, detached_copy
from theano.compile.times.profiling import ProfileStats
from theano.graph import Constant, Variable, ancestors
from theano.graph.shown import shown
from theano.runtime.function_base import FunctionBase

_MISSING: Any = object()
_DUPLICATE: Any = object()


class Function(FunctionBase):
    """A compiled function. Call it with the values of its inputs.

    Parameters
    ----------
    fn, input_storage, output_storage, indices, outputs, defaults, unpack_single, return_none, output_keys, maker, name
        What the maker gives: functions are made by `theano.function`.

    Attributes
    ----------
    maker
        The `FunctionMaker` with the graph (`maker.fgraph`), mode and inputs.
    name
        For messages; by default the ``file.py:line`` of the `theano.function` call.
    input_storage, output_storage
        A `Container` for each input (explicit, then shared) and output.
    value, container
        Values and containers of the inputs by name, variable or index; ``f[key]`` is ``f.value[key]``.
    profile
        `ProfileStats`, or None.
    trust_input
        Set it to skip the checks and conversions of arguments.

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> f = theano.function([x, theano.In(y, value=2.0)], x * y, name="product")
    >>> f(3), f(3, y=1), f.name, f["y"]
    (array(6.), array(3.), 'product', array(2.))
    """

    def __init__(
        self,
        fn: Executor,
        input_storage: list[Container],
        output_storage: list[Container],
        indices: list[Any],
        outputs: list[Any],
        defaults: list[tuple[bool, bool, Any]],
        unpack_single: bool,
        return_none: bool,
        output_keys: list[str] | None,
        maker: Maker,
        name: str | None = None,
    ) -> None:
        self.executor = fn
        self.input_storage = input_storage
        self.output_storage = output_storage
        self.indices = indices
        self.outputs = outputs
        self.defaults = defaults
        self.unpack_single = unpack_single
        self.return_none = return_none
        self.output_keys = output_keys
        self.maker = maker
        self.name = name
        # None without ``profile=``; whoever reads it has asked for one, which no type checker knows.
        self.profile: ProfileStats = maker.profile  # type: ignore[assignment]
        self.trust_input = False
        self.nodes_with_inner_function: list[Any] = []
        self._specs: list[In] = maker.plan.inputs
        self._states = [k for k, spec in enumerate(self._specs) if spec.update is not None]
        self._overwritten = [k for k in self._states if self._specs[k].overwritten]
        self._by_name, self._by_variable = _finders(maker.inputs)
        self.fn = StorageRunner(self)
        self.container = Containers(self)
        self.value = Values(self)
        if self.profile is None or fn.notes_times:
            fn.attach(self)

    # ---- calls ----

    def _fallback(self, /, *args: Any, **kwargs: Any) -> Any:
        """The call in full generality."""
        if self.profile is not None:
            return self._profiled(self.profile, args, kwargs)
        subset = kwargs.pop("output_subset", None) if kwargs else None
        values = self._bind(args, kwargs)
        targets = self._targets(args, kwargs)
        return self._finish(self._run(values), subset, targets)

    def _run(self, values: list[Any]) -> list[Any]:
        """The results for filtered values; an argument that compiled code finds to be none is refused with words."""
        try:
            return self.executor(values)
        except (ValueError, IndexError):
            if self.executor.looks_inside:
                for k, value in enumerate(values):
                    self._filter(k, value, inside=True)
            raise

    def _profiled(self, profile: ProfileStats, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        start = time.perf_counter()
        subset = kwargs.pop("output_subset", None)
        values = self._bind(args, kwargs)
        targets = self._targets(args, kwargs)
        entered = time.perf_counter()
        results = self._run(values)
        left = time.perf_counter()
        answer = self._finish(results, subset, targets)
        if self.executor.notes_times:
            profile.add_overhead(time.perf_counter() - start - (left - entered))
        else:
            profile.add_call(time.perf_counter() - start, left - entered)
        return answer

    def _bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """Values for all explicit inputs, in order and filtered."""
        specs = self._specs
        n = len(specs)
        if len(args) > n:
            raise TypeError(
                f"Too many parameter passed to theano function: {len(args)} for {n} inputs{self._listed()}"
            )
        if self.trust_input and len(args) == n and not kwargs:
            return list(args)
        values: list[Any] = [_MISSING] * n
        for k, value in enumerate(args):
            if specs[k].implicit:
                raise TypeError(f"Tried to provide value for implicit input: {_label(specs[k], k)}")
            values[k] = value if self.trust_input else self._filter(k, value)
        for key, value in kwargs.items():
            k = self._index(key)
            if k >= n or specs[k].implicit:
                raise TypeError(f"Tried to provide value for implicit input: {key}")
            if values[k] is not _MISSING:
                raise TypeError(f"Multiple values for input: {key}")
            values[k] = value if self.trust_input else self._filter(k, value)
        for k, value in enumerate(values):
            if value is _MISSING:
                if self.defaults[k][0]:
                    raise TypeError(f"Missing required input: {_label(specs[k], k)}{self._listed()}")
                values[k] = self.input_storage[k].storage[0]
        return values

    def _targets(self, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[int, Any]:
        """The caller's arrays that the call overwrites, by the place of the input."""
        if not self._overwritten:
            return {}
        given = dict(enumerate(args)) | {self._index(key): value for key, value in kwargs.items()}
        return {k: target_of(self._specs[k], k, given.get(k)) for k in self._overwritten}

    def _filter(self, k: int, value: Any, inside: bool = False) -> Any:
        """An argument as its type has it; `inside` of its arrays compiled code may look itself."""
        kind = self.input_storage[k].type
        spec = self._specs[k]
        filtered = kind.filter if inside or not self.executor.looks_inside else kind.filter_outside
        try:
            if spec.strict:
                return filtered(value, strict=True)
            return filtered(value, strict=False, allow_downcast=spec.allow_downcast)
        except MemoryError:
            raise
        except Exception as error:
            plain = type(error) in (TypeError, ValueError)
            named = f' with name "{self.name}"' if self.name else ""
            # What is not ours comes from methods of the value's class (``__array__``, ``__float__``).
            message = error if plain else f"Its conversion to an array raises {type(error).__name__}: {error}"
            text = f"Bad input argument to theano function{named} at index {k} (0-based). \n{message}"
            where = trace_text(spec.variable)
            if where:
                text += f"\nBacktrace when that variable is created:\n\n{where}\n"
            if not plain:
                raise TypeError(text) from error
            error.args = (text,)
            raise

    def _listed(self) -> str:
        """The inputs, for texts of errors."""
        labels = [str(spec.name or spec.variable) for spec in self._specs if not spec.implicit]
        named = f'The function "{self.name}"' if self.name else "The function"
        if not labels:
            return f". {named} takes no inputs."
        return f". {named} takes {len(labels)} input{'s' * (len(labels) > 1)}: {', '.join(labels)}."

    def _finish(self, results: list[Any], subset: Sequence[Any] | None, targets: dict[int, Any]) -> Any:
        """Store the new states, overwrite what arguments are, and give the outputs the form the caller asked for."""
        n = len(self.outputs)
        for k, new in zip(self._states, results[n:], strict=True):
            if k not in targets:
                self.input_storage[k].storage[0] = new
            elif targets[k] is not None:
                np.copyto(targets[k], new)
        outputs = results[:n]
        if self.output_keys is not None:
            named = dict(zip(self.output_keys, outputs, strict=True))
            return named if subset is None else {key: named[key] for key in subset}
        if subset is not None:
            return [outputs[k] for k in subset]
        return outputs[0] if self.unpack_single else outputs

    def free(self) -> None:
        """Drop the results that ``f.fn()`` has left in `output_storage`: nothing else is kept between calls."""
        for container in self.output_storage:
            container.storage[0] = None

    # ---- inputs by key ----

    def _index(self, key: Any) -> int:
        """Position of the input that a name, a variable or a position means."""
        if isinstance(key, str):
            found = self._by_name.get(key)
        elif isinstance(key, Variable):
            found = self._by_variable.get(key)
        elif isinstance(key, int):
            found = key if -len(self.input_storage) <= key < len(self.input_storage) else None
        else:
            found = None
        if found is None:
            raise TypeError(f"Unknown input or state: {shown(key, str)}{self._listed()}")
        if found is _DUPLICATE:
            raise TypeError(
                f"Ambiguous name: {key} - please check the names of the inputs of your function for "
                f"duplicates."
            )
        return found

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.value[key] = value

    def __contains__(self, key: Any) -> bool:
        return key in self.value

    @property
    def n_returned_outputs(self) -> int:
        """How many outputs a call returns: the others are new values of shared variables."""
        return len(self.outputs)

    def sync_shared(self) -> None:
        """Wait until shared variables have the values of the last call: they have them when it returns."""

    def get_shared(self) -> list[Any]:
        """The shared variables that the function reads or updates."""
        return [spec.variable for spec in self.maker.inputs if spec.shared]

    # ---- copies ----

    def copy(
        self,
        share_memory: bool = False,
        swap: dict[Any, Any] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> Function:
        """Another function of the same graph, without rewriting it again.

        Parameters
        ----------
        share_memory
            Accepted for older programs; functions own no memory between calls.
        swap
            ``{shared variable: another one of the same type}``; others stay shared with this function.
        delete_updates
            The copy updates nothing.
        name, profile
            As for `theano.function`; the name is by default "<this name> copy".
        """
        if name is None and self.name:
            name = f"{self.name} copy"
        made: Function = copy_function(self.maker, self.input_storage, swap or {}, delete_updates, name, profile)
        return made

    def __copy__(self) -> Function:
        return self.copy(name=self.name)

    def _state(self) -> dict[str, Any]:
        return state_of(self.maker, self.input_storage, self.name, self.trust_input)

    def __deepcopy__(self, memo: dict[int, Any]) -> Function:
        made: Function = restore_function(copy_state(self._state(), memo))
        memo[id(self)] = made
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        return restore_function, (self._state(),)

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} {self.name!r} at {id(self):#x}>"

    _repr_html_ = notebook_form
    _repr_svg_ = notebook_picture


def _label(spec: In, k: int) -> Any:
    return spec.name or (spec.variable if spec.variable.name else f"at index {k} ({spec.variable})")


def _finders(specs: list[In]) -> tuple[dict[str, Any], dict[Any, Any]]:
    by_name: dict[str, Any] = {}
    by_variable: dict[Any, Any] = {}
    for k, spec in enumerate(specs):
        by_variable[spec.variable] = k
        if spec.name is not None:
            by_name[spec.name] = _DUPLICATE if spec.name in by_name else k
    return by_name, by_variable


class Containers:
    """The containers of a function's inputs, by name, variable or index."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def __getitem__(self, key: Any) -> Any:
        return self._function.input_storage[self._function._index(key)]

    def __contains__(self, key: Any) -> bool:
        try:
            self._function._index(key)
        except TypeError:
            return False
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter(self._function.input_storage)

    def __len__(self) -> int:
        return len(self._function.input_storage)


class Values(Containers):
    """The values of a function's inputs, by name, variable or index."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key).value

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__getitem__(key).value = detached_copy(value)

    def __iter__(self) -> Iterator[Any]:
        return (container.value for container in self._function.input_storage)


class StorageRunner:
    """``f.fn()``: run on what `input_storage` holds and leave the results in `output_storage`.

    Programs that measure or call a function often use it to do without argument handling.
    """

    def __init__(self, function: Function) -> None:
        self._function = function

    @cached_property
    def storage_map(self) -> dict[Variable, list[Any]]:
        """For each variable of the rewritten graph a list of its value: None unless it is kept between calls.

        Kept are constants, shared values, default values of inputs, and the results of the last ``f.fn()``.
        """
        function = self._function
        fgraph = function.maker.fgraph
        found: dict[Variable, list[Any]] = {}
        for variables, containers in (
            (fgraph.inputs, function.input_storage),
            (fgraph.outputs[: len(function.outputs)], function.output_storage),
        ):
            for variable, container in zip(variables, containers, strict=True):
                found.setdefault(variable, container.storage)
        for variable in ancestors(fgraph.outputs):
            found.setdefault(variable, [variable.data] if isinstance(variable, Constant) else [None])
        return found

    def __call__(self, n_calls: int = 1, output_subset: Sequence[int] | None = None) -> list[Any]:
        function = self._function
        outputs: list[Any] = []
        for _ in range(n_calls):
            values = [container.storage[0] for container in function.input_storage[: len(function._specs)]]
            results = function.executor(values)
            outputs = results[: len(function.outputs)]
            for k, new in zip(function._states, results[len(function.outputs) :], strict=True):
                if k in function._overwritten and isinstance(values[k], np.ndarray):
                    np.copyto(values[k], new)
                else:
                    function.input_storage[k].storage[0] = new
            for container, value in zip(function.output_storage, outputs, strict=True):
                container.storage[0] = value
        return outputs
