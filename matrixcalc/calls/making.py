"""A function of the table applied: its shape, its key, and what it simplifies to."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from matrixcalc import build
from matrixcalc.build import function
from matrixcalc.dims import ONE, SCALAR, Shape
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr
from matrixcalc.operators import Operator, row_of

Simplifier = Callable[..., Expr | None]

SIMPLIFIERS: dict[str, Simplifier] = {}
"""By the name of a function, what it is of given arguments; None for nothing simpler.

The files beside this one fill it, each for functions of one kind.
"""


def make_call(op: str, args: tuple[Expr, ...]) -> Expr:
    """The function ``op`` of the table applied to arguments that fit it."""
    row = row_of(op)
    if row is None:
        raise UnsupportedError(f"no function {op!r}")
    if row.follows and not args[0].is_scalar and args[0].lean < 0:
        return build.transpose(make_call(op, (build.transpose(args[0]),)))
    simplify = SIMPLIFIERS.get(op)
    if simplify is not None:
        made = simplify(*args)
        if made is not None:
            return made
    if op in _LINEAR and args[0].op == "add":
        made = _term_by_term(op, args[0])
        if made is not None:
            return made
    if row.blind and not args[0].is_scalar and args[0].lean < 0:
        return make_call(op, (build.transpose(args[0]), *args[1:]))
    key = None
    if row.blind and args[0].lean == 0 and args[0].flipped is not None:
        # f(A') = f(A), though neither is shorter to write
        keys = (args[0].key, args[0].flipped.key)
        key = blake2b(op.encode() + min(keys), digest_size=16).digest()
    follows = row.follows and not args[0].is_scalar
    return function(op, args, result_shape(row, args), follows, key)


_LINEAR = frozenset({"sum", "colsum", "rowsum", "tr"})
_LONG_SUM = 12


def _term_by_term(op: str, total: Expr) -> Expr | None:
    """A linear function of a sum, where it comes out shorter term by term."""
    if len(total.args) > _LONG_SUM:
        return None
    parts = build.add(*(make_call(op, (t,)) for t in total.args))
    return parts if parts.cost <= total.cost else None


def result_shape(row: Operator, args: tuple[Expr, ...]) -> Shape:
    """The shape that the signature of a row gives for arguments that fit it.

    A single name in brackets, ``[n]``, takes a column as well as a row.
    """
    source, target = row.signature.split("->")
    target = target.strip()
    first = args[0].shape
    if target == "same":
        return first
    if target == "[]":
        return SCALAR
    dims = {"1": ONE}
    patterns = source.replace(" ", "").replace("],[", "]|[").split("|")
    for pattern, arg in zip(patterns, args, strict=True):
        names = pattern.strip("[]").split(",")
        if len(names) == 1:
            dims[names[0]] = arg.rows * arg.cols
        else:
            dims[names[0]], dims[names[1]] = arg.shape
    axes = []
    for product in target.strip("[]").split(","):
        dim = ONE
        for name in product.split("*"):
            dim = dim * dims[name]
        axes.append(dim)
    return (axes[0], axes[1]) if len(axes) == 2 else (axes[0], ONE)


def scalars_out(name: str) -> Simplifier:
    """For linear functions: scalar factors of the argument come to the front."""

    def simplify(a: Expr) -> Expr | None:
        if a.op == "mul" and a.args[0].is_scalar and not a.is_scalar:
            scalars = [s for s in a.args if s.is_scalar]
            inner = build.mul(*a.args[len(scalars) :])
            return build.mul(*scalars, make_call(name, (inner,)))
        return None

    return simplify


def rebuild(e: Expr, args: tuple[Expr, ...], shape: Shape) -> Expr:
    """The node ``e`` with other operands, made anew by the constructors."""
    op = e.op
    if op == "add":
        return build.add(*args)
    if op == "mul":
        return build.mul(*args)
    if op == "had":
        return build.had(*args)
    if op == "pow":
        return build.power(*args)
    if op == "epow":
        return build.epower(*args)
    if op == "T":
        return build.transpose(args[0])
    if op == "ones":
        return build.ones(shape)
    if op == "zeros":
        return build.zeros(shape)
    if op == "eye":
        return build.eye(shape[0])
    return make_call(op, args)
