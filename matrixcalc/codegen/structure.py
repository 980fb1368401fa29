"""Hessians with a structure: what is a small operator is never formed.

The second derivative of a scalar is a sum of terms in index form. With the variable's axes
``i, j`` and again ``k, l``, a term is

* of rank one, where nothing links ``i, j`` with ``k, l``;
* diagonal, where ``i`` is ``k`` and ``j`` is ``l``;
* a Kronecker product, where nothing links ``i, k`` with ``j, l``, and a crossed one, where
  nothing links ``i, l`` with ``j, k``;
* a matrix for each column, where ``j`` is ``l``, or for each row, where ``i`` is ``k``.

A sum of such terms is an operator; a single term of another kind makes the Hessian dense.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from matrixcalc import build
from matrixcalc.codegen.chain import size_of
from matrixcalc.codegen.ir import Builder, Dims, Value, origin
from matrixcalc.codegen.lower import Lowering, dims_of
from matrixcalc.codegen.terms import lower_terms
from matrixcalc.derivative import Derivative
from matrixcalc.dims import Dim
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Indices, Term, flat, multiply

_FEW = 4
"""A product of low rank has this many times more rows than terms in its inner sum."""

OPERATORS = frozenset(
    {"diagonal_operator", "kronecker_operator", "crossed_operator", "block_operator",
     "operator_sum", "low_rank_operator"}
)
"""The operations that make operators."""

_BLOCKS = {"columns": 1, "rows": 0}
"""The kinds of terms that are a matrix for each column or row, and the axis of these."""

Prepare = Callable[[Expr], Expr]
Pair = tuple[Value, Value]
"""A and B of A*V*B'; a number or a vector is a multiple of the identity or a diagonal."""


def operator_of(
    lowering: Lowering, d: Derivative, formula: Expr | Sequence[Term], prepare: Prepare
) -> Value | None:
    """The Hessian as an operator; None where it has no such structure, or is no Hessian.

    ``formula`` is what would be lowered otherwise.
    """
    x = d.targets[0]
    if not d.function.is_scalar or x.is_scalar:
        return None
    indices, terms = d.tensor.indices, formula
    if isinstance(formula, Expr):
        indices, terms = _terms(formula)
    assert not isinstance(terms, Expr)
    hessian = _Hessian(lowering, indices, dims_of(x), prepare)
    if terms and all(hessian.take(_untied(t, indices)) for t in terms):
        return hessian.operator()
    return None


def _terms(hessian: Expr) -> tuple[Indices, Sequence[Term]]:
    """The terms of a matrix; a sum of matrices is multiplied out as far as scalars go."""
    indices = Indices()
    axes = tuple(indices.fresh(n) for n in hessian.shape)
    made = []
    todo = [hessian]
    while todo:
        e = todo.pop()
        scalars = [a for a in e.args if a.is_scalar] if e.op == "mul" else []
        body = build.mul(*e.args[len(scalars) :]) if scalars else e
        if body.op == "add":
            todo.extend(build.mul(*scalars, t) for t in reversed(body.args))
        elif body.op == "_softmax_jacobian":
            (s,) = body.args
            square = build.mul(build.MINUS, s, build.transpose(s))
            todo += [build.mul(*scalars, t) for t in (square, build.call("diag", s))]
        elif body.op != "zeros":
            made.append(multiply(Term(tuple(scalars), (), ()), [(body, axes)], axes, indices))
    return indices, made


def _untied(t: Term, indices: Indices) -> Term:
    """A term in which a matrix that is diagonal by itself is a vector on one index."""
    known = [f for f in t.factors if _is_diagonal(f[0])]
    if not known:
        return t
    rest = Term(t.scalars, tuple(f for f in t.factors if f not in known), t.free)
    vectors = [(build.call("diag", build.call("diagonal", e)), axes) for e, axes in known]
    return multiply(rest, vectors, t.free, indices)


def _is_diagonal(e: Expr) -> bool:
    if e.op == "sym":
        return "diagonal" in e.data[1]
    return e.op == "had" and any(a.op == "eye" for a in e.args)


class _Groups:
    """The factors of a term, in groups that share indices."""

    def __init__(self, t: Term) -> None:
        self.term = t
        self.free = tuple(flat(t.free))
        half = len(self.free) // 2
        self.first, self.second = self.free[:half], self.free[half:]
        self._groups: list[tuple[set[int], list[Factor]]] = []
        for e, axes in t.factors:
            ids, factors = set(flat(axes)), [(e, axes)]
            met = [g for g in self._groups if g[0] & ids]
            for g in met:
                ids, factors = ids | g[0], g[1] + factors
                self._groups.remove(g)
            self._groups.append((ids, factors))

    def apart(self, one: Collection[int], other: Collection[int]) -> bool:
        """Whether neither a shared index nor a group links the one with the other."""
        return set(one).isdisjoint(other) and not any(
            ids.intersection(one) and ids.intersection(other) for ids, _ in self._groups
        )

    def on(self, indices: Collection[int]) -> list[Factor]:
        """The factors of the groups that stand on one of the indices."""
        return [f for ids, factors in self._groups if ids.intersection(indices) for f in factors]

    def summed(self) -> list[Factor]:
        """The factors of the groups that stand on no free index."""
        free = set(self.free)
        return [f for ids, factors in self._groups if ids.isdisjoint(free) for f in factors]


