"""Lowering of linear algebra: into calls of `native.lapack`, for a matrix or many of them along leading axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.graph import inherit_origin
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops import vmath
from theano.loops.expr import Expr
from theano.loops.externs.lapack import EXPONENTIAL_WORK, NOT_FINITE, code_of, name_of
from theano.lower.ops.registry import lowers
from theano.lower.state import body as bd
from theano.lower.state.builder import COMPLEX_PART, Builder
from theano.lower.state.complexes import joined, of_type, parts_of
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.products import place
from theano.lower.state.strides import whole
from theano.lower.state.values import Tensor, Value, rearranged
from theano.native.linalg import loading
from theano.tensor.linalg.eigen import Eig, Eigh, LostParts
from theano.tensor.linalg.factors import SVD, QRFull, QRIncomplete
from theano.tensor.linalg.matrices import float_dtype
from theano.tensor.linalg.nlinalg import Det, MatrixInverse, SLogDet
from theano.tensor.linalg.slinalg import Cholesky, CholeskyGrad, Eigvalsh, Expm, Solve
from theano.tensor.linalg.systems import InverseProduct

TYPES = ("f32", "f64", "c64", "c128")
STACKS = "Solve: stacks of {0} and of {1} matrices"
# Columns that LAPACK works on at once where it is given the memory for it.
BLOCK = 64


def prepared(b: Builder, node: Any, inputs: Sequence[Value]) -> list[Value] | None:
    """The matrices as numbers of the type of the result; None if that is not one of LAPACK's that is called."""
    type_ = ex.TYPE_OF[float_dtype(*node.inputs)]
    known = all(v.type in (*TYPES, *ex.INTS, "bool") for v in inputs)
    if type_ not in TYPES or not known or not loading.is_there():
        return None
    return [of_type(b, v, type_) for v in inputs]


def operand(b: Builder, v: Value, contiguous: bool = False) -> Value:
    """Matrices that lie equally far apart along all leading axes; `contiguous`: with rows or columns that are."""
    if v.uniform is not None:
        return b.copy(v)
    if v.ndim <= 3 and not contiguous:
        return b.strided(v)
    return v if _is_in_order(v) else b.copy(v)


def _is_in_order(v: Value) -> bool:
    """Whether all matrices of a tensor are looked at, or one of them."""
    if v.axes is None or v.tensor is None:
        return False
    first = len(v.tensor.dims) - 2
    leading = v.axes[:-2]
    one = first == 0 and all(a is None for a in leading)
    return set(v.axes[-2:]) == {first, first + 1} and (one or leading == tuple(range(first)))


def square(b: Builder, v: Value, message: str, error: type[Exception] = ValueError) -> Expr:
    """The length of both axes."""
    return b.unify(v.dims[-2], v.dims[-1], message, error)


