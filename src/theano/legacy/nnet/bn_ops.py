"""Batch normalisation as operations, as older programs ask for: names for the expressions of `bn`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply
from theano.scalar.dtypes import FLOAT
from theano.tensor.checks.declared_shapes import addbroadcast, patternbroadcast
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.linalg.matrices import Composed
from theano.tensor.making.alloc import zeros_like
from theano.tensor.nnet.normalising.bn import alone, count, tested, trained
from theano.tensor.nnet.normalising.epsilon import epsilon_like
from theano.tensor.opsupport import Shapes, disconnected, index_constant, is_disconnected
from theano.tensor.pointwise.math import cast, sqrt
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.variable import as_tensor_variable

__all__ = ["AbstractBatchNormInference", "AbstractBatchNormTrain", "AbstractBatchNormTrainGrad"]


class _BatchNorm(Composed):
    """An operation that is replaced by its expression before a function is rewritten.

    Parameters
    ----------
    axes
        The axes over which statistics are taken.
    """

    __props__ = ("axes",)
    is_inline = True

    def __init__(self, axes: Sequence[int] = (0,)) -> None:
        if not isinstance(axes, list | tuple) or len(axes) == 0:
            raise ValueError(f"axes must be a list or tuple of numbers, and have one, got {axes!r}")
        self.axes = tuple(int(a) for a in axes)

    def _operands(self, x: Any, like_x: dict[str, Any], parameters: dict[str, Any], epsilon: Any) -> list[Any]:
        """`x` and what has its shape, parameters with all axes of which `axes` have length 1, and `epsilon`."""
        x = as_tensor_variable(x)
        if x.type.dtype not in FLOAT:
            raise TypeError(f"{type(self).__name__}: x must be a tensor of floats, got {x.type}")
        given = {name: as_tensor_variable(v) for name, v in parameters.items()}
        others = {name: as_tensor_variable(v) for name, v in like_x.items()}
        for v in (*others.values(), *given.values()):
            if v.type.ndim != x.type.ndim:
                name, wanted = type(self).__name__, x.type.ndim
                raise TypeError(f"{name}: {v} has {v.type.ndim} axes and must have the {wanted} of x")
        letters = [str(a) for a in range(x.type.ndim)]
        kept = ["" if a in self.axes else letters[a] for a in range(x.type.ndim)]
        sides = {"x": (x, letters)} | {name: (v, letters) for name, v in others.items()}
        sides |= {name: (v, kept) for name, v in given.items()}
        required = alone(given, self.axes)
        found = [x, *(fitting(type(self).__name__, name, sides, required) for name in others)]
        found += [addbroadcast(fitting(type(self).__name__, name, sides, required), *self.axes) for name in given]
        return [*found, epsilon_like(type(self).__name__, epsilon, x)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        # Of all of them the outputs are as long along the other axes as `x`.
        return [
            tuple(index_constant(1) if n == 1 else m for n, m in zip(v.type.shape, shapes[0], strict=True))
            for v in node.outputs
        ]

    def _sum(self, x: Any) -> Any:
        return sum_(x, axis=self.axes, keepdims=True)


def _typed(gradients: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """Gradients in the broadcast patterns of what they are of."""
    pairs = zip(gradients, inputs, strict=True)
    return [disconnected() if g is None else patternbroadcast(g, v.type.broadcastable) for g, v in pairs]


class AbstractBatchNormTrain(_BatchNorm):
    """``(x, scale, bias, epsilon, factor[, running mean, running variance])``: `batch_normalization_train` as an op.

    The outputs are those of the function. Parameters have all axes of `x`.

    Parameters
    ----------
    axes
        The axes over which statistics are taken.

    Raises
    ------
    ValueError
        A running variance is given without a running mean.

    Examples
    --------
    >>> from theano.tensor.nnet.bn import AbstractBatchNormTrain
    >>> out, mean, invstd = AbstractBatchNormTrain(axes=(0,))(np.array([[1.0], [3.0]]), [[2.0]], [[5.0]])
    >>> mean.eval()
    array([[2.]])
    """

    def make_node(
        self, x: Any, scale: Any, bias: Any, epsilon: Any = 1e-4, running_average_factor: Any = 0.1,
        running_mean: Any = None, running_var: Any = None,
    ) -> Apply:  # fmt: skip
        if running_mean is None and running_var is not None:
            raise ValueError("AbstractBatchNormTrain: running_var needs running_mean, too")
        running = [v for v in (running_mean, running_var) if v is not None]
        names = ("scale", "bias", "running_mean", "running_var")
        parameters = dict(zip(names, [scale, bias, *running]))
        x, scale, bias, *rest, epsilon = self._operands(x, {}, parameters, epsilon)
        factor: Any = as_tensor_variable(running_average_factor)
        return super().make_node(x, scale, bias, epsilon, cast(factor, x.type.dtype), *rest)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, scale, bias, epsilon, factor, *running = inputs
        running_mean, running_var = [*running, None, None][:2]
        return trained(x, scale, bias, self.axes, epsilon, factor, running_mean, running_var)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        n = len(node.outputs)
        found = [[True] * n, [k == 0 for k in range(n)], [k == 0 for k in range(n)], [False] * n, [False] * n]
        return [*found, *([k == i for k in range(n)] for i in range(3, n))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, scale, bias, epsilon, factor = inputs[:5]
        mean, invstd = outputs[1:3]
        g_out, g_mean, g_invstd, *g_running = (None if is_disconnected(g) else g for g in gs)
        m = count(x, self.axes)
        found: list[Any] = [zeros_like(x), None, None]
        if g_out is not None:
            found = AbstractBatchNormTrainGrad(self.axes)(x, g_out, scale, mean, invstd, epsilon)
        of_mean = [g_mean] if g_mean is not None else []
        of_variance = [g_invstd * -0.5 * invstd**3] if g_invstd is not None else []
        rest: list[Any] = [None] * len(g_running)
        for k, g in enumerate(g_running):
            if g is not None:
                rest[k] = g * (1 - factor)
                (of_mean, of_variance)[k].append(g * factor * (m / (m - 1) if k else 1))
        for g in of_mean:
            found[0] = found[0] + g / m
        for g in of_variance:
            found[0] = found[0] + g * (x - mean) * (2 / m)
        return _typed([*found, None, None, *rest], inputs)


class AbstractBatchNormTrainGrad(_BatchNorm):
    """``(x, dy, scale, mean, invstd, epsilon) -> dx, dscale, dbias``: the gradients of `AbstractBatchNormTrain`.

    With ``h = (x - mean) * invstd``, ``dbias = sum(dy)``, ``dscale = sum(dy * h)`` and
    ``dx = scale * invstd * (dy - mean(dy) - h * mean(dy * h))``, sums and means over `axes` (S. Ioffe, C. Szegedy,
    "Batch normalization", 2015, section 3).

    Parameters
    ----------
    axes
        The axes over which statistics are taken.

    Examples
    --------
    >>> from theano.tensor.nnet.bn import AbstractBatchNormTrainGrad
    >>> x, one = np.array([[1.0], [3.0]]), np.ones((1, 1))
    >>> dx, dscale, dbias = AbstractBatchNormTrainGrad((0,))(x, x, one, 2 * one, one)
    >>> dbias.eval()
    array([[4.]])
    """

    def make_node(self, x: Any, dy: Any, scale: Any, x_mean: Any, x_invstd: Any, epsilon: Any = 1e-4) -> Apply:
        parameters = {"scale": scale, "x_mean": x_mean, "x_invstd": x_invstd}
        return super().make_node(*self._operands(x, {"dy": dy}, parameters, epsilon))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, dy, scale, mean, invstd, _ = inputs
        h = (x - mean) * invstd
        dscale, dbias = self._sum(dy * h), self._sum(dy)
        return [scale * invstd * self._left(dy, h, dscale, dbias, count(x, self.axes)), dscale, dbias]

    @staticmethod
    def _left(dy: Any, h: Any, dscale: Any, dbias: Any, m: Any) -> Any:
        return dy - dbias / m - h * (dscale / m)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, True, False], [True] * 3, [True, False, False], *([[True, True, False]] * 2), [False] * 3]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, dy, scale, mean, invstd, _ = inputs
        m = count(x, self.axes)
        h = (x - mean) * invstd
        left = self._left(dy, h, outputs[1], outputs[2], m)
        g, g_scale, g_bias = (None if is_disconnected(v) else v for v in gs)
        d_dy, d_h, d_scale, d_invstd = zeros_like(dy), zeros_like(dy), None, zeros_like(invstd)
        if g is not None:
            w = g * scale * invstd
            along = self._sum(w * h) / m
            d_dy = w - self._sum(w) / m - h * along
            d_h = -w * (outputs[1] / m) - dy * along
            d_scale, d_invstd = self._sum(g * invstd * left), self._sum(g * scale * left)
        if g_scale is not None:
            d_dy, d_h = d_dy + g_scale * h, d_h + g_scale * dy
        if g_bias is not None:
            d_dy = d_dy + g_bias
        d_mean, d_invstd = -self._sum(d_h * invstd), d_invstd + self._sum(d_h * (x - mean))
        return _typed([d_h * invstd, d_dy, d_scale, d_mean, d_invstd, None], inputs)


class AbstractBatchNormInference(_BatchNorm):
    """``(x, scale, bias, mean, variance, epsilon)``: `batch_normalization_test` as an op; parameters have all axes.

    Parameters
    ----------
    axes
        The axes over which statistics are taken.

    Examples
    --------
    >>> from theano.tensor.nnet.bn import AbstractBatchNormInference
    >>> one = np.ones((1, 1))
    >>> AbstractBatchNormInference((0,))(np.array([[1.0], [3.0]]), one, one, one, one, epsilon=0.0).eval().tolist()
    [[1.0], [3.0]]
    """

    def make_node(
        self, x: Any, scale: Any, bias: Any, estimated_mean: Any, estimated_variance: Any, epsilon: Any = 1e-4
    ) -> Apply:
        parameters = {
            "scale": scale, "bias": bias, "estimated_mean": estimated_mean, "estimated_variance": estimated_variance
        }  # fmt: skip
        return super().make_node(*self._operands(x, {}, parameters, epsilon))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [tested(*inputs)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [*([[True]] * 5), [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x, scale, _, mean, variance, epsilon), (g,) = inputs, gs
        invstd = 1 / sqrt(variance + epsilon)
        dx = g * scale * invstd
        d_scale = self._sum(g * (x - mean) * invstd)
        d_variance = d_scale * scale * invstd**2 * -0.5
        return _typed([dx, d_scale, self._sum(g), -self._sum(dx), d_variance, None], inputs)
