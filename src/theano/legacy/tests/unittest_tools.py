"""Helpers of tests of operations and functions, as client libraries import them."""

from __future__ import annotations

import functools
import importlib
import sys
import unittest
from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from typing import Any, NoReturn
from unittest import SkipTest

import numpy as np

import theano
from theano.base.flag_table import config
from theano.check.verify_grad import verify_grad as _verify_grad
from theano.compile import get_default_mode
from theano.gradient import GradientError
from theano.legacy.tensor.old_functions import _allclose, tolerances

__all__ = [
    "AttemptManyTimes", "InferShapeTester", "MockRandomState", "SkipTest", "T_OpContractMixin", "TestOptimizationMixin",
    "WrongValue", "assertFailure_fast", "assert_allclose", "attr", "custom_name_func", "fetch_seed", "seed_rng",
    "str_diagnostic", "verify_grad",
]  # fmt: skip

Function = Callable[..., Any]



def __getattr__(name: str) -> Any:
    if name == "parameterized":  # tests of older programs take it from here; only who asks needs it to be installed
        return importlib.import_module("parameterized").parameterized
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# -- random numbers -----------------------------------------------------------------------------------------------


def fetch_seed(pseed: int | None = None) -> int | None:
    """The seed for the random numbers of tests: `pseed`, or that of the flag ``unittests.rseed``.

    Returns
    -------
    int, or None where the flag says ``random``

    Raises
    ------
    ValueError
        The flag is neither a number nor ``random``.

    Examples
    --------
    >>> from theano.tests.unittest_tools import fetch_seed
    >>> fetch_seed(3), fetch_seed()
    (3, 666)
    """
    seed = config.unittests.rseed if pseed is None else pseed
    if seed == "random":
        return None
    try:
        return int(seed)
    except ValueError:
        raise ValueError(f"unittests.rseed must be a whole number or 'random', not {seed!r}") from None


