"""The factors of a term as a small graph, and its reduction.

Vectors are weights on the vertices (the indices), matrices are edges. A vector at the
end of an edge is absorbed, edges in series are multiplied, parallel ones are multiplied
elementwise, a closed loop is a trace: so summed indices go, one after another.
"""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc import build
from matrixcalc.build import had, mul, ones, transpose
from matrixcalc.calls import make_call
from matrixcalc.dims import ONE, Shape
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Index, Indices, Term, flat, single
from matrixcalc.wide import Wide, apply, sum_over, times_edge, times_weight

Edge = tuple[Expr, int, int]


class Graph:
    """The factors of a term: weights on indices, edges between them, scalars."""

    def __init__(self, term: Term, indices: Indices) -> None:
        self.dims = indices.dims
        self.indices = indices
        self.scalars: list[Expr] = list(term.scalars)
        self.weights: dict[int, Expr] = {}
        self.edges: list[Edge] = []
        self.wide: list[Wide] = []
        self.scaling: Wide | None = None
        self.stuck = False
        term = merge_composites(term, indices)
        self.free: tuple[Index, ...] = term.free
        self.kept = set(flat(term.free))
        vectors: dict[int, list[Expr]] = {}
        for e, axes in term.factors:
            if len(axes) == 1 and isinstance(axes[0], int):
                vectors.setdefault(axes[0], []).append(transpose(e) if e.rows.is_one else e)
        for index, found in vectors.items():
            # multiplied at once: one by one takes time with the square of their number
            self.weights[index] = found[0] if len(found) == 1 else had(*found)
        for e, axes in term.factors:
            if len(axes) != 1 or not isinstance(axes[0], int):
                self.insert(e, axes)

    def insert(self, e: Expr, axes: Sequence[Index]) -> None:
        if any(isinstance(a, tuple) for a in axes):
            if len(axes) == 2:
                self.wide.append(Wide(e, flat(axes[:1]), flat(axes[1:])))
                return
            e, axes = self.unfold(e, axes)
            if not axes:
                self.stuck = True
                return
        if len(axes) == 1:
            self.weigh(single(axes[0]), e)
        elif axes[0] == axes[1]:
            self.weigh(single(axes[0]), make_call("diagonal", (e,)))
        else:
            self.edges.append((e, single(axes[0]), single(axes[1])))

    def unfold(self, e: Expr, axes: Sequence[Index]) -> tuple[Expr, Sequence[Index]]:
        """A vector b on a composite axis (j, i) is the matrix of which b is the vec."""
        if len(axes) != 1 or len(flat(axes)) != 2:
            return e, ()
        j, i = flat(axes)
        rows, cols = self.dims[i], self.dims[j]
        column = transpose(e) if e.rows.is_one else e
        if column.op == "vec" and column.args[0].shape == (rows, cols):
            return column.args[0], (i, j)
        return unvec(column, (rows, cols)), (i, j)

    def weigh(self, index: int, e: Expr) -> None:
        if e.rows.is_one:
            e = transpose(e)
        known = self.weights.get(index)
        self.weights[index] = e if known is None else had(known, e)

    def reduce(self) -> None:
        """Reduce until nothing changes; summed indices that stay make it stuck."""
        if self.stuck:
            return
        summed_later = self.kept
        self.kept = summed_later | {i for w in self.wide for i in w.parts()}
        self.shrink()
        for w in self.wide:
            self.collapse(w, summed_later)
        self.kept = summed_later
        self.shrink()
        summed = {i for _, a, b in self.edges for i in (a, b)} | set(self.weights)
        self.stuck = self.stuck or bool(summed - self.kept)

    def shrink(self) -> None:
        """Eliminate summed indices while that goes."""
        changed = True
        while changed:
            changed = self.parallel() or self.absorb() or self.series()

    def collapse(self, w: Wide, kept: set[int]) -> None:
        """Bring a matrix on composite axes to an edge between single indices."""
        parts = w.parts()
        if len(set(parts)) != len(parts) or len(self.wide) > 1:
            self.stuck = True
            return
        for edge in list(self.edges):
            e, a, b = edge
            inside = [i for i in (a, b) if i in w.parts()]
            if len(inside) == 2 and times_edge(w, e, a, b, self.dims):
                self.edges.remove(edge)
        for edge in list(self.edges):
            e, a, b = edge
            inside = [i for i in (a, b) if i in w.parts()]
            if len(inside) == 1 and inside[0] not in kept:
                if sum(inside[0] in other[1:] for other in self.edges) > 1:
                    continue
                weight = self.weights.pop(inside[0], None)
                if weight is not None:
                    times_weight(w, weight, inside[0], self.dims)
                if b == inside[0]:
                    e, a, b = transpose(e), b, a
                apply(w, e, a, b, self.dims)
                self.edges.remove(edge)
        tied = {i for _, a, b in self.edges for i in (a, b)}
        for i in w.parts():
            if i in kept or i in tied:
                continue
            weight = self.weights.pop(i, None)
            if weight is not None:
                times_weight(w, weight, i, self.dims)
            sum_over(w, i, self.dims)
        if len(w.rows) > 1 or len(w.cols) > 1:
            self.scaling = w
            self.stuck = not kept.issuperset(w.parts())
        elif w.rows and w.cols:
            self.insert(w.matrix, (w.rows[0], w.cols[0]))
        elif w.rows or w.cols:
            self.insert(w.matrix, (w.rows or w.cols)[:1])
        else:
            self.scalars.append(w.matrix)

    def degree(self) -> dict[int, list[Edge]]:
        at: dict[int, list[Edge]] = {}
        for edge in self.edges:
            at.setdefault(edge[1], []).append(edge)
            at.setdefault(edge[2], []).append(edge)
        return at

    def parallel(self) -> bool:
        seen: dict[tuple[int, int], Edge] = {}
        for edge in self.edges:
            _, a, b = edge
            pair = (min(a, b), max(a, b))
            if pair not in seen:
                seen[pair] = edge
                continue
            first = seen[pair]
            self.edges.remove(first)
            self.edges.remove(edge)
            self.join(first, edge)
            return True
        return False

    def join(self, first: Edge, second: Edge) -> None:
        m, a, b = first
        n, c, _ = second
        n = transpose(n) if c != a else n  # now n, too, runs from a to b
        if a not in self.kept and b not in self.kept:
            others = {i for _, i, j in self.edges} | {j for _, i, j in self.edges}
            if a not in others and b not in others:
                self.close(m, n, a, b)
                return
        if any(n.key == part.key for part in _parts(m)) and n.op in ("eye",):
            self.edges.append((m, a, b))
            return
        self.edges.append((had(m, n), a, b))

    def close(self, m: Expr, n: Expr, a: int, b: int) -> None:
        """The sum over both ends of two parallel edges: a trace or a sum."""
        u, w = self.weights.pop(a, None), self.weights.pop(b, None)
        if u is not None and w is not None:
            inner = mul(had(m, n), w)
            self.scalars.append(mul(transpose(u), inner))
            return
        if u is not None or w is not None:
            if u is None:
                assert w is not None
                m, n, u = transpose(m), transpose(n), w
            self.scalars.append(mul(transpose(u), make_call("rowsum", (had(m, n),))))
            return
        choices = [
            make_call("tr", (mul(m, transpose(n)),)),
            make_call("sum", (had(m, n),)),
            make_call("tr", (mul(transpose(m), n),)),
        ]
        self.scalars.append(min(choices, key=lambda c: c.cost))

    def absorb(self) -> bool:
        """Remove a summed index that at most one edge touches."""
        at = self.degree()
        touched = set(at) | set(self.weights)
        for index in sorted(touched - self.kept):
            edges = at.get(index, [])
            if len(edges) > 1:
                continue
            weight = self.weights.pop(index, None)
            if not edges:
                assert weight is not None
                self.scalars.append(_total(weight))
                return True
            (e, a, b) = edges[0]
            self.edges.remove(edges[0])
            other, e = (b, transpose(e)) if a == index else (a, e)
            if weight is None:
                weight = ones((e.cols, ONE))
            self.weigh(other, mul(e, weight))
            return True
        return False

    def series(self) -> bool:
        """Multiply two edges that meet in a summed index."""
        at = self.degree()
        for index in sorted(set(at) - self.kept):
            edges = at[index]
            if len(edges) != 2:
                continue
            (m, a, b), (n, c, d) = edges
            self.edges.remove(edges[0])
            self.edges.remove(edges[1])
            if b != index:
                m, a, b = transpose(m), b, a
            if c != index:
                n, c, d = transpose(n), d, c
            weight = self.weights.pop(index, None)
            middle = () if weight is None else (make_call("diag", (weight,)),)
            self.edges.append((mul(m, *middle, n), a, d))
            return True
        return False