class Call:
    """One call under construction: its operands, results and workspace."""

    def __init__(self, b: Builder, kind: str, type_: str, leading: Sequence[Expr]) -> None:
        self.b = b
        self.type = type_
        self.name = name_of(kind, type_)
        self.leading = tuple(leading)
        self.count = b.dims.product(self.leading)
        self.args: list[Callable[[Emitter], Sequence[Argument]]] = []
        self.reads: list[Value] = []
        self.writes: list[Tensor] = []
        self.scalars: list[Expr] = [self.count]

    def numbers(self, *values: Expr) -> None:
        self.scalars += values
        self.args.append(lambda asm: values)

    def matrix(self, v: Value, contiguous: bool = False) -> None:
        """The place of the first one, how far the next is, and the steps of rows and columns."""
        v = operand(self.b, v, contiguous)
        self.reads.append(v)
        far = self.b.dims.product(v.dims[-2:])
        one = all(is_const(d, 1) for d in v.dims[:-2])

        def given(asm: Emitter) -> Sequence[Argument]:
            pointer, *steps = place(asm, v)
            return [pointer, ZERO if one else steps[0] if len(steps) == 3 else far, *steps[-2:]]

        self.args.append(given)

    def read(self, v: Value) -> None:
        """Memory that is read as it is: the operand, one after the other in C order."""
        v = self.b.whole(v)
        self.reads.append(v)
        self.args.append(lambda asm: [asm.pointer(v)])

    def made(self, dims: Sequence[Expr], type_: str = "") -> Tensor:
        """A result, or memory to work in."""
        out = self.b.tensor(type_ or self.type, dims)
        self.writes.append(out)
        self.args.append(lambda asm: [asm.pointer(whole(out))])
        return out

    def factored(self, n: Expr, count: int = 1) -> None:
        """Memory for the factors of one matrix (`count` as large), and which rows were exchanged."""
        self.made((ex.mul(n, length(count)), n))
        self.made((n,), "i64")

    def memory(self, size: Expr, type_: str = "") -> None:
        """Memory to work in, and how much of it there is."""
        self.made((size,), type_)
        self.numbers(size)

    @property
    def real(self) -> str:
        """The type of the parts of complex numbers; of real numbers their own."""
        return COMPLEX_PART.get(self.type, self.type)

    def reals(self, size: Expr) -> Expr:
        """The size of memory for real numbers that only routines for complex ones ask for."""
        return size if self.type in COMPLEX_PART else ZERO

    def done(self) -> None:
        """Have it made."""
        word, name = self.b.word("symbol", self.name), self.name

        def emit(asm: Emitter) -> None:
            for tensor in self.writes:
                asm.bind(tensor)
            asm.statement(hs.Call(word, [x for given in self.args for x in given(asm)], name))

        item = Special(
            self.b.region, self.b.node, what="linear algebra", reads=self.reads, writes=self.writes, emit=emit,
            scalars=self.scalars,
        )  # fmt: skip
        self.b.add(item)
        for tensor in self.writes:
            tensor.writers.append(item)

    def status(self) -> Tensor:
        out = self.b.tensor("i64", (), "cell")
        self.writes.append(out)
        self.args.append(lambda asm: [asm.pointer(whole(out))])
        return out


def refuse(b: Builder, status: Tensor, messages: dict[int, tuple[type[Exception], str]]) -> None:
    """Raise what a code means (0: any other one); a message may show the code, counted from one or from zero."""
    code = code_of(b.scalar(whole(status)))
    code = b.named(code)
    for number, (error, message) in messages.items():
        good = ex.eq(code, ZERO) if number == 0 else ex.ne(code, length(number))
        b.check(good, error, message, (code, ex.sub(code, ONE)))


