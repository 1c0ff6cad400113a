"""Parts of complex numbers, and complex numbers made of parts.

The gradient with respect to a complex z = x + iy is dC/dx + i dC/dy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr
from theano.scalar import rules
from theano.scalar.arithmetic import abs_, maximum
from theano.scalar.choice import second
from theano.scalar.dtypes import COMPLEX, complex_of, upcast
from theano.scalar.op import ScalarOp, binary, unary
from theano.scalar.power import sqr
from theano.scalar.trigonometric import cos, sin

Term = Any


def _is_complex(x: Term) -> bool:
    return bool(x.dtype.startswith("complex"))


def _from_parts(x: str, y: str) -> str:
    rules.no_complex((x, y))
    return complex_of(upcast(x, y))


def _pair(x: Any, y: Any) -> Any:
    z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), dtype=complex_of(x.dtype.name))
    z.real, z.imag = x, y
    return z


def _float_parts(inputs: tuple[str, ...], output: str) -> tuple[str, ...]:
    part = "float32" if output == "complex64" else "float64"
    return (part,) * len(inputs)


def _conj_dtype(x: str) -> str:
    return "int8" if x == "bool" else x


def _tangent_of_part(i: int, part: Term, other: Term) -> Term:
    return complex(part, other) if i == 0 else complex(other, part)


def _grad_angle(z: Term, theta: Term, g: Term) -> Term:
    if not _is_complex(z):
        return None
    scale = g / sqr(abs_(z))
    return complex(-scale * imag(z), scale * real(z))


def _tangent_angle(z: Term, v: Term, i: int) -> Term:
    return (real(z) * imag(v) - imag(z) * real(v)) / sqr(abs_(z))


def _tangent_abs(z: Term, v: Term, i: int) -> Term:
    size = abs_(z)
    size = maximum(size, np.asarray(np.finfo(size.dtype).tiny, size.dtype))  # 0 at 0
    return (real(z) * real(v) + imag(z) * imag(v)) / size


def _tangent_polar(r: Term, theta: Term, v: Term, i: int) -> Term:
    if i == 0:
        return complex(v * cos(theta), v * sin(theta))
    return complex(-v * r * sin(theta), v * r * cos(theta))


# `abs_` stands in a lower module than the parts that its derivative is made of.
abs_.tangent = _tangent_abs

real: ScalarOp = unary(
    "real",
    numpy=np.real,
    dtype=rules.real_part,
    grad=lambda z, x, g: complex(g, second(g, 0)) if _is_complex(z) else g,
    expand=lambda x: x,
    args=rules.args_as_they_are,
    holomorphic=False,
    tangent=lambda z, v, i: real(v),
)
imag: ScalarOp = unary(
    "imag",
    numpy=np.imag,
    dtype=rules.real_part,
    grad=lambda z, y, g: complex(second(g, 0), g) if _is_complex(z) else None,
    expand=lambda x: expr.const(0, x.type),
    args=rules.args_as_they_are,
    holomorphic=False,
    tangent=lambda z, v, i: imag(v),
)
conj: ScalarOp = unary(
    "conj",
    numpy=np.conjugate,
    dtype=_conj_dtype,
    grad=lambda z, y, g: conj(g) if _is_complex(z) else g,
    expand=lambda x: x,
    holomorphic=False,
    tangent=lambda z, v, i: conj(v),
)
angle = unary(
    "angle",
    numpy=np.angle,
    dtype=lambda x: "float64",
    grad=_grad_angle,
    args=lambda inputs, output: tuple("complex128" if d in COMPLEX else "float64" for d in inputs),
    holomorphic=False,
    tangent=_tangent_angle,
)
complex: ScalarOp = binary(
    "complex",
    numpy=_pair,
    dtype=_from_parts,
    grad=lambda x, y, z, g: (real(g), imag(g)),
    args=_float_parts,
    holomorphic=False,
    tangent=lambda x, y, v, i: _tangent_of_part(i, v, second(v, np.zeros((), v.dtype))),
)
complex_from_polar = binary(
    "complex_from_polar",
    numpy=lambda r, theta: _pair(r * np.cos(theta), r * np.sin(theta)),
    dtype=_from_parts,
    grad=lambda r, theta, z, g: (
        real(g) * cos(theta) + imag(g) * sin(theta),
        r * (imag(g) * cos(theta) - real(g) * sin(theta)),
    ),
    args=_float_parts,
    holomorphic=False,
    tangent=_tangent_polar,
)
