"""The chain rule entry by entry: ``∂y_i/∂x_j = cos(A*x)_i ∂(A*x)_i/∂x_j``.

An entry that is still to be differentiated stands in a term as a variable of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc import build
from matrixcalc.derivation.linear import monomials
from matrixcalc.derivation.spelling import spelled
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.forward import terms_of
from matrixcalc.index import Factor, Index, Indices, Term, flat
from matrixcalc.pullback import Pullback
from matrixcalc.templates import substitute

MAX_TERMS = 12
MAX_ROUNDS = 30


class Opaque(Exception):
    """There is no such way, or it is too long: the derivative is to be given at once."""


class Chain:
    """One differentiation, by ``x`` with its own ``axes``."""

    def __init__(self, indices: Indices, x: Expr, axes: tuple[int, ...]) -> None:
        self.indices = indices
        self.x = x
        self.axes = axes
        self.inner: dict[Expr, Expr] = {}
        self._made: dict[Expr, Expr] = {}
        self._rounds = 0

    def symbol(self, e: Expr) -> Expr:
        """The variable that stands for the derivative of ``e``."""
        found = self._made.get(e)
        if found is None:
            # no name of a variable begins so
            found = build.sym(f"∂{len(self._made)}", e.shape)
            self._made[e], self.inner[found] = found, e
        return found

    def start(self, terms: Sequence[Term]) -> list[Term]:
        """The product rule for a sum of terms."""
        return _few(self.start_all(terms))

    def start_all(self, terms: Sequence[Term]) -> list[Term]:
        """The same, however many terms there are."""
        return [made for t in terms for made in self._product_rule(t, (*t.free, *self.axes))]

    def step(self, terms: Sequence[Term]) -> tuple[str, list[Term]] | None:
        """The name of a rule, and the terms after it; None where nothing is left to do."""
        waiting = {e for t in terms if (e := self._waiting(t)) is not None}
        if not waiting:
            return None
        self._rounds += 1
        if self._rounds > MAX_ROUNDS:
            raise Opaque
        rule = self._rule(max(waiting, key=lambda e: (len(topological(e)), e.key)))
        out: list[Term] = []
        for t in terms:
            e = self._waiting(t)
            out += [t] if e is None or self._rule(e) != rule else self._expanded(t, e)
        if rule == "product rule" and all(self._is_sum(e) for e in waiting if self._entries(e)):
            rule = "sum rule"
        return rule, _few(out)

    def _is_sum(self, e: Expr) -> bool:
        """Whether there is a sum alone to be differentiated, without products in it."""
        parts = [a for a in e.args if self._active(a)]
        return e.op == "add" and not any(self._entries(a) for a in parts)

    def pulled(self, term: Term) -> list[Term]:
        """The term with the derivative that it waits for, found at once."""
        e = self._waiting(term)
        if e is None:
            return [term]
        place = next(k for k, (f, _) in enumerate(term.factors) if f in self.inner)
        others = (*term.factors[:place], *term.factors[place + 1 :])
        count = len(term.free) - len(self.axes)
        seed = Term(term.scalars, others, (*term.free[:count], *term.factors[place][1]))
        return Pullback(self.indices).pull(e, [seed], [self.x], count)[self.x]

    def _waiting(self, term: Term) -> Expr | None:
        return next((self.inner[f] for f, _ in term.factors if f in self.inner), None)

    def _rule(self, e: Expr) -> str:
        if e.op in ("pow", "epow") and not self._entries(e):
            if e.op == "pow" and not e.is_scalar:
                return "inverse" if e.args[1].data == -1 else "power of a matrix"
            return "power rule" if self._active(e.args[0]) else "exponent rule"
        return "product rule" if self._entries(e) else e.op

    def _active(self, e: Expr) -> bool:
        return e in depends(e, [self.x])

    def _entries(self, e: Expr) -> bool:
        """Whether the entries of ``e`` are sums of products of others."""
        axes = self.indices.axes(e)
        made = spelled(e, axes, self.indices)
        return len(made) > 1 or made[0].scalars + tuple(f for f, _ in made[0].factors) != (e,)

    def _product_rule(self, term: Term, free: tuple[Index, ...]) -> list[Term]:
        out: list[Term] = []
        factors: list[Factor] = [*((s, ()) for s in term.scalars), *term.factors]
        for k, (e, own) in enumerate(factors):
            if not self._active(e):
                continue
            before, after = factors[:k], factors[k + 1 :]
            scalars = tuple(f for f, ax in (*before, *after) if not ax)
            # the derivative stands where the entry stood
            front = tuple(f for f in before if f[1])
            back = tuple(f for f in after if f[1])
            out.append(Term(scalars, (*front, *self._derived(e, own), *back), free))
        return out

    def _derived(self, e: Expr, own: tuple[Index, ...]) -> tuple[Factor, ...]:
        if e is not self.x:
            return ((self.symbol(e), own),)
        pairs = zip(own, self.axes, strict=True)
        return tuple((build.eye(self.indices.dims[b]), (a, b)) for a, b in pairs)

    def _expanded(self, term: Term, e: Expr) -> list[Term]:
        place = next(k for k, (f, _) in enumerate(term.factors) if f in self.inner)
        own = term.factors[place][1]
        before, after = term.factors[:place], term.factors[place + 1 :]
        if self._entries(e):
            parts = [m for t in spelled(e, own, self.indices) for m in self._product_rule(t, own)]
        else:
            parts = self._by_table(e, own)
        out: list[Term] = []
        for p in parts:
            factors = (*before, *p.factors, *after)
            kept = {*flat(term.free), *(i for _, ax in factors for i in flat(ax))}
            # an index that is summed and no longer there counts
            sizes = [build.size(self.indices.dims[i]) for i in flat(own) if i not in kept]
            out.append(Term((*term.scalars, *p.scalars, *dict.fromkeys(sizes)), factors, term.free))
        return out

    def _by_table(self, e: Expr, own: tuple[Index, ...]) -> list[Term]:
        active = depends(e, [self.x])
        arguments = [a for a in dict.fromkeys(e.args) if a in active]
        changes = {a: self.symbol(a) for a in arguments}
        out: list[Term] = []
        for whole in terms_of(e, changes, active):
            for a in arguments:
                alone = {changes[b]: build.zeros(b.shape) for b in arguments if b is not a}
                one = substitute(whole, alone) if alone else whole
                if one in depends(one, [changes[a]]):
                    for m in monomials(one, changes[a]):
                        out += [self._bare(t, a) for t in spelled(m, own, self.indices)]
        return out

    def _bare(self, term: Term, a: Expr) -> Term:
        """The term with the derivative of ``a`` as a factor of its own."""
        mark = self.symbol(a)
        if any(f is not mark and f in depends(f, [mark]) for f in (*term.scalars, *_of(term))):
            raise Opaque
        scalars = tuple(s for s in term.scalars if s is not mark)
        extra = self._derived(a, ()) if mark in term.scalars else ()
        factors: list[Factor] = [*extra]
        for f, axes in term.factors:
            factors += self._derived(a, axes) if f is mark else [(f, axes)]
        return Term(scalars, tuple(factors), term.free)


def _of(term: Term) -> list[Expr]:
    return [f for f, _ in term.factors]


def _few(terms: list[Term]) -> list[Term]:
    if len(terms) > MAX_TERMS:
        raise Opaque
    return terms
