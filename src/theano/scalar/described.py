"""The texts that `help` shows of the operations of the table."""

from __future__ import annotations

from theano.scalar.op import TABLE, ScalarOp

__all__ = ["operation"]


def operation(op: ScalarOp, otherwise: str) -> str:
    """The text for an operation of the table; `otherwise` for others.

    Examples
    --------
    >>> from theano.scalar import maximum
    >>> print(operation(maximum, "").splitlines()[-1])
    np.int64(2)
    """
    if TABLE.get(op.name) is not op:
        return otherwise
    count = 2 if op.nin < 0 else op.nin
    names = [*"xyz"[:count], *(["*more"] if op.nin < 0 else [])]
    example = _example(op, range(1, count + 1))
    return "\n".join([
        f"The operation `{op.name}` on numbers: what `Elemwise` applies to each element, and rules are written in.",
        "",
        "Parameters",
        "----------",
        f"{', '.join(names)} : number, TensorVariable or Pattern",
        "    Numbers, of which `impl` gives the value; in `Composite` and in gradients, variables; in rules, patterns",
        "    (`theano.rewrite.variable`).",
        "",
        "Returns",
        "-------",
        "TensorVariable or Pattern",
        "    An expression, of numbers, too.",
        "",
        "Raises",
        "------",
        "TypeError",
        "    An argument is none of these, or the operation is not there for numbers of this dtype.",
        "",
        "Examples",
        "--------",
        ">>> from theano.scalar.op import lookup",
        *example,
    ])  # fmt: skip


def _example(op: ScalarOp, numbers: range) -> list[str]:
    """The operation applied to integers, or where it has no value for them, to floats."""
    for kind in (int, float):
        values = [kind(number) for number in numbers]
        try:
            shown = repr(op.impl(*values))
        except TypeError:
            continue
        return [f">>> lookup({op.name!r}).impl({', '.join(map(str, values))})", shown]
    return [f">>> lookup({op.name!r}).nin", str(op.nin)]