class _Hessian:
    """The terms of a Hessian by their kind, and the operators that they are together."""

    def __init__(
        self, lowering: Lowering, indices: Indices, axes: Dims, prepare: Prepare
    ) -> None:
        self.lowering = lowering
        self.builder = lowering.builder
        self.indices = indices
        self.axes = axes
        self.prepare = prepare
        self.kinds: defaultdict[str, list[_Groups]] = defaultdict(list)

    def take(self, t: Term) -> bool:
        """Put a term where it belongs; False where it belongs nowhere."""
        groups = _Groups(t)
        if any(isinstance(a, tuple) for a in t.free) or len(groups.free) != 2 * len(self.axes):
            return False
        kind = self._kind(groups)
        self.kinds[kind].append(groups)
        return kind != "dense"

    def _kind(self, groups: _Groups) -> str:
        first, second = groups.first, groups.second
        if groups.apart(first, second):
            return "outer"
        if len(first) == 1:
            if first == second:
                return "diagonal"
            return "low rank" if self._cut(groups) else "dense"
        if first == second and not groups.apart(first[:1], first[1:]):
            return "diagonal"
        for kind, others in (("straight", second), ("crossed", second[::-1])):
            if groups.apart(*zip(first, others, strict=True)):
                return kind
        for kind, axis in _BLOCKS.items():
            if first[axis] == second[axis]:
                return kind
        return "dense"

    def operator(self) -> Value:
        """The sum of all that was taken."""
        b, dims = self.builder, self.axes * 2
        parts = [
            b.make("block_operator", self._blocks(kind, axis), data=axis, dims=dims)
            for kind, axis in _BLOCKS.items()
            if self.kinds[kind]
        ]
        straight, crossed = self._pairs("straight"), self._pairs("crossed")
        diagonal = [self._scaled(g, self._weights(g, g.first)) for g in self.kinds["diagonal"]]
        multiple = [k for k in straight if k[1][0].ndim == k[1][1].ndim == 0]
        if multiple and (diagonal or (len(straight) == 1 and not crossed and not parts)):
            straight = [k for k in straight if k not in multiple]
            diagonal += [b.binary("mul", b.binary("mul", k, p), q) for k, (p, q) in multiple]
        if diagonal:
            total = diagonal[0]
            for v in diagonal[1:]:
                total = b.binary("add", total, v)
            parts.append(b.make("diagonal_operator", total, dims=dims))
        parts += [b.make("kronecker_operator", *self._placed(k), dims=dims) for k in straight]
        parts += [b.make("crossed_operator", *self._placed(k), dims=dims) for k in crossed]
        base = [b.make("operator_sum", *parts, dims=dims)] if len(parts) > 1 else parts
        columns = [v for g in self.kinds["outer"] for v in self._outer(g)]
        columns += [v for g in self.kinds["low rank"] for v in self._low_rank(g)]
        return b.make("low_rank_operator", *base, *columns, dims=dims) if columns else base[0]

    def _blocks(self, kind: str, axis: int) -> Value:
        """A matrix for each row or column, with all other terms that are such blocks."""
        members = self.kinds[kind]
        for other in ("straight", "diagonal"):
            fits = [g.first[axis] == g.second[axis] for g in self.kinds[other]]
            members += itertools.compress(self.kinds[other], fits)
            self.kinds[other] = [
                g for g, fit in zip(self.kinds[other], fits, strict=True) if not fit
            ]
        along, within = axis, 1 - axis
        terms = []
        for g in members:
            free = (g.first[along], g.first[within], g.second[within])
            terms.append(Term(g.term.scalars, g.term.factors, free))
        dims = (self.axes[along], self.axes[within], self.axes[within])
        return lower_terms(self.lowering, terms, self.indices, dims, self.prepare)

    def _pairs(self, kind: str) -> list[tuple[Value, Pair]]:
        """Kronecker products, each with a scalar, as few as there can be."""
        terms = []
        for g in self.kinds[kind]:
            others = g.second if kind == "straight" else g.second[::-1]
            rows, cols = zip(g.first, others, strict=True)
            scale = self._scaled(g, self.builder.number(1))
            terms.append((scale, (self._side(g, rows), self._side(g, cols))))
        return _merged(self.builder, _gathered(self.builder, terms))

    def _outer(self, groups: _Groups) -> Pair:
        """The two arrays whose outer product is a term."""
        left, right = (self._array(groups.on(p), p) for p in (groups.first, groups.second))
        return self._scaled(groups, left), right

    def _placed(self, term: tuple[Value, Pair]) -> Pair:
        """The sides of a Kronecker product, the scalar in a number or in the smaller one."""
        scale, (left, right) = term
        smaller = self._size(self.axes[0]) <= self._size(self.axes[1])
        if left.ndim == 0 or (right.ndim and smaller):
            return self.builder.binary("mul", scale, left), right
        return left, self.builder.binary("mul", scale, right)

    def _cut(self, groups: _Groups) -> int:
        """The place of a short inner sum, by the hints, in a product of matrices; else 0."""
        factors = groups.on(groups.free)
        e, _ = factors[0]
        if len(factors) > 1 or e.op != "mul":
            return 0
        cut = min(range(1, len(e.args)), key=lambda c: self._size(e.args[c].rows))
        return cut if _FEW * self._size(e.args[cut].rows) <= self._size(e.rows) else 0

    def _low_rank(self, groups: _Groups) -> Pair:
        """The two matrices of few columns whose product is a term."""
        (e, axes), cut = groups.on(groups.free)[0], self._cut(groups)
        sides = [build.mul(*e.args[:cut]), build.transpose(build.mul(*e.args[cut:]))]
        if axes != groups.free:
            sides.reverse()
        left, right = (self.lowering.lower(self.prepare(s)) for s in sides)
        return self._scaled(groups, left), right

    def _size(self, dim: Dim) -> int:
        return size_of(dim, self.lowering.sizes)

    def _side(self, groups: _Groups, axes: tuple[int, int]) -> Value:
        """One side of a Kronecker product: a number, a vector or a matrix."""
        if axes[0] == axes[1]:
            return self._weights(groups, axes[:1])
        return self._array(groups.on(axes), axes)

    def _weights(self, groups: _Groups, axes: tuple[int, ...]) -> Value:
        """What stands on a diagonal: an array, or 1 where nothing does."""
        factors = groups.on(axes)
        if not factors and len(set(axes)) == len(axes):
            return self.builder.number(1)
        return self._array(factors, axes)

    def _array(self, factors: Sequence[Factor], axes: tuple[int, ...]) -> Value:
        """The product of factors as an array with these axes, everything else summed."""
        if len(factors) == 1 and sorted(factors[0][1]) == sorted(axes):
            e, own = factors[0]
            return self.lowering.lower(self.prepare(e if own == axes else build.transpose(e)))
        dims = tuple(self.indices.dims[i] for i in axes)
        term = Term((), tuple(factors), axes)
        return lower_terms(self.lowering, [term], self.indices, dims, self.prepare)

    def _scaled(self, groups: _Groups, v: Value) -> Value:
        """A value times the scalars of a term, and the sums over indices that are not free."""
        scale = self.lowering.lower(self.prepare(groups.term.coefficient))
        if summed := groups.summed():
            scale = self.builder.binary("mul", scale, self._array(summed, ()))
        return self.builder.binary("mul", scale, v)


