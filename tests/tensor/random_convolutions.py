"""Random convolutions and their gradients, with work around them; native against NumPy, and each number of threads."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from theano.tensor.nnet.abstract_conv import AbstractConv

import theano
import theano.tensor as T
from theano.runtime import threads
from theano.tensor.nnet.convolution.geometry import get_conv_output_shape

DTYPES = ["float32", "float32", "float64", "float64", "complex64", "complex128", "float16", "int32"]
TOLERANCE = {"float16": 3e-2, "float32": 3e-4, "complex64": 3e-4, "float64": 1e-11, "complex128": 1e-11}
THREADS = (1, 2, 3, 4)


class RandomConvolution:
    """Draws a convolution from `rng`: any geometry, some lengths known, some zero.

    Attributes
    ----------
    op, dtype, shapes
        The operation; the shapes of images, kernels, what is added for each kernel, and gradients of results.
    inputs, outputs
        Of the function.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        n = rng.choice([1, 2, 2, 2, 3])
        self.dtype, groups = rng.choice(DTYPES), rng.choice([1, 1, 1, 2, 3])
        many = n == 2 and rng.random() < 0.2
        channels, kernels = (rng.randint(32, 50) if many else rng.choice([0, 1, 2, rng.randint(1, 6)]) for _ in "ck")
        lengths = [3] * n if many else [rng.randint(1, 5 if n < 3 else 3) for _ in range(n)]
        stride, dilation = ([rng.choice([1, 1, 1, 2, 3]) for _ in range(n)] for _ in "sd")
        border = rng.choice(["valid", "full", "half", 2, [(rng.randint(0, 3), rng.randint(0, 3)) for _ in range(n)]])
        unshared = not many and n < 3 and rng.random() < 0.15
        self.op = AbstractConv(n, None, None, border, stride, rng.random() < 0.5, dilation, groups, unshared)
        pads = self.op.pads(lengths)
        least = [max((k - 1) * d + 1 - a - b, 1) for k, d, (a, b) in zip(lengths, dilation, pads, strict=True)]
        images = [m + rng.choice([0, 1, rng.randint(0, 25 if n < 3 else 6)]) for m in least]
        shape = (rng.choice([0, 1, 2, rng.randint(1, 9)]), channels * groups, *images)
        out = get_conv_output_shape(shape, (kernels * groups, channels, *lengths), border, stride, dilation)
        places = out[2:] if unshared else ()
        self.shapes = [shape, (kernels * groups, *places, channels, *lengths), (kernels * groups,), tuple(out)]
        if rng.random() < 0.3:  # some lengths are promised
            hints = [[k if rng.random() < 0.6 else None for k in s] for s in self.shapes[:2]]
            given = (border, stride, self.op.filter_flip, dilation, groups, unshared)
            self.op = AbstractConv(n, *(rng.choice([None, hint]) for hint in hints), *given)
        self.inputs = [self._variable(s) for s in self.shapes]
        self.outputs = self._outputs(*self.inputs)

    def _variable(self, shape: tuple[int, ...]) -> Any:
        known = self.rng.random() < 0.4
        return T.TensorType(self.dtype, shape=[k if known and self.rng.random() < 0.7 else None for k in shape])()

    def _outputs(self, x: Any, w: Any, b: Any, g: Any) -> list[Any]:
        rng, bias = self.rng, b.dimshuffle("x", 0, *["x"] * self.op.convdim)
        images = rng.choice([x, x, x * 2 + 1, x[:, ::-1], x[..., ::-1], T.concatenate([x[:1], x[1:] * 2])])
        y = self.op(images, rng.choice([w, w, -w, w + w[::-1]]))
        made = [y, y + bias, y * bias + 1, y.sum(axis=1, keepdims=True) + bias]
        if self.dtype.startswith("float"):
            made += [T.tanh(y + bias), T.nnet.relu(y + bias), T.exp(-abs(y + bias)), y + bias - y.mean(axis=0)]
        z = rng.choice(made)
        if self.dtype == "int32":
            return [z]
        cost = T.real((z * g).sum()) if self.dtype.startswith("complex") else (z * g).sum()
        return [z, *T.grad(cost, [x, w, b], disconnected_inputs="ignore")]

    def arguments(self) -> list[np.ndarray]:
        return [self._laid(self._numbers(s)) for s in self.shapes]

    def _numbers(self, shape: tuple[int, ...]) -> np.ndarray:
        rng = np.random.RandomState(self.rng.randrange(1 << 30))
        x = np.asarray(rng.randn(*shape) * (3 if self.dtype == "int32" else 1))
        return (x + 1j * rng.randn(*shape)).astype(self.dtype) if "complex" in self.dtype else x.astype(self.dtype)

    def _laid(self, x: np.ndarray) -> np.ndarray:
        """The same numbers, somehow in memory."""
        apart = np.repeat(x, 2, axis=-1)[..., 1::2]
        backwards = x[::-1].copy()[::-1]
        channels_last = np.moveaxis(np.moveaxis(x, min(1, x.ndim - 1), -1).copy(), -1, min(1, x.ndim - 1))
        return self.rng.choice([x, x, np.asfortranarray(x), apart, backwards, channels_last])


def _refuse(made: RandomConvolution, native: Any, perform: Any, where: str) -> None:
    """Where one length is another one, both forms are to raise an error, or both to give results of equal shapes."""
    rng, args = made.rng, made.arguments()
    k = rng.randrange(len(args))
    a = rng.randrange(args[k].ndim)
    shape = list(args[k].shape)
    if made.inputs[k].type.shape[a] is not None:
        return
    shape[a] += rng.choice([1, 2] if shape[a] == 0 else [1, -1, shape[a]])
    args[k] = made._numbers(tuple(shape))
    found = []
    for f in (native, perform):
        try:
            found.append([r.shape for r in f(*args)])
        except ValueError:
            found.append(None)
    assert found[0] == found[1], f"{where}: argument {k} of shape {shape}: {found}"


def compare(seed: int) -> None:
    """Compile a random program, compare it with what the operations' NumPy forms give, and its bits for any threads."""
    made = RandomConvolution(random.Random(seed))
    where = f"seed {seed}: {made.op} {made.dtype} {made.shapes}"
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=1):
        native, perform = (
            theano.function(made.inputs, made.outputs, mode=mode, on_unused_input="ignore")
            for mode in ("FAST_RUN", "FAST_COMPILE")
        )
    _refuse(made, native, perform, where)
    args, before = made.arguments(), threads.num_threads()
    tolerance = TOLERANCE.get(made.dtype, 0)
    found = []
    try:
        for number in THREADS:
            threads.set_num_threads(number)
            found.append([np.array(r) for r in native(*args)])
    finally:
        threads.set_num_threads(before)
    for k, (got, wanted) in enumerate(zip(found[0], perform(*args), strict=True)):
        assert got.dtype == wanted.dtype and got.shape == wanted.shape, where
        largest = float(np.abs(wanted).max(initial=0))
        np.testing.assert_allclose(got, wanted, tolerance, tolerance * largest, err_msg=f"{where}, output {k}")
        assert len({results[k].tobytes() for results in found}) == 1, f"{where}: output {k} depends on threads"
