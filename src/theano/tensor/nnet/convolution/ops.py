"""Convolutions along one, two or three axes: one family of operations, closed under differentiation.

    y[n, k, o] = sum over c, r of  x[n, c, s*o + d*r - p] * w[k, c, r]

is linear in the images x and in the kernels w. `AbstractConv` gives y of x and w, `AbstractConv_gradWeights` the
gradient of w from x and that of y, `AbstractConv_gradInputs` the gradient of x from w and that of y. The gradients of
each are the other two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX, upcast
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.shape_agreement import as_directions, as_long_as
from theano.tensor.checks.static_value import known_ints
from theano.tensor.nnet.convolution import geometry
from theano.tensor.nnet.convolution.geometry import border_mode_to_pad, get_conv_output_shape, hint, numbers, truth
from theano.tensor.nnet.convolution.reference import Pads, PlainConvolutions
from theano.tensor.opsupport import Shapes, as_index, disconnected, holomorphic, single
from theano.tensor.pointwise.math import cast, maximum
from theano.tensor.shaping.shape import as_shape_vector, shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "AbstractConv", "AbstractConv2d", "AbstractConv2d_gradInputs", "AbstractConv2d_gradWeights", "AbstractConv3d",
    "AbstractConv3d_gradInputs", "AbstractConv3d_gradWeights", "AbstractConv_gradInputs", "AbstractConv_gradWeights",
    "BaseAbstractConv",
]  # fmt: skip


NEGATIVE = "images can't have negative lengths"


class BaseAbstractConv(PlainConvolutions, Op):
    """What the three directions share.

    Parameters
    ----------
    convdim
        The number of axes along which kernels move: 1, 2 or 3.
    imshp, kshp
        What is known of the shapes of images and kernels; looked at when the function runs.
    border_mode
        'valid', 'full', 'half', an int, or for each axis an int or a pair (before, behind).
    subsample, filter_dilation
        Strides and dilations, an int for each axis.
    filter_flip
        Whether kernels are turned around, as in a convolution; else it is a correlation.
    num_groups
        Channels are in so many groups, each with kernels of its own.
    unshared
        Whether each place of the result has kernels of its own: (kernels, places, channels, lengths).

    Raises
    ------
    ValueError, TypeError
        A parameter makes no sense.

    Examples
    --------
    >>> theano.tensor.nnet.abstract_conv.AbstractConv(2, subsample=2).subsample
    (2, 2)
    """

    __props__ = (
        "convdim", "border_mode", "subsample", "filter_flip", "imshp", "kshp", "filter_dilation", "num_groups",
        "unshared",
    )  # fmt: skip
    check_broadcast = False
    linear_in = (0, 1)
    # What an object has that is told nothing else.
    convdim: int = 0
    imshp: tuple[int | None, ...] | None = None
    kshp: tuple[int | None, ...] | None = None
    border_mode: Any = "valid"
    subsample: tuple[int, ...] = ()
    filter_dilation: tuple[int, ...] = ()
    filter_flip: bool = True
    num_groups: int = 1
    unshared: bool = False

    def __init__(
        self, convdim: int, imshp: Any = None, kshp: Any = None, border_mode: Any = "valid", subsample: Any = None,
        filter_flip: bool = True, filter_dilation: Any = None, num_groups: int = 1, unshared: bool = False,
    ) -> None:  # fmt: skip
        if convdim not in (1, 2, 3):
            raise ValueError(f"convolution along {convdim} axes is not there: 1, 2 or 3 are")
        self.convdim = convdim
        self.subsample = numbers(subsample, convdim, 1, "subsample")
        self.filter_dilation = numbers(filter_dilation, convdim, 1, "filter_dilation")
        self.border_mode = geometry.normal_border_mode(border_mode, convdim)
        self.filter_flip = truth(filter_flip, "filter_flip")
        self.num_groups = numbers(num_groups, 1, 1, "num_groups")[0]
        self.unshared = truth(unshared, "unshared")
        self.imshp = hint(imshp, 2 + convdim, "the shape of images")
        self.kshp = hint(kshp, 2 + convdim * (2 if unshared else 1), "the shape of kernels")
        self._check_hints()

    def _check_hints(self) -> None:
        """ValueError where no images and kernels can be what was promised."""
        images, kernels = self.imshp or (None,) * 2, self.kshp or (None,) * (self.convdim + 2)
        channels, of_kernels, count = images[1], kernels[-self.convdim - 1], kernels[0]
        why = ""
        if channels is not None and of_kernels is not None and channels != of_kernels * self.num_groups:
            why = f"{channels} channels of images for {of_kernels} of kernels and {self.num_groups} groups"
        elif channels is not None and channels % self.num_groups:
            why = f"{channels} channels can't be in {self.num_groups} groups"
        elif count is not None and count % self.num_groups:
            why = f"{count} kernels can't be in {self.num_groups} groups"
        if why:
            raise ValueError(f"{type(self).__name__}: {why} were promised: images {self.imshp}, kernels {self.kshp}")

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Sequence[Any]:
        return super().R_op(inputs, as_directions(self, inputs, eval_points))

    def do_constant_folding(self, node: Apply) -> bool:
        """Never: results are large."""
        return False

    def flops(self, inp: Sequence[Sequence[int]], outp: Sequence[Sequence[int]]) -> int:
        """How many multiplications and additions a convolution of these shapes makes."""
        (_, kernels), (out,) = inp, outp
        return 2 * math.prod(out) * math.prod(kernels[-self.convdim - 1 :])

    # -- shapes ----------------------------------------------------------------------------------------------
    def _sides(self, **given: Any) -> list[Any]:
        """Images, kernels or results, of the ranks that they must have."""
        found = {what: as_tensor_variable(value) for what, value in given.items()}
        ranks = {what: 2 + self.convdim * (2 if what == "kern" and self.unshared else 1) for what in found}
        if any(x.type.ndim != ranks[what] for what, x in found.items()):
            wanted = " and ".join(f"{what} {rank}" for what, rank in ranks.items())
            got = ", ".join(f"{what} {x} has {x.type.ndim}" for what, x in found.items())
            alone = ", ".join(["'x', 'x'", *map(str, range(self.convdim))])
            raise TypeError(
                f"{type(self).__name__}: {wanted} dimensions are needed; {got}. One image of one channel is made "
                f"such by .dimshuffle({alone})"
            )
        return list(found.values())

    @property
    def too_large(self) -> str:
        """What an error says of kernels that reach beyond images, with the parameters that matter."""
        told = f" and filter_dilation={self.filter_dilation}" if max(self.filter_dilation) > 1 else ""
        told = f" with border_mode={self.border_mode!r}{told}" if told or self.border_mode != "valid" else ""
        return f"kernels are larger than the padded images{told}"

    def dilated(self, kernel: Sequence[int]) -> tuple[int, ...]:
        """The lengths of a kernel with its dilation."""
        return tuple((k - 1) * d + 1 for k, d in zip(kernel, self.filter_dilation, strict=True))

    def pads(self, kernel: Sequence[int]) -> Pads:
        """The padding for a kernel of these lengths."""
        return border_mode_to_pad(self.border_mode, self.convdim, self.dilated(kernel))

    def _check(self, images: Sequence[int], kernels: Sequence[int], results: Sequence[int] | None) -> tuple[int, ...]:
        """The shape of the results; ValueError, with all shapes, where these don't fit together."""
        n = self.convdim

        def refuse(why: str) -> None:
            others = "" if results is None else f", results {tuple(results)}"
            raise ValueError(f"{type(self).__name__}: {why}: images {tuple(images)}, kernels {tuple(kernels)}{others}")

        for shape, known, what in ((images, self.imshp, "images"), (kernels, self.kshp, "kernels")):
            if known is not None and any(k is not None and k != s for k, s in zip(known, shape, strict=True)):
                refuse(f"the {what} have not the shape {known} that was promised")
        if min(images) < 0:
            refuse(NEGATIVE)
        channels = kernels[-n - 1]
        if images[1] != channels * self.num_groups:
            refuse(f"{images[1]} channels of images for {channels} of kernels and {self.num_groups} groups")
        if kernels[0] % self.num_groups:
            refuse(f"{kernels[0]} kernels can't be in {self.num_groups} groups")
        if 0 in kernels[-n:]:
            refuse("kernels have no elements")
        pads = self.pads(kernels[-n:])
        room = [i + a + b - k for i, (a, b), k in zip(images[2:], pads, self.dilated(kernels[-n:]), strict=True)]
        if min(room) < 0:
            refuse(self.too_large)
        made = (images[0], kernels[0], *(r // s + 1 for r, s in zip(room, self.subsample, strict=True)))
        if self.unshared and tuple(kernels[1 : n + 1]) != made[2:]:
            refuse(f"there should be kernels for the places {made[2:]}")
        if results is not None and tuple(results) != made:
            refuse(f"the results should have the shape {made}")
        return made

    @classmethod
    def _plain(cls, convdim: int, mode: Any, dilation: Any, num_groups: int, unshared: bool) -> Any:
        return AbstractConv(convdim, None, None, mode, None, True, dilation, num_groups, unshared)

    # -- the other directions --------------------------------------------------------------------------------
    def _towards(self, direction: str) -> Any:
        """The op of the same convolution in another direction."""
        given = (self.imshp, self.kshp, self.border_mode, self.subsample, self.filter_flip, self.filter_dilation,
                 self.num_groups)  # fmt: skip
        every, *of_axes = _DIRECTIONS[direction]
        if self.convdim == 1 or (self.convdim == 3 and self.unshared):  # which the ops of volumes don't know
            return every(self.convdim, *given, self.unshared)
        cls = of_axes[self.convdim - 2]
        return cls(*given, self.unshared) if self.convdim == 2 else cls(*given)


def _like(gradient: Any, x: Any) -> Any:
    """A gradient in the type of `x`: of real numbers the real part."""
    if gradient.type.dtype in COMPLEX and x.type.dtype not in COMPLEX:
        gradient = gradient.real
    gradient = cast(gradient, x.type.dtype) if gradient.type.dtype != x.type.dtype else gradient
    return patternbroadcast(gradient, x.type.broadcastable)


class AbstractConv(BaseAbstractConv):
    """The convolution of images with kernels; see `BaseAbstractConv` for the parameters, `conv2d` for a function.

    Parameters
    ----------
    convdim, imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        See `BaseAbstractConv`.

    Returns
    -------
    tensor
        Called with images (images, channels, lengths) and kernels (kernels, channels / num_groups, lengths):
        (images, kernels, lengths), of the common float dtype.

    Examples
    --------
    >>> AbstractConv(2, border_mode="half")(T.tensor4(), T.tensor4()).ndim
    4
    """

    def make_node(self, img: Any, kern: Any) -> Apply:
        img, kern = self._sides(img=img, kern=kern)
        images = [a if a is not None else b for a, b in zip(img.type.shape, self.imshp or (None,) * img.type.ndim)]
        kernels = [a if a is not None else b for a, b in zip(kern.type.shape, self.kshp or (None,) * kern.type.ndim)]
        known = get_conv_output_shape(images, kernels, self.border_mode, self.subsample, self.filter_dilation)
        # Of shapes that don't fit there is no result: an error when the function runs, not for who builds it.
        lengths = [None if n is None or n <= 1 else n for n in known[2:]]
        static = [img.type.shape[0], kern.type.shape[0], *lengths]
        return single(self, [img, kern], upcast(img.type.dtype, kern.type.dtype), static)

    def perform(self, node: Apply, inp: Sequence[Any], out_: Sequence[list[Any]]) -> None:
        out_[0][0] = self.forward(*inp)

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Shapes:
        images, kernels = input_shapes
        made = get_conv_output_shape(images, kernels, self.border_mode, self.subsample, self.filter_dilation)
        return [(*made[:2], *(maximum(n, 0) for n in made[2:]))]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (img, kern), (g,) = inputs, gs
        to_images = self._towards("inputs")(kern, g, shape_tuple(img))
        to_kernels = self._towards("weights")(img, g, shape_tuple(kern))
        return [_like(to_images, img), _like(to_kernels, kern)]


class _Backward(BaseAbstractConv):
    """A direction whose result's lengths are an input: those along which kernels move, or all of them.

    A gradient is told all, so that it fails where its forward convolution would: images of 2 channels don't get the
    gradient of 3 that kernels of 3 channels would give them.
    """

    made = ""  # what the gradient is of

    def _others(self, first: Sequence[Any], tops: Sequence[Any]) -> tuple[Any, ...]:
        """The lengths before those along which kernels move, by the shapes of the other two."""
        raise NotImplementedError

    def _shape(self, shape: Any, first: Any, top: Any) -> Any:
        """The vector of the lengths, or of all of them; what is None in front is told by the shapes of the others."""
        n, whole = self.convdim, 2 + self.convdim * (2 if self.unshared and self.made == "kernels" else 1)
        if isinstance(shape, (list, tuple)):
            known: int | None = len(shape)
            if any(length is None for length in shape[-n:]):
                raise ValueError(f"{self}: the lengths of {self.made} must be known, or expressions, not {shape!r}")
            if known == whole and any(length is None for length in shape):
                told = self._others(shape_tuple(first), shape_tuple(top))
                shape = [t if length is None else length for length, t in zip(shape, (*told, *shape[-n:]), strict=True)]
            shape = [as_index(length, "a length") for length in shape]
        vector = as_shape_vector(shape, n)
        known = vector.type.shape[0]
        if known not in (None, n, whole):
            raise ValueError(f"{self}: {self.made} have {n} lengths, or {whole} with all axes, not {known}: {shape}")
        return vector

    def _static(self, vector: Any, others: Sequence[int | None]) -> list[int | None]:
        """What is known of the shape of the result; a length of 1 that is only told makes no axis broadcastable."""
        n, found = self.convdim, [None if k == 1 else k for k in known_ints(vector) or ()]
        lengths = found[-n:] or [None] * n
        front = found[:-n] or [None] * len(others)
        return [*(a if a is not None else b for a, b in zip(others, front, strict=True)), *lengths]

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Shapes:
        first, tops, _ = input_shapes
        vector = node.inputs[2]
        lengths = [vector[k] for k in range(vector.type.shape[0] or self.convdim)]
        others = self._others(first, tops) if len(lengths) == self.convdim else ()
        return [(*others, *lengths)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [False]]


class AbstractConv_gradWeights(_Backward):
    """The gradient of a convolution with respect to its kernels, whose lengths or shape are the third input.

    Parameters
    ----------
    convdim, imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        See `BaseAbstractConv`.

    Returns
    -------
    tensor
        Called with images, the gradient of the result, and the lengths or the shape of kernels: (kernels,
        channels / num_groups, lengths).

    Examples
    --------
    >>> AbstractConv_gradWeights(2)(T.tensor4(), T.tensor4(), (3, 3)).ndim
    4
    """

    made = "kernels"

    def _others(self, first: Sequence[Any], tops: Sequence[Any]) -> tuple[Any, ...]:
        return (tops[1], *(tops[2:] if self.unshared else ()), first[1] // self.num_groups)

    def make_node(self, img: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True) -> Apply:
        img, top = self._sides(img=img, topgrad=topgrad)
        lengths, channels = self._shape(shape, img, top), img.type.shape[1]
        places = [None if n == 1 else n for n in top.type.shape[2:]] if self.unshared else ()
        share = None if channels is None else channels // self.num_groups
        others = [top.type.shape[1], *places, share if share != 1 or self.num_groups == 1 else None]
        dtype = upcast(img.type.dtype, top.type.dtype)
        return single(self, [img, top, lengths], dtype, self._static(lengths, others))

    def perform(self, node: Apply, inp: Sequence[Any], out_: Sequence[list[Any]]) -> None:
        out_[0][0] = self.weights(inp[0], inp[1], [int(n) for n in inp[2]])

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (img, top, _), (g,) = inputs, gs
        to_images = self._towards("inputs")(g, top, shape_tuple(img))
        to_top = _like(self._towards("forward")(img, g), top)
        return [_like(to_images, img), as_long_as(self, "topgrad", top, to_top, img=img), disconnected()]


class AbstractConv_gradInputs(_Backward):
    """The gradient of a convolution with respect to its images, whose lengths or shape are the third input.

    Parameters
    ----------
    convdim, imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        See `BaseAbstractConv`.

    Returns
    -------
    tensor
        Called with kernels, the gradient of the result, and the lengths or the shape of images: (images, channels,
        lengths).

    Examples
    --------
    >>> AbstractConv_gradInputs(2)(T.tensor4(), T.tensor4(), (8, 8)).ndim
    4
    """

    made = "images"

    def _others(self, first: Sequence[Any], tops: Sequence[Any]) -> tuple[Any, ...]:
        return (tops[0], first[-self.convdim - 1] * self.num_groups)

    def make_node(self, kern: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True) -> Apply:
        kern, top = self._sides(kern=kern, topgrad=topgrad)
        lengths, channels = self._shape(shape, kern, top), kern.type.shape[-self.convdim - 1]
        others = [top.type.shape[0], None if channels is None else channels * self.num_groups]
        dtype = upcast(kern.type.dtype, top.type.dtype)
        return single(self, [kern, top, lengths], dtype, self._static(lengths, others))

    def perform(self, node: Apply, inp: Sequence[Any], out_: Sequence[list[Any]]) -> None:
        out_[0][0] = self.inputs(inp[0], inp[1], [int(n) for n in inp[2]])

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (kern, top, _), (g,) = inputs, gs
        to_kernels = self._towards("weights")(g, top, shape_tuple(kern))
        to_top = _like(self._towards("forward")(g, kern), top)
        return [_like(to_kernels, kern), as_long_as(self, "topgrad", top, to_top, kern=kern), disconnected()]


class _TwoAxes:
    """Of images."""

    def __init__(
        self, imshp: Any = None, kshp: Any = None, border_mode: Any = "valid", subsample: Any = (1, 1),
        filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1, unshared: bool = False,
    ) -> None:  # fmt: skip
        given = (imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)
        super().__init__(2, *given)  # type: ignore[call-arg]


class _ThreeAxes:
    """Of films and volumes."""

    def __init__(
        self, imshp: Any = None, kshp: Any = None, border_mode: Any = "valid", subsample: Any = (1, 1, 1),
        filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
    ) -> None:  # fmt: skip
        given = (imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups)
        super().__init__(3, *given)  # type: ignore[call-arg]


class AbstractConv2d(_TwoAxes, AbstractConv):
    """`AbstractConv` of images.

    Parameters
    ----------
    imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        See `BaseAbstractConv`.

    Examples
    --------
    >>> AbstractConv2d(border_mode="half")(T.tensor4(), T.tensor4()).ndim
    4
    """


class AbstractConv2d_gradWeights(_TwoAxes, AbstractConv_gradWeights):
    """`AbstractConv_gradWeights` of images.

    Parameters
    ----------
    imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        See `BaseAbstractConv`.

    Examples
    --------
    >>> AbstractConv2d_gradWeights()(T.tensor4(), T.tensor4(), (3, 3)).ndim
    4
    """


class AbstractConv2d_gradInputs(_TwoAxes, AbstractConv_gradInputs):
    """`AbstractConv_gradInputs` of images.

    Parameters
    ----------
    imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        See `BaseAbstractConv`.

    Examples
    --------
    >>> AbstractConv2d_gradInputs()(T.tensor4(), T.tensor4(), (8, 8)).ndim
    4
    """


class AbstractConv3d(_ThreeAxes, AbstractConv):
    """`AbstractConv` of films and volumes.

    Parameters
    ----------
    imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups
        See `BaseAbstractConv`.

    Examples
    --------
    >>> AbstractConv3d(border_mode="half")(T.tensor5(), T.tensor5()).ndim
    5
    """


class AbstractConv3d_gradWeights(_ThreeAxes, AbstractConv_gradWeights):
    """`AbstractConv_gradWeights` of films and volumes.

    Parameters
    ----------
    imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups
        See `BaseAbstractConv`.

    Examples
    --------
    >>> AbstractConv3d_gradWeights()(T.tensor5(), T.tensor5(), (3, 3, 3)).ndim
    5
    """


class AbstractConv3d_gradInputs(_ThreeAxes, AbstractConv_gradInputs):
    """`AbstractConv_gradInputs` of films and volumes.

    Parameters
    ----------
    imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups
        See `BaseAbstractConv`.

    Examples
    --------
    >>> AbstractConv3d_gradInputs()(T.tensor5(), T.tensor5(), (8, 8, 8)).ndim
    5
    """


_DIRECTIONS: dict[str, tuple[Any, Any, Any]] = {
    "forward": (AbstractConv, AbstractConv2d, AbstractConv3d),
    "weights": (AbstractConv_gradWeights, AbstractConv2d_gradWeights, AbstractConv3d_gradWeights),
    "inputs": (AbstractConv_gradInputs, AbstractConv2d_gradInputs, AbstractConv3d_gradInputs),
}
