"""The differentials of the table, as expressions, put to use at actual arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from matrixcalc import build
from matrixcalc.calls import rebuild
from matrixcalc.dims import ONE, SCALAR, Dim, Shape
from matrixcalc.expr import Expr, topological
from matrixcalc.operators import TABLE

ARGUMENT, INCREMENT = "A", "dA"


def differential_of(e: Expr) -> tuple[Expr, Expr]:
    """The differential of a function of one argument, and the variable dA it is linear in.

    ``e`` is a node whose row has a differential; the result contains the actual
    argument in the place of A.
    """
    argument = e.args[0]
    template, a, da = _template(e.op, argument.kind)
    dims = _bind(a.shape, argument.shape)
    increment = build.sym(f"d({INCREMENT})", argument.shape)
    return substitute(template, {a: argument, da: increment}, dims), increment


def _bind(pattern: Shape, actual: Shape) -> dict[str, Dim]:
    return {p.names[0]: d for p, d in zip(pattern, actual, strict=True) if p.names}


@cache
def _template(op: str, kind: str) -> tuple[Expr, Expr, Expr]:
    from matrixcalc.infer import typed

    row = TABLE[op]
    square = row.signature.startswith("[n,n]")
    shape = {
        "scalar": "scalar",
        "vector": "vector(n)",
        "row": "row(n)",
        "matrix": "matrix(n, n)" if square else "matrix(n, m)",
    }[kind]
    made = typed(row.differential, vars={ARGUMENT: shape, INCREMENT: shape}).expr
    n, m = Dim.named("n"), Dim.named("m")
    dims: Shape = {
        "scalar": SCALAR,
        "vector": (n, ONE),
        "row": (ONE, n),
        "matrix": (n, n if square else m),
    }[kind]
    return made, build.sym(ARGUMENT, dims), build.sym(INCREMENT, dims)


def substitute(
    root: Expr,
    change: dict[Expr, Expr],
    dims: dict[str, Dim] | None = None,
    gather: Callable[[Expr], Expr] = lambda e: e,
) -> Expr:
    """``root`` with variables replaced by expressions, and names of dimensions by others.

    ``gather`` is applied to every node that comes out changed.
    """
    dims = dims or {}
    done: dict[Expr, Expr] = dict(change)
    for e in topological(root, lambda e: e not in change):
        if e in done:
            continue
        if e.op == "size":
            done[e] = build.size(_dim(e.data, dims))
            continue
        if e.op == "commutation":
            done[e] = build.commutation(_dim(e.data[0], dims), _dim(e.data[1], dims))
            continue
        args = tuple(done[a] for a in e.args)
        if e.op in ("eye", "ones", "zeros"):
            shape = (_dim(e.rows, dims), _dim(e.cols, dims))
            done[e] = rebuild(e, args, shape)
        elif not e.args or args == e.args:
            done[e] = e
        else:
            done[e] = gather(rebuild(e, args, e.shape))
    return done[root]


def _dim(dim: Dim, dims: dict[str, Dim]) -> Dim:
    made = Dim.number(dim.factor)
    for name in dim.names:
        made = made * dims.get(name, Dim.named(name))
    return made


@cache
def _slope(op: str, kind: str) -> tuple[Expr, Expr] | None:
    template, a, da = _template(op, kind)
    slope = substitute(template, {da: build.ones(da.shape)})
    return None if build.is_zero(slope) else (slope, a)


def forget() -> None:
    """Drop what was read of the table, after a change of it."""
    _template.cache_clear()
    _slope.cache_clear()


def slope(e: Expr) -> Expr | None:
    """f'(A) for an elementwise function, entry by entry; None where it is zero.

    >>> from matrixcalc.dims import Dim
    >>> x = build.sym("x", (Dim.named("n"), ONE))
    >>> slope(build.call("sin", x))
    cos(x)
    """
    argument = e.args[0]
    found = _slope(e.op, argument.kind)
    if found is None:
        return None
    return substitute(found[0], {found[1]: argument}, _bind(found[1].shape, argument.shape))