def _parts(e: Expr) -> tuple[Expr, ...]:
    return e.args if e.op == "had" else (e,)


def _total(weight: Expr) -> Expr:
    """The sum of a vector; of an elementwise product, as an inner product."""
    parts: tuple[Expr, ...] = ()
    if weight.op == "had":
        parts = weight.args
    elif weight.op == "T" and weight.args[0].op == "had":
        parts = tuple(transpose(p) for p in weight.args[0].args)
    if parts and not any(_reciprocal(p) for p in parts):
        rest = parts[:-1]
        first = rest[0] if len(rest) == 1 else had(*rest)
        return mul(transpose(first), parts[-1])
    if weight.op == "mul" and weight.args[0].is_scalar:
        front = [a for a in weight.args if a.is_scalar]
        return mul(*front, _total(mul(*weight.args[len(front) :])))
    return make_call("sum", (weight,))


def _reciprocal(e: Expr) -> bool:
    return e.op == "epow" and e.args[1].op == "num" and e.args[1].data < 0


def merge_composites(term: Term, indices: Indices) -> Term:
    """A tuple of indices that always stand together becomes one index again."""
    tuples = {a for _, axes in term.factors for a in axes if isinstance(a, tuple)}
    tuples |= {a for a in term.free if isinstance(a, tuple)}
    for t in tuples:
        alone = True
        for axes in (*(ax for _, ax in term.factors), term.free):
            for a in axes:
                if a != t and set(flat([a])) & set(t):
                    alone = False
        if alone and len(set(t)) == len(t):
            dim = ONE
            for i in t:
                dim = dim * indices.dims[i]
            new = indices.fresh(dim)
            swap: dict[Index, Index] = {t: new}
            term = Term(
                term.scalars,
                tuple((e, tuple(swap.get(a, a) for a in ax)) for e, ax in term.factors),
                tuple(swap.get(a, a) for a in term.free),
            )
    return term


def unvec(column: Expr, shape: Shape) -> Expr:
    """The n×m matrix whose columns, stacked, are the given vector.

    Written with Kronecker products: (vec(eye(m))' ⊗ eye(n)) (eye(m) ⊗ b).
    """
    n, m = shape
    row = transpose(make_call("vec", (build.eye(m),)))
    return mul(
        make_call("kron", (row, build.eye(n))), make_call("kron", (build.eye(m), column))
    )


def reduced(term: Term, indices: Indices) -> Term:
    """The term with its summed indices eliminated as far as that goes."""
    graph = Graph(term, indices)
    if graph.stuck or graph.wide:
        return term
    graph.reduce()
    factors: list[Factor] = [(w, (i,)) for i, w in graph.weights.items()]
    factors.extend((e, (a, b)) for e, a, b in graph.edges)
    return Term(tuple(graph.scalars), tuple(factors), graph.free)