def owning(b: Builder, outputs: Sequence[Value]) -> list[Value]:
    """The outputs, where none is a view of another and no operator holds an argument or output."""
    others = {origin(v) for v in outputs if v.op not in OPERATORS}

    def own(v: Value) -> Value:
        if v.op in OPERATORS:
            return b.make(v.op, *map(own, v.args), dims=v.dims, data=v.data)
        shared = v.ndim and (origin(v).op == "input" or origin(v) in others)
        return b.make("copy", v, dims=v.dims) if shared else v

    made: list[Value] = []
    given: set[Value] = set()
    for k, v in enumerate(outputs):
        if v.op in OPERATORS:
            v = own(v)
        elif v.ndim and origin(v).op != "input":
            # what one result is changed to would be seen in the other
            again = origin(v) in given
            given.add(origin(v))
            v = b.make("copy", v, dims=v.dims, data=k) if again else v
        made.append(v)
    return made


def _gathered(b: Builder, terms: Sequence[tuple[Value, Pair]]) -> list[tuple[Value, Pair]]:
    """Like terms as one: their scalars are added."""
    scales: dict[Pair, Value] = {}
    for scale, pair in terms:
        known = scales.get(pair)
        if known is None:
            scales[pair] = scale
        elif known.op == scale.op == "number":
            scales[pair] = b.number(known.data + scale.data)
        else:
            scales[pair] = b.binary("add", known, scale)
    return [(scale, pair) for pair, scale in scales.items()]


def _merged(b: Builder, terms: Sequence[tuple[Value, Pair]]) -> list[tuple[Value, Pair]]:
    """Terms with one side in common as one: kron(I, A) + kron(I, I) is kron(I, A + I)."""
    found = list(terms)
    for side in (0, 1):
        groups: dict[Value, list[tuple[Value, Pair]]] = {}
        for term in found:
            groups.setdefault(term[1][side], []).append(term)
        found = []
        for shared, members in groups.items():
            if len(members) == 1:
                found += members
                continue
            total = b.binary("mul", members[0][0], members[0][1][1 - side])
            for scale, pair in members[1:]:
                total = _added(b, total, b.binary("mul", scale, pair[1 - side]))
            found.append((b.number(1), (total, shared) if side else (shared, total)))
    return found


def _added(b: Builder, u: Value, v: Value) -> Value:
    """The sum of two sides, where a number or a vector stands for a diagonal."""
    if u.ndim == v.ndim or max(u.ndim, v.ndim) < 2:
        return b.binary("add", u, v)
    whole, diagonal = (u, v) if u.ndim == 2 else (v, u)
    return b.make("add_diag", whole, diagonal, dims=whole.dims)
