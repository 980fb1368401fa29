"""The derivative as a tensor: in matrix notation where there is one, else in index form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import mul, num, transpose
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr, depends, depth, topological
from matrixcalc.forward import differential
from matrixcalc.index import Index, Indices, Term, flat, multiply
from matrixcalc.kronecker import stacked
from matrixcalc.polish import polish
from matrixcalc.pullback import Pullback
from matrixcalc.raise_ import to_matrix
from matrixcalc.reduce import reduced
from matrixcalc.simplify import simplify, simplify_sum
from matrixcalc.templates import substitute

MAX_DEPTH = 1_000
LONG_CHAIN = 60


@dataclass(slots=True, eq=False, repr=False)
class Tensor:
    """A derivative: axes of y first, then those of each variable in turn.

    Attributes:
        natural: the derivative in its natural shape, or None above two axes: a gradient
            in the shape of its variable, else the axes as rows and columns.
        terms: the index form, its free axes in the order of the tensor's.
        indices: the indices of the terms.
        orders: the number of axes of y and of each variable.
    """

    natural: Expr | None
    terms: list[Term]
    indices: Indices
    orders: tuple[int, ...]

    @property
    def order(self) -> int:
        return sum(self.orders)


def value_of(y: Expr) -> Tensor:
    """The function itself, as the tensor that differentiation starts from."""
    return Tensor(y, [], Indices(), (y.order,))


def derivative(tensor: Tensor, x: Expr) -> Tensor:
    """The derivative of a tensor by one more variable."""
    orders = (*tensor.orders, x.order)
    if tensor.natural is None:
        terms = _of_terms(tensor, x)
        return Tensor(None, terms, tensor.indices, orders)
    y = tensor.natural
    height = depth(y)
    if height > MAX_DEPTH:
        raise LimitError(f"the expression is nested more than {MAX_DEPTH} operators deep")
    if x.is_scalar and not (height > LONG_CHAIN and _is_chain(y)):
        made = finish(differential(y, {x: build.UNIT}))
        return Tensor(made, lowered(made, tensor.indices), tensor.indices, orders)
    pullback = Pullback(tensor.indices)
    terms = pullback.derivative(y, [x])[x]
    if y.order + x.order <= 2:
        natural = _natural(terms, y, x, tensor.indices)
        if natural is not None:
            return Tensor(natural, lowered(natural, tensor.indices), tensor.indices, orders)
    return Tensor(None, tidy(terms, tensor.indices), tensor.indices, orders)


def _is_chain(y: Expr) -> bool:
    """Whether y is made of scalars, and none in an exponent: then reverse mode is quicker.

    Forward mode multiplies a long chain of scalar factors out at every step.
    """
    return all(
        e.is_scalar and (e.op != "pow" or e.args[1].op == "num") for e in topological(y)
    )


def lowered(e: Expr, indices: Indices) -> list[Term]:
    """An expression as terms with one factor each, its axes free."""
    axes = indices.axes(e)
    terms = e.args if e.op == "add" else (e,)
    if build.is_zero(e):
        return []
    return [multiply(Term((), (), axes), [(t, axes)], axes, indices) for t in terms]


def _natural(terms: list[Term], y: Expr, x: Expr, indices: Indices) -> Expr | None:
    shape = (
        x.shape if y.is_scalar else (y.shape[0] * y.shape[1], x.shape[0] * x.shape[1])
    )
    if not terms:
        return build.zeros(shape)
    raised: list[Expr] = []
    for t in terms:
        matrix = to_matrix(t, indices)
        if matrix is None:
            return None
        raised.append(matrix)
    made = finish(simplify_sum(raised))
    return transpose(made) if y.is_scalar and x.kind == "row" else made


def finish(e: Expr) -> Expr:
    """The last touch on a result: gathered once more, signs moved inside."""
    return polish(simplify(e))


def restore(e: Expr, back: dict[Expr, Expr]) -> Expr:
    """``e`` with variables put in place of their twins, and gathered anew inside."""
    return finish(substitute(e, back, gather=simplify))


def _of_terms(tensor: Tensor, x: Expr) -> list[Term]:
    """The product rule on every term of an index form."""
    out: list[Term] = []
    pullback = Pullback(tensor.indices)
    for term in tensor.terms:
        factors = [*((s, ()) for s in term.scalars), *term.factors]
        for k, (e, axes) in enumerate(factors):
            if e not in depends(e, [x]):
                continue
            rest = [f for i, f in enumerate(factors) if i != k]
            seed = Term(
                tuple(f for f, ax in rest if not ax),
                tuple((f, ax) for f, ax in rest if ax),
                (*term.free, *axes),
            )
            out.extend(pullback.pull(e, [seed], [x], len(term.free))[x])
    return tidy(out, tensor.indices)


def tidy(terms: Sequence[Term], indices: Indices) -> list[Term]:
    """Terms reduced, like ones added up, numbers in front."""
    found: dict[tuple[object, ...], tuple[Fraction, Term]] = {}
    for t in terms:
        t = reduced(t, indices)
        if any(build.is_zero(f) for f in (*t.scalars, *(f for f, _ in t.factors))):
            continue
        number, rest = build.split_number(mul(*t.scalars))
        t = Term(() if rest is build.UNIT else (rest,), t.factors, t.free)
        key = signature(t)
        known = found.get(key)
        found[key] = (number + (known[0] if known else 0), known[1] if known else t)
    return [
        t if n == 1 else Term((num(n), *t.scalars), t.factors, t.free)
        for n, t in found.values()
        if n
    ]


def signature(t: Term) -> tuple[object, ...]:
    """The same for terms that differ in the names of their indices only.

    Free axes are named by position. Summed indices are told apart by the factors they
    join; where that is not enough, terms count as different, which is always right.
    """
    names: dict[int, str] = {}
    layout: list[object] = []
    for k, axis in enumerate(t.free):
        parts = axis if isinstance(axis, tuple) else (axis,)
        for m, i in enumerate(parts):
            names.setdefault(i, f"{k}.{m}")
        layout.append(tuple(names[i] for i in parts))
    pending = [(e.key, axes) for e, axes in t.factors]
    done: list[tuple[bytes, tuple[str, ...]]] = []
    while pending:
        pending.sort(key=lambda f: (f[0], _named(f[1], names)))
        pick = next(
            (f for f in pending if any(i in names for i in flat(f[1]))), pending[0]
        )
        pending.remove(pick)
        for i in flat(pick[1]):
            names.setdefault(i, f"s{len(names)}")
        done.append((pick[0], _named(pick[1], names)))
    scalars = sorted(s.key for s in t.scalars)
    return (tuple(scalars), tuple(sorted(done)), tuple(layout))


def _named(axes: tuple[Index, ...], names: dict[int, str]) -> tuple[str, ...]:
    return tuple(names.get(i, "~") for i in flat(axes))


# Readings


def vec_form(tensor: Tensor) -> Expr | None:
    """∂vec(y)/∂vec(x)': columns stacked; rows for y, columns for the variable.

    For higher derivatives y is the derivative by all variables but the last. None where
    Kronecker products cannot say it.
    """
    cut = sum(tensor.orders[:-1])
    raised: list[Expr] = []
    for t in tensor.terms:
        body = stacked(t, cut, tensor.indices)
        if body is None:
            return None
        raised.append(body)
    return finish(simplify_sum(raised)) if raised else None


def backpropagated(y: Expr, x: Expr, upstream: Expr) -> Tensor:
    """The product with an upstream gradient, in the shape of the variable.

    It is the gradient of sum(upstream.*y); where matrix notation has none, ``natural`` is
    None and the terms say it.
    """
    pullback = Pullback()
    axes = pullback.indices.axes(y)
    seed = multiply(Term((), (), axes), [(upstream, axes)], axes, pullback.indices)
    terms = pullback.pull(y, [seed], [x], 0)[x]
    raised = [to_matrix(t, pullback.indices) for t in terms]
    orders = (0, x.order)
    if any(r is None for r in raised):
        return Tensor(None, tidy(terms, pullback.indices), pullback.indices, orders)
    if not raised:
        return Tensor(build.zeros(x.shape), [], pullback.indices, orders)
    made = finish(simplify_sum([r for r in raised if r is not None]))
    natural = transpose(made) if x.kind == "row" else made
    return Tensor(natural, [], pullback.indices, orders)


# Structure


def in_structure(tensor: Tensor, axis: int, x: Expr, reading: str) -> Tensor:
    """The tensor with the two axes of a structured variable read as asked.

    ``axis`` is the position of the variable's row axis; ``reading`` is ``"gradient"``
    (the part that lies in the space) or ``"entries"`` (by the independent entries).
    """
    kind = structure_of(x)
    if kind is None or reading == "none":
        return tensor
    if tensor.natural is not None and tensor.order == 2:
        g = tensor.natural
        made = finish(_structured_matrix(g, kind, reading))
        return Tensor(made, lowered(made, tensor.indices), tensor.indices, tensor.orders)
    terms: list[Term] = []
    for t in tensor.terms:
        terms.extend(_structured_terms(t, axis, kind, reading, tensor.indices))
    return Tensor(None, tidy(terms, tensor.indices), tensor.indices, tensor.orders)


def structure_of(x: Expr) -> str | None:
    """``symmetric``, ``diagonal`` or ``skew``, for a variable so declared."""
    properties = x.data[1]
    for kind in ("diagonal", "skew"):
        if kind in properties:
            return kind
    if "symmetric" in properties or "positive_definite" in properties:
        return "symmetric"
    return None


def _structured_matrix(g: Expr, kind: str, reading: str) -> Expr:
    eye = build.eye(g.rows)
    if kind == "diagonal":
        return build.had(eye, g)
    sign = 1 if kind == "symmetric" else -1
    other = mul(num(sign), transpose(g))
    if reading == "gradient":
        half = num(Fraction(1, 2))
        return simplify_sum([mul(half, g), mul(half, other)])
    if kind == "skew":
        return simplify_sum([g, other])
    return simplify_sum([g, other, mul(build.MINUS, build.had(eye, g))])


def _structured_terms(
    t: Term, axis: int, kind: str, reading: str, indices: Indices
) -> list[Term]:
    free = list(t.free)
    i, j = free[axis], free[axis + 1]
    dim = indices.dims[flat([i])[0]]
    if kind == "diagonal":
        return [multiply(t, [(build.eye(dim), (i, j))], t.free, indices)]
    free[axis], free[axis + 1] = j, i
    swapped = Term(t.scalars, t.factors, tuple(free))
    sign = num(1 if kind == "symmetric" else -1)
    if reading == "gradient":
        half = num(Fraction(1, 2))
        return [
            Term((half, *t.scalars), t.factors, t.free),
            Term((half, sign, *t.scalars), t.factors, swapped.free),
        ]
    out = [t, Term((sign, *t.scalars), t.factors, swapped.free)]
    if kind == "symmetric":
        minus = Term((build.MINUS, *t.scalars), t.factors, t.free)
        out.append(multiply(minus, [(build.eye(dim), (i, j))], minus.free, indices))
    return out

