"""What convolutions mean: sums over NumPy arrays, in all three directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.tensor.nnet.convolution.geometry import get_conv_gradinputs_shape, get_conv_gradweights_shape

__all__ = ["Pads", "PlainConvolutions"]

Pads = tuple[tuple[int, int], ...]


class PlainConvolutions:
    """The numbers of operations that have the parameters of a convolution.

    Examples
    --------
    >>> op = theano.tensor.nnet.abstract_conv.AbstractConv2d()
    >>> op.forward(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))[0, 0]
    array([[4., 4.],
           [4., 4.]])
    """

    convdim: int
    subsample: tuple[int, ...]
    filter_dilation: tuple[int, ...]
    filter_flip: bool
    num_groups: int
    unshared: bool

    def pads(self, kernel: Sequence[int]) -> Pads:
        """The padding for a kernel of these lengths."""
        raise NotImplementedError

    def _check(self, images: Sequence[int], kernels: Sequence[int], results: Sequence[int] | None) -> tuple[int, ...]:
        """The shape of the results; ValueError where these don't fit together."""
        raise NotImplementedError

    def _turned(self, kernels: np.ndarray) -> np.ndarray:
        """Kernels in the order in which they meet the images."""
        return np.flip(kernels, tuple(range(-self.convdim, 0))) if self.filter_flip else kernels

    def _padded(self, images: np.ndarray, pads: Pads) -> np.ndarray:
        return np.pad(images, [(0, 0), (0, 0), *pads]) if any(map(any, pads)) else images

    def _windows(self, padded: np.ndarray, out: Sequence[int], kernel: Sequence[int]) -> np.ndarray:
        """(images, groups, channels, places, kernel): what each element of a kernel meets at each place."""
        n, g = self.convdim, self.num_groups
        strides = padded.strides
        spatial = [s * t for s, t in zip(self.subsample, strides[2:], strict=True)]
        inner = [d * t for d, t in zip(self.filter_dilation, strides[2:], strict=True)]
        channels = padded.shape[1] // g
        return np.lib.stride_tricks.as_strided(
            padded, (padded.shape[0], g, channels, *out[:n], *kernel),
            (strides[0], strides[1] * channels, strides[1], *spatial, *inner), writeable=False,
        )  # fmt: skip

    def _letters(self) -> tuple[str, str]:
        """Labels for `einsum`: of places and of elements of a kernel."""
        return "xyz"[: self.convdim], "pqr"[: self.convdim]

    def forward(self, images: np.ndarray, kernels: np.ndarray) -> np.ndarray:
        """The results for images and kernels."""
        n, g = self.convdim, self.num_groups
        made = self._check(images.shape, kernels.shape, None)
        dtype = np.result_type(images, kernels)
        if not (images.size and kernels.size):  # `einsum` of nothing has left what was in memory (NumPy 2.5, float16)
            return np.zeros(made, dtype)
        padded = self._padded(images.astype(dtype, copy=False), self.pads(kernels.shape[-n:]))
        windows = self._windows(padded, made[2:], kernels.shape[-n:])
        weights = self._turned(kernels.astype(dtype, copy=False))
        weights = weights.reshape(g, kernels.shape[0] // g, *weights.shape[1:])
        if self.unshared:
            o, r = self._letters()
            out = np.einsum(f"ngc{o}{r},gk{o}c{r}->ngk{o}", windows, weights)
        else:
            axes = (list(range(1, n + 2)), list(range(1, n + 2)))
            parts = []
            for k in range(g):
                # (images, channels, places, kernel) with (kernels, channels, kernel): images, places, kernels.
                part = np.moveaxis(windows[:, k], 1, n + 1)
                taken = list(range(n + 1, 2 * n + 2))
                parts.append(np.moveaxis(np.tensordot(part, weights[k], (taken, axes[1])), -1, 1))
            out = np.stack(parts, axis=1)
        return np.ascontiguousarray(out.reshape(made), dtype=dtype)

    def weights(self, images: np.ndarray, results: np.ndarray, kernel: Sequence[int]) -> np.ndarray:
        """The gradient with respect to kernels of these lengths, or of this shape, of that of the results."""
        n, g = self.convdim, self.num_groups
        count, channels = results.shape[1], images.shape[1] // g
        places = tuple(results.shape[2:]) if self.unshared else ()
        shape = (count, *places, channels, *kernel) if len(kernel) == n else tuple(kernel)
        self._check(images.shape, shape, results.shape)
        kernel = shape[-n:]
        dtype = np.result_type(images, results)
        if not (images.size and results.size):
            return np.zeros(shape, dtype)
        padded = self._padded(images.astype(dtype, copy=False), self.pads(kernel))
        windows = self._windows(padded, results.shape[2:], kernel)
        tops = results.astype(dtype, copy=False).reshape(results.shape[0], g, count // g, *results.shape[2:])
        if self.unshared:
            o, r = self._letters()
            out = np.einsum(f"ngc{o}{r},ngk{o}->gk{o}c{r}", windows, tops)
        else:
            axes = ([0, *range(2, n + 2)], [0, *range(2, n + 2)])
            out = np.stack([np.tensordot(tops[:, k], windows[:, k], axes) for k in range(g)])
        return np.ascontiguousarray(self._turned(out.reshape(shape)), dtype=dtype)

    def inputs(self, kernels: np.ndarray, results: np.ndarray, image: Sequence[int]) -> np.ndarray:
        """The gradient with respect to images of these lengths, or of this shape, of that of the results."""
        n, g = self.convdim, self.num_groups
        shape = (results.shape[0], kernels.shape[-n - 1] * g, *image) if len(image) == n else tuple(image)
        self._check(shape, kernels.shape, results.shape)
        image = shape[2:]
        dtype = np.result_type(kernels, results)
        if not (kernels.size and results.size):
            return np.zeros(shape, dtype)
        pads, kernel = self.pads(kernels.shape[-n:]), kernels.shape[-n:]
        padded = np.zeros((*shape[:2], *(i + a + b for i, (a, b) in zip(image, pads, strict=True))), dtype)
        by_group = padded.reshape(shape[0], g, shape[1] // g, *padded.shape[2:])
        weights = self._turned(kernels.astype(dtype, copy=False))
        weights = weights.reshape(g, kernels.shape[0] // g, *weights.shape[1:])
        tops = results.astype(dtype, copy=False).reshape(results.shape[0], g, kernels.shape[0] // g, *results.shape[2:])
        o = self._letters()[0]
        for at in np.ndindex(*kernel):
            taps = weights[(..., *at)]
            what = f"ngk{o},gk{o}c->ngc{o}" if self.unshared else f"ngk{o},gkc->ngc{o}"
            target: tuple[Any, ...] = tuple(
                slice(d * r, d * r + s * (m - 1) + 1, s)
                for d, r, s, m in zip(self.filter_dilation, at, self.subsample, results.shape[2:], strict=True)
            )
            if 0 not in results.shape[2:]:
                by_group[(..., *target)] += np.einsum(what, tops, taps, optimize=True)
        inside: tuple[Any, ...] = tuple(slice(a, a + i) for (a, _), i in zip(pads, image, strict=True))
        return np.ascontiguousarray(padded[(..., *inside)])

    def conv(
        self, img: Any, kern: Any, mode: Any = "valid", dilation: Any = 1, num_groups: int = 1, unshared: bool = False,
        direction: str = "forward",
    ) -> np.ndarray:  # fmt: skip
        """A convolution without strides, of arrays; of the parameters of this operation only `convdim` counts.

        Parameters
        ----------
        img, kern : array_like
            Images and kernels, which are turned around; of 'backprop weights' images and the gradient of results, of
            'backprop inputs' the gradient of results and kernels.
        mode, dilation, num_groups, unshared
            The `border_mode`, the `filter_dilation` and others of `theano.tensor.nnet.conv2d`.
        direction : {'forward', 'backprop weights', 'backprop inputs'}
            Whether results are wanted, or what gradients of results are for kernels or images.

        Returns
        -------
        array

        Raises
        ------
        ValueError
            There is no such direction, shapes don't fit, or ('half', backwards) don't tell those of the result.

        Examples
        --------
        >>> op = theano.tensor.nnet.abstract_conv.AbstractConv2d()
        >>> op.conv(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), mode="full")[0, 0]
        array([[1., 2., 1.],
               [2., 4., 2.],
               [1., 2., 1.]])
        """
        n, img, kern = self.convdim, np.asarray(img), np.asarray(kern)
        plain: Any = type(self)._plain(n, mode, dilation, num_groups, unshared)
        if direction == "forward":
            return plain.forward(img, kern)
        given = (plain.border_mode, plain.subsample, plain.filter_dilation, plain.num_groups)
        if direction == "backprop weights":
            lengths = get_conv_gradweights_shape(img.shape, kern.shape, *given, unshared)[-n:]
            turn = plain.weights
        elif direction == "backprop inputs":
            lengths = get_conv_gradinputs_shape(kern.shape, img.shape, *given)[-n:]
            img, kern, turn = kern, img, plain.inputs
        else:
            known = "'forward', 'backprop weights', 'backprop inputs'"
            raise ValueError(f"conv: direction must be one of {known}, not {direction!r}")
        if None in lengths:
            raise ValueError(f"conv: mode={mode!r} and shapes {img.shape}, {kern.shape} don't tell that of the result")
        return turn(img, kern, lengths)

    def unshared2d(self, inp: Any, kern: Any, out_shape: Sequence[int], direction: str = "forward") -> np.ndarray:
        """One image of one channel with a kernel for each place, see `conv`.

        Parameters
        ----------
        inp, kern : array_like
            The image, (rows, columns), and the kernels, (rows and columns of the result, rows, columns); or what stands
            for one of them in `direction`.
        out_shape : sequence of int
            The shape of the result.
        direction
            See `conv`.

        Returns
        -------
        array

        Raises
        ------
        ValueError
            Shapes don't fit.

        Examples
        --------
        >>> op = theano.tensor.nnet.abstract_conv.AbstractConv2d()
        >>> op.unshared2d([[1.0, 2.0, 3.0]], [[[[1.0, 0.0]], [[0.0, 10.0]]]], (1, 2))
        array([[ 2., 20.]])
        """
        inp, kern = np.asarray(inp)[None, None], np.asarray(kern)
        kern = kern[None, None] if direction == "backprop weights" else kern[None, :, :, None]
        made = type(self)._plain(2, "valid", 1, 1, True)
        found = made.conv(inp, kern, unshared=True, direction=direction)
        found = found[0, :, :, 0] if direction == "backprop weights" else found[0, 0]
        if found.shape != tuple(out_shape):
            raise ValueError(f"unshared2d: the result has the shape {found.shape}, not {tuple(out_shape)}")
        return found

    @classmethod
    def _plain(cls, convdim: int, mode: Any, dilation: Any, num_groups: int, unshared: bool) -> Any:
        """A convolution without strides and promises."""
        raise NotImplementedError
