"""One entry of an expression written out as sums of products of entries."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Index, Indices, Term

MAX_FACTORS = 40


def spelled(e: Expr, axes: tuple[Index, ...], indices: Indices) -> list[Term]:
    """The entry of ``e`` at some axes: products, traces and sums as sums over indices.

    What has no such form, such as an inverse, stays as it is, with its indices outside.

    >>> from matrixcalc.infer import parse
    >>> from matrixcalc.printers.index import index_text
    >>> indices = Indices()
    >>> index_text(spelled(parse("tr(A*X) + x'*x"), (), indices), indices, 0)
    'Σ_ij A_ij X_ji + Σ_i x_i x_i'
    """
    return [_term(t, axes, indices) for t in (e.args if e.op == "add" else (e,))]


def _term(e: Expr, axes: tuple[Index, ...], indices: Indices) -> Term:
    scalars: list[Expr] = []
    done: list[Factor] = []
    ones: list[int] = []
    todo: list[Factor] = [(e, axes)]
    while todo:
        f, ax = todo.pop()
        parts = _parts(f, ax, indices) if len(done) + len(todo) < MAX_FACTORS else None
        if parts is not None:
            todo.extend(reversed(parts))
        elif f.op == "ones":
            ones += [a for a in ax if isinstance(a, int)]
        elif f is build.UNIT:
            continue
        elif f.is_scalar:
            scalars.append(f)
        else:
            done.append((f, ax))
    kept = {*axes, *(a for _, ax in done for a in ax)}
    # a sum of ones is the number of them
    scalars += [build.size(indices.dims[a]) for a in dict.fromkeys(ones) if a not in kept]
    return Term(tuple(scalars), tuple(done), axes)


def _parts(f: Expr, axes: tuple[Index, ...], indices: Indices) -> list[Factor] | None:
    """The factors of a factor; None where it is left as it is."""
    op = f.op
    if op == "T":
        return [(f.args[0], axes[::-1])]
    if op == "mul":
        return _product(f, axes, indices)
    if op == "had":
        return [(a, axes) for a in f.args]
    if op == "tr":
        i = indices.fresh(f.args[0].rows)
        return [(f.args[0], (i, i))]
    if op == "sum":
        return [(f.args[0], indices.axes(f.args[0]))]
    if op == "rowsum":
        return [(f.args[0], (*axes, indices.fresh(f.args[0].cols)))]
    if op == "colsum":
        return [(f.args[0], (indices.fresh(f.args[0].rows), *axes))]
    if op == "diagonal":
        return [(f.args[0], (axes[0], axes[0]))]
    if op in ("pow", "epow") and len(f.args) == 2 and f.args[1].number is not None:
        return _power(f, axes, indices)
    return None


def _power(f: Expr, axes: tuple[Index, ...], indices: Indices) -> list[Factor] | None:
    base, k = f.args[0], f.args[1].number
    if k is None or k.denominator != 1 or not 2 <= k <= 3:
        return None
    if f.op == "pow" and f.is_scalar:
        if base.op == "norm2" and k == 2:
            inner = indices.axes(base.args[0])
            return [(base.args[0], inner)] * 2
        return None
    if f.op == "epow":
        return [(base, axes)] * int(k)
    links = [axes[0], *(indices.fresh(f.rows) for _ in range(int(k) - 1)), axes[1]]
    return [(base, (links[n], links[n + 1])) for n in range(int(k))]


def _product(f: Expr, axes: tuple[Index, ...], indices: Indices) -> list[Factor]:
    front: list[Factor] = [(a, ()) for a in f.args if a.is_scalar]
    chain = [a for a in f.args if not a.is_scalar]
    if not chain:
        return front
    rows = () if chain[0].rows.is_one else axes[:1]
    links: list[tuple[Index, ...]] = [rows]
    for a in chain[:-1]:
        links.append(() if a.cols.is_one else (indices.fresh(a.cols),))
    links.append(axes[len(rows) :])
    return front + [(a, (*links[n], *links[n + 1])) for n, a in enumerate(chain)]