def seed_rng(pseed: int | None = None) -> int | None:
    """Seed NumPy's random numbers by `fetch_seed`; returns the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


class MockRandomState:
    """Stands for a ``RandomState`` all of whose numbers are `val`.

    Examples
    --------
    >>> from theano.tests.unittest_tools import MockRandomState
    >>> MockRandomState(0.5).rand(2)
    array([0.5, 0.5])
    """

    def __init__(self, val: float) -> None:
        self.val = val

    def rand(self, *shape: int) -> np.ndarray:
        """An array of that shape."""
        return np.full(shape, self.val)

    def randint(self, minval: int, maxval: int | None = None, size: Any = 1) -> np.ndarray:
        """An integer array of that size; the bounds do not matter."""
        return np.full(size, self.val, dtype="int64")


def verify_grad(op: Function, pt: Sequence[Any], n_tests: int = 2, rng: Any = None, *args: Any, **kwargs: Any) -> None:
    """`theano.gradient.verify_grad`, with random numbers by `seed_rng` where `rng` is not given.

    Raises
    ------
    GradientError
        A gradient differs from finite differences.
    """
    if rng is None:
        seed_rng()
        rng = np.random
    _verify_grad(op, pt, n_tests, rng, *args, **kwargs)


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]  # what it raises, as tests ask for it


# -- values -------------------------------------------------------------------------------------------------------


class WrongValue(Exception):
    """Raised by `assert_allclose`: says how two arrays differ."""

    def __init__(self, expected_val: Any, val: Any, rtol: float | None, atol: float | None) -> None:
        super().__init__(expected_val, val, rtol, atol)
        self.val1 = expected_val
        self.val2 = val
        self.rtol = rtol
        self.atol = atol

    def __str__(self) -> str:
        return f"WrongValue\n{str_diagnostic(self.val1, self.val2, self.rtol, self.atol)}"


def str_diagnostic(expected: Any, value: Any, rtol: float | None, atol: float | None) -> str:
    """How two arrays differ, in words: types, extremes, and the largest absolute and relative differences.

    Examples
    --------
    >>> from theano.tests.unittest_tools import str_diagnostic
    >>> print(str_diagnostic(np.ones(2), np.array([1.0, 1.5]), None, None))
    expected: float64 (2,), from 1.0 to 1.0, mean 1.0
    value:    float64 (2,), from 1.0 to 1.5, mean 1.25
    largest absolute difference: 0.5, largest relative difference: 0.333...
    rtol=1e-05, atol=1e-08
    """
    arrays = np.asarray(expected), np.asarray(value)
    lines = []
    for words, a in zip(("expected: ", "value:    "), arrays, strict=True):
        extremes = f", from {a.min()} to {a.max()}, mean {a.mean()}" if a.size and a.dtype.kind in "biuf" else ""
        lines.append(f"{words}{a.dtype} {a.shape}{extremes}")
    first, second = arrays
    if first.shape == second.shape and first.size:
        apart = np.abs(first - second)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(apart == 0, 0.0, apart / np.maximum(np.abs(first), np.abs(second)))
        lines.append(f"largest absolute difference: {apart.max()}, largest relative difference: {relative.max()}")
    rtol, atol = tolerances(*arrays, rtol, atol)
    return "\n".join([*lines, f"rtol={rtol}, atol={atol}"])


def assert_allclose(expected: Any, value: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """Check that arrays are equal but for rounding.

    Parameters
    ----------
    expected, value
        Arrays, or one of them a number or an array that NumPy broadcasts to the shape of the other.
    rtol, atol
        Tolerances; those of the less exact dtype if not given.

    Raises
    ------
    WrongValue
        They differ, or their shapes do not broadcast.
    """
    try:
        equal = _allclose(expected, value, rtol, atol)
    except ValueError:  # of shapes
        equal = False
    if not equal:
        raise WrongValue(expected, value, rtol, atol)


# -- decorators ---------------------------------------------------------------------------------------------------


class AttemptManyTimes:
    """A decorator of tests with random numbers, which may fail now and then.

    Parameters
    ----------
    n_attempts
        How often the test is run at most.
    n_req_successes
        How often it must succeed.

    Raises
    ------
    ValueError
        More successes than attempts are asked for.
    """

    def __init__(self, n_attempts: int, n_req_successes: int = 1) -> None:
        if n_attempts < n_req_successes:
            raise ValueError(f"{n_req_successes} successes in {n_attempts} attempts: that can't be")
        self.n_attempts = n_attempts
        self.n_req_successes = n_req_successes

    def __call__(self, fct: Function) -> Function:
        @functools.wraps(fct)
        def attempt(*args: Any, **kwargs: Any) -> None:
            successes = 0
            for k in range(1, self.n_attempts + 1):
                try:
                    fct(*args, **kwargs)
                    successes += 1
                except Exception:
                    if successes + self.n_attempts - k < self.n_req_successes:
                        raise
                if successes == self.n_req_successes:
                    return

        return attempt


def assertFailure_fast(f: Function) -> Function:
    """A decorator of tests that are expected to fail with the flag ``cycle_detection=fast``, and only then."""

    @functools.wraps(f)
    def test(*args: Any, **kwargs: Any) -> None:
        if config.cycle_detection != "fast":
            f(*args, **kwargs)
            return
        try:
            f(*args, **kwargs)
        except AssertionError:
            return
        raise AssertionError(f"{f.__name__} was expected to fail with cycle_detection=fast")

    return test


def attr(tag: str) -> Callable[[Function], Function]:
    """A decorator that sets an attribute of a test to True: ``attr("slow")``."""

    def mark(function: Function) -> Function:
        setattr(function, tag, True)
        return function

    return mark


def custom_name_func(testcase_func: Function, param_num: Any, param: Any) -> str:
    """The name of a case of a parametrised test: with the arguments, in letters, digits and ``_``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from theano.tests.unittest_tools import custom_name_func
    >>> custom_name_func(len, 0, SimpleNamespace(args=(1, "a b")))
    'len_1_a_b'
    """
    words = "_".join(str(x) for x in param.args)
    return f"{testcase_func.__name__}_{''.join(c if c.isalnum() else '_' for c in words)}"


# -- base classes of tests ----------------------------------------------------------------------------------------


class TestOptimizationMixin:
    """Checks of what a compiled function consists of; `op` is an operation, or a class of them."""

    def assertFunctionContains(self, f: Any, op: Any, min: int = 1, max: int = sys.maxsize) -> None:
        """The graph has from `min` to `max` nodes of an operation; AssertionError otherwise."""
        self._check(f, [node.op for node in f.maker.fgraph.toposort() if node.op == op], min, max, op)

    def assertFunctionContains0(self, f: Any, op: Any) -> None:
        """It has none."""
        self.assertFunctionContains(f, op, min=0, max=0)

    def assertFunctionContains1(self, f: Any, op: Any) -> None:
        """It has one."""
        self.assertFunctionContains(f, op, min=1, max=1)

    def assertFunctionContainsN(self, f: Any, op: Any, N: int) -> None:
        """It has `N`."""
        self.assertFunctionContains(f, op, min=N, max=N)

    def assertFunctionContainsClass(self, f: Any, op: type, min: int = 1, max: int = sys.maxsize) -> None:
        """The graph has from `min` to `max` nodes of a class; AssertionError otherwise."""
        self._check(f, [node.op for node in f.maker.fgraph.toposort() if isinstance(node.op, op)], min, max, op)

    def assertFunctionContainsClassN(self, f: Any, op: type, N: int) -> None:
        """It has `N`."""
        self.assertFunctionContainsClass(f, op, min=N, max=N)

    @staticmethod
    def _check(f: Any, found: list[Any], least: int, most: int, op: Any) -> None:
        if not least <= len(found) <= most:
            nodes = ", ".join(str(node.op) for node in f.maker.fgraph.toposort())
            raise AssertionError(f"{op}: from {least} to {most} nodes expected, {len(found)} found among {nodes}")

    def SkipTest(self, msg: str = "Skip this test") -> NoReturn:
        """End a test without a result."""
        raise SkipTest(msg)


class T_OpContractMixin:
    """What operations promise: equality, hash, a name. A class of tests has ``ops``, a list; `other_op` differs
    from all of them."""

    ops: Sequence[Any]
    other_op: Any = theano.tensor.add

    def copy(self, x: Any) -> Any:
        """A copy that must be equal."""
        return copy(x)

    def deepcopy(self, x: Any) -> Any:
        """A deep copy that must be equal."""
        return deepcopy(x)

    def clone(self, op: Any) -> NoReturn:
        """An equal operation made anew: a class of tests must say how."""
        raise NotImplementedError("a class of tests that derives from T_OpContractMixin defines clone(op)")

    def test_eq(self) -> None:
        """Copies are equal, the operations are not."""
        for i, op in enumerate(self.ops):
            for same in (op, self.copy(op), self.deepcopy(op), self.clone(op)):
                assert op == same
            assert op != self.other_op
            assert all(op != other for j, other in enumerate(self.ops) if j != i)

    def test_hash(self) -> None:
        """What is equal has equal hashes; different ones differ."""
        for i, op in enumerate(self.ops):
            for same in (op, self.copy(op), self.deepcopy(op), self.clone(op)):
                assert hash(op) == hash(same)
            assert hash(op) != hash(self.other_op)
            assert all(hash(op) != hash(other) for j, other in enumerate(self.ops) if j != i)

    def test_name(self) -> None:
        """There are texts."""
        for op in self.ops:
            assert str(op) and repr(op)


class InferShapeTester(unittest.TestCase):
    """Tests of `Op.infer_shape`, by `_compile_and_check`."""

    def setUp(self) -> None:
        """Seed random numbers; shapes are computed in the default mode."""
        seed_rng()
        self.mode = get_default_mode()

    def _compile_and_check(
        self, inputs: Sequence[Any], outputs: Sequence[Any], numeric_inputs: Sequence[Any], cls: Any,
        excluding: Sequence[str] | None = None, warn: bool = True, check_topo: bool = True,
    ) -> None:  # fmt: skip
        """Check that shapes are those of the values, and are computed without the operation.

        Parameters
        ----------
        inputs, outputs
            Variables: of the function, and those whose shapes are checked.
        numeric_inputs
            Values of the inputs.
        cls
            Class of the operation that must not be in the graph of shapes, or a tuple of classes.
        excluding
            Rewrites to leave out.
        warn
            Warn about inputs that are square, where a wrong order of lengths would not be found.
        check_topo
            Look at the graph.

        Raises
        ------
        AssertionError
            A shape is wrong, or the operation is in the graph.
        """
        mode = self.mode.excluding(*excluding) if excluding else self.mode
        if warn and any(np.ndim(v) > 1 and len(set(np.shape(v))) < np.ndim(v) for v in numeric_inputs):
            theano.base.user_warnings.warn_user(
                f"the shapes of some inputs have equal lengths: {[np.shape(v) for v in numeric_inputs]}; choose "
                "different ones, or a wrong order will not be found (warn=False: no warning)"
            )
        values = theano.function(inputs, list(outputs), mode=mode, on_unused_input="ignore")(*numeric_inputs)
        shaped = [v.shape for v in outputs if hasattr(v, "shape")]
        shapes = theano.function(inputs, shaped, mode=mode, on_unused_input="ignore")
        if check_topo:
            found = [node for node in shapes.maker.fgraph.toposort() if isinstance(node.op, cls)]
            assert not found, f"the shapes are computed by {found}"
        for value, shape in zip(values, shapes(*numeric_inputs), strict=True):
            assert np.all(value.shape == shape), f"the shape is {value.shape}, infer_shape says {shape}"