@lowers(Cholesky)
def lower_cholesky(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    (x,) = given
    n = square(b, x, "Cholesky: the matrix must be square, its shape is ({0}, {1})")
    call = Call(b, "cholesky", x.type, x.dims[:-2])
    call.numbers(ONE if node.op.lower else ZERO, call.count, n)
    call.matrix(x)
    out, status = call.made((*x.dims[:-2], n, n)), call.status()
    call.done()
    if node.op.on_error == "raise":
        said = "Cholesky: the matrix is not positive definite "
        refuse(
            b, status, {
                NOT_FINITE: (np.linalg.LinAlgError, said + "(array must not contain infs or NaNs)"),
                0: (np.linalg.LinAlgError, said + "({0}-th leading minor of the array is not positive definite)"),
            }
        )  # fmt: skip
    return [whole(out)]


@lowers(CholeskyGrad)
def lower_cholesky_gradient(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs[1:])
    if given is None:
        return None
    factor, g = given
    n = square(b, factor, "CholeskyGrad: the matrix must be square, its shape is ({0}, {1})")
    for axis, (d, e) in enumerate(zip(factor.dims, g.dims, strict=True)):
        b.unify(d, e, f"CholeskyGrad: axis {axis} has length {{0}} in the factor, {{1}} in its gradient")
    leading = factor.dims[:-2]
    call = Call(b, "cholesky_gradient", factor.type, leading)
    call.numbers(ONE if node.op.lower else ZERO, call.count, n)
    call.matrix(factor)
    call.matrix(g)
    out = call.made((*leading, n, n))
    call.made((n, n))
    call.done()
    return [whole(out)]


@lowers(Solve, InverseProduct)
def lower_solve(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    is_vector = given[1].ndim == 1
    a, c = given[0], as_column(b, given[1]) if is_vector else given[1]
    n = square(b, a, "Solve: the matrix must be square, its shape is ({0}, {1})", np.linalg.LinAlgError)
    b.unify(n, c.dims[-2], "Solve: a matrix of {0} rows, a right side of {1}")
    leading, m = leading_of(b, [a, c], STACKS), c.dims[-1]
    a, c = (repeated(b, v, leading) for v in (a, c))
    triangle = {"lower_triangular": ONE, "upper_triangular": ZERO}.get(node.op.A_structure)
    call = Call(b, "linear" if triangle is None else "triangular", a.type, leading)
    checked = type(node.op) is Solve
    call.numbers(triangle if triangle is not None else ONE if checked else ZERO)
    call.numbers(call.count, n, m)
    call.matrix(a, contiguous=triangle is not None)
    call.matrix(c)
    out = call.made((*leading, n) if is_vector else (*leading, n, m))
    if triangle is None:
        call.factored(n)
    status = call.status()
    call.done()
    if triangle is None:
        refuse(
            b, status, {
                NOT_FINITE: (ValueError, "array must not contain infs or NaNs"),
                0: (np.linalg.LinAlgError, "Singular matrix"),
            }
        )  # fmt: skip
    else:
        refuse(b, status, {0: (np.linalg.LinAlgError, "singular matrix: resolution failed at diagonal {1}")})
    return [whole(out)]


def leading_of(b: Builder, stacks: Sequence[Value], message: str) -> tuple[Expr, ...]:
    """The lengths of the leading axes of stacks of which some may repeat their matrices."""
    found = stacks[0].dims[:-2]
    for v in stacks[1:]:
        pairs = zip(found, v.dims[:-2], strict=True)
        found = tuple([q if is_const(p, 1) else p if is_const(q, 1) else b.unify(p, q, message) for p, q in pairs])
    return found


def repeated(b: Builder, v: Value, leading: Sequence[Expr]) -> Value:
    """A stack of matrices or vectors, repeated along some of several axes.

    One alone, or along one axis, stays as it is: the library can go back to the first one, or take steps of 0.
    """
    count = len(leading)
    again = [is_const(d, 1) and not is_const(n, 1) for d, n in zip(v.dims[:count], leading, strict=True)]
    if count == 1 or not any(again) or all(is_const(d, 1) for d in v.dims[:count]):
        return v
    return of_type(b, v, v.type, (*leading, *v.dims[count:]))


def as_column(b: Builder, v: Value) -> Value:
    """A vector as a matrix of one column."""
    return rearranged(b.whole(v) if v.uniform is not None else v, [0, None])


SQUARE = "Last 2 dimensions of the array must be square"


def of_square(b: Builder, node: Any, inputs: list[Value], kind: str) -> tuple[Call, Value, Expr] | None:
    """A call that is given square matrices; these, and how many rows each has."""
    given = prepared(b, node, inputs)
    if given is None:
        return None
    (x,) = given
    n = square(b, x, SQUARE, np.linalg.LinAlgError)
    call = Call(b, kind, x.type, x.dims[:-2])
    call.numbers(call.count, n)
    call.matrix(x)
    return call, x, n


@lowers(MatrixInverse)
def lower_inverse(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_square(b, node, inputs, "inverse")
    if opened is None:
        return None
    call, x, n = opened
    out = call.made((*x.dims[:-2], n, n))
    call.factored(n)
    status = call.status()
    call.done()
    refuse(b, status, {0: (np.linalg.LinAlgError, "Singular matrix")})
    return [whole(out)]


@lowers(Expm)
def lower_exponential(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_square(b, node, inputs, "exponential")
    if opened is None:
        return None
    call, x, n = opened
    out = call.made((*x.dims[:-2], n, n))
    call.factored(n, EXPONENTIAL_WORK)
    call.done()
    return [whole(out)]


@lowers(Det)
def lower_determinant(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_square(b, node, inputs, "determinant")
    if opened is None:
        return None
    call, x, n = opened
    out = call.made(x.dims[:-2])
    call.factored(n)
    call.done()
    return [whole(out)]


@lowers(SLogDet)
def lower_slogdet(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_square(b, node, inputs, "pivots")
    if opened is None:
        return None
    call, x, n = opened
    sizes, sign = call.made((*x.dims[:-2], n), call.real), call.made(x.dims[:-2])
    call.factored(n)
    call.done()
    return [whole(sign), sum_of_logarithms(b, whole(sizes))]


def sum_of_logarithms(b: Builder, sizes: Value) -> Value:
    """Of numbers that are not negative, along the last axis, in double."""
    body = vmath.log(ex.cast(bd.element(0, sizes), "f64"))
    return b.reduce(sizes.type, sizes.dims, [sizes], frozenset({sizes.ndim - 1}), False, "add", "f64", body, 20)


# -- factors -------------------------------------------------------------------------------------------------
@lowers(Eigh)
def lower_eigh(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    n = square(b, given[0], "Last 2 dimensions of the array must be square", np.linalg.LinAlgError)
    w, z, status = _eigen(b, given[0], n, node.op.UPLO == "L", True)
    refuse(b, status, {0: (np.linalg.LinAlgError, "Eigenvalues did not converge")})
    return [whole(w), by_columns(whole(z))]


@lowers(Eigvalsh)
def lower_eigvalsh(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None or len(given) != 1:
        return None
    n = square(b, given[0], "expected square matrix")
    w, _, status = _eigen(b, given[0], n, node.op.lower, False)
    refuse(
        b, status, {
            NOT_FINITE: (ValueError, "array must not contain infs or NaNs"),
            0: (np.linalg.LinAlgError, "Eigenvalues did not converge"),
        }
    )  # fmt: skip
    return [whole(w)]


def _eigen(b: Builder, x: Value, n: Expr, lower: bool, vectors: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Eigenvalues, vectors by columns, the status."""
    leading = x.dims[:-2]
    call = Call(b, "eigen", x.type, leading)
    call.numbers(ONE if lower else ZERO, ONE if vectors else ZERO, call.count, n)
    call.matrix(x)
    w, z = call.made((*leading, n), call.real), call.made((*leading, n, n))
    # what the routine asks for, and room for blocks
    squares = ex.add(ex.mul(n, ex.add(ex.mul(n, length(2)), length(BLOCK + 6))), length(1))
    call.memory(squares)
    call.memory(call.reals(squares), call.real)
    call.memory(ex.add(ex.mul(n, length(5)), length(3)), "i64")
    status = call.status()
    call.done()
    return w, z, status


@lowers(Eig)
def lower_eig(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    """In double, as NumPy does: in float32 other eigenvalues might come first, and equal ones might become pairs."""
    given = prepared(b, node, inputs)
    if given is None:
        return None
    type_ = given[0].type
    x = of_type(b, given[0], "c128" if type_ in COMPLEX_PART else "f64")
    n = square(b, x, SQUARE, np.linalg.LinAlgError)
    leading = x.dims[:-2]
    call = Call(b, "general", x.type, leading)
    call.numbers(call.count, n)
    call.matrix(x)
    w, z = call.made((*leading, n)), call.made((*leading, n, n))
    call.made((n, n))
    call.made((ex.mul(n, length(2)),), call.real)
    call.memory(ex.add(ex.mul(n, length(2 * BLOCK + 6)), ONE))  # for blocks of vectors, too
    pairs, status = call.status(), call.status()
    call.done()
    refuse(
        b, status, {
            NOT_FINITE: (np.linalg.LinAlgError, "Array must not contain infs or NaNs"),
            0: (np.linalg.LinAlgError, "Eigenvalues did not converge"),
        }
    )  # fmt: skip
    if type_ not in COMPLEX_PART:
        _warn_of_lost_parts(b, node, ex.ne(b.scalar(whole(pairs)), ZERO))
    return [of_type(b, v, type_) for v in (whole(w), by_columns(whole(z)))]


def _warn_of_lost_parts(b: Builder, node: Any, when: Expr) -> None:
    """Call Python for a warning, which may be an error, where there is a reason."""
    with inherit_origin(node):
        warning = LostParts().make_node()
    word = b.word("callback", id(warning), warning)
    item = Special(
        b.region, node, what="warning", scalars=[when], fallible=True, python=True,
        emit=lambda asm: asm.statement(st.If(when, [hs.CallBack(word, (), ())], [])),
    )  # fmt: skip
    b.add(item)


def by_columns(v: Value) -> Value:
    """Matrices that lie in memory column after column, in the axes of their transposes."""
    n = v.ndim
    return rearranged(v, [*range(n - 2), n - 1, n - 2])


@lowers(QRFull, QRIncomplete)
def lower_qr(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    (x,), mode = given, node.op.mode
    leading, (m, n) = x.dims[:-2], x.dims[-2:]
    least = b.named(ex.minimum(m, n))
    rows = m if mode == "complete" else least
    columns = ZERO if mode in ("r", "raw") else rows
    call = Call(b, "orthogonal", x.type, leading)
    call.numbers(call.count, m, n, columns)
    call.matrix(x)
    h, tau = call.made((*leading, n, m)), call.made((*leading, least))
    q = call.made((*leading, columns, m))
    call.memory(ex.add(ex.mul(ex.maximum(m, n), length(BLOCK)), length(1)))
    call.done()
    if mode == "raw":
        return [whole(h), whole(tau)]
    full = b.strided(by_columns(whole(h)))
    r = _upper(b, Value(x.type, (*leading, rows, n), tensor=h, offset=full.offset, strides=full.strides))
    return [r] if mode == "r" else [by_columns(whole(q)), r]


def _upper(b: Builder, x: Value) -> Value:
    """Matrices with zeros below their diagonals."""
    if x.type in COMPLEX_PART:
        return joined(b, x.type, x.dims, [_upper(b, part) for part in parts_of(b, x)])
    at = x.ndim - 2
    body = ex.select(ex.le(bd.index(at), bd.index(at + 1)), bd.element(0, x), ex.const(0.0, x.type))
    return b.pointwise(x.type, x.dims, [x], body, cost=2)


@lowers(SVD)
def lower_svd(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    (x,), op = given, node.op
    leading, (m, n) = x.dims[:-2], x.dims[-2:]
    least = b.named(ex.minimum(m, n))
    wide, high = ((m, n) if op.full_matrices else (least, least)) if op.compute_uv else (ZERO, ZERO)
    call = Call(b, "singular", x.type, leading)
    call.numbers(ONE if op.compute_uv else ZERO, ONE if op.full_matrices else ZERO, call.count, m, n)
    call.matrix(x)
    values = call.made((*leading, least), call.real)
    u, vt = call.made((*leading, wide, m)), call.made((*leading, n, high))
    call.made((n, m))
    largest = ex.add(m, n)
    squares = ex.mul(least, ex.add(ex.mul(least, length(4)), length(7)))
    call.memory(ex.add(ex.add(squares, ex.mul(largest, length(2 * BLOCK + 2))), length(1)))
    for_each = ex.add(ex.add(ex.mul(largest, length(2)), ex.mul(least, length(5))), length(7))
    of_reals = ex.add(ex.mul(least, for_each), ONE)
    call.made((call.reals(of_reals),), call.real)
    call.made((ex.add(ex.mul(least, length(8)), length(1)),), "i64")
    status = call.status()
    call.done()
    refuse(b, status, {0: (np.linalg.LinAlgError, "SVD did not converge")})
    return [by_columns(whole(u)), whole(values), by_columns(whole(vt))] if op.compute_uv else [whole(values)]
