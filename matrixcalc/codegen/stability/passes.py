"""Forms that are equal on paper and not in floating point: the stable one is chosen.

log(1 + exp(u)) is softplus(u), exp(u)/(1 + exp(u)) is sigmoid(u), log(sum(exp(u))) is
logsumexp(u), exp(u)/sum(exp(u)) is softmax(u): nothing overflows on the way. These are no
patterns, but what the algebra of :mod:`matrixcalc.codegen.stability.logs` makes of any
product of powers of exponentials and of sums of them. Differences that cancel are for
:mod:`matrixcalc.codegen.stability.differences`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import add, had, mul, neg, num
from matrixcalc.calls import make_call, rebuild
from matrixcalc.codegen.stability.bounds import bounded
from matrixcalc.codegen.stability.centring import centred_product, centred_sum
from matrixcalc.codegen.stability.differences import difference
from matrixcalc.codegen.stability.logs import (
    canonical,
    exponential,
    log1mexp,
    logarithm,
    parts_of,
    peeled,
    scaled,
    spread,
    terms,
)
from matrixcalc.codegen.stability.split import Split, Splitting
from matrixcalc.codegen.stability.vanishing import vanishing
from matrixcalc.expr import Expr, topological


def stabilised(root: Expr) -> Expr:
    """The expression with every unstable form replaced.

    >>> from matrixcalc.infer import parse
    >>> stabilised(parse("sum(log(exp(-y) + 1))"))
    sum(softplus(-y))
    >>> stabilised(parse("exp(a - b)/(exp(a) + exp(b))^2"))
    exp(-softplus(b - a) - softplus(a - b) - 2*b)
    """
    return Stabilising().of(root)


class Stabilising:
    """The stable forms of expressions, each found once."""

    def __init__(self) -> None:
        self.splitting = Splitting()
        self.made: dict[Expr, Expr] = {}

    def of(self, root: Expr) -> Expr:
        """The stable form of an expression."""
        made = self.made
        for e in topological(root, lambda e: e not in made):
            if e not in made:
                args = tuple(made[a] for a in e.args)
                plain = e if args == e.args else rebuild(e, args, e.shape)
                if plain.op == "T" and e.op != "T":
                    # log(A') is made as log(A)'
                    new = build.transpose(self.rule(plain.args[0]))
                else:
                    new = self.rule(plain)
                made[e] = vanishing(new)
        return made[root]

    def rule(self, e: Expr) -> Expr:
        """The stable form of one node whose operands are stable."""
        if e.op in ("mul", "add"):
            e = centred_product(e) if e.op == "mul" else centred_sum(e)
        op = e.op
        if op in ("log", "log1p"):
            return self._log(e)
        if op == "mul" and not e.is_scalar:
            # a multiple of an elementwise product is one
            last = e.args[-1]
            alone = last.op in ("had", "epow") and all(a.is_scalar for a in e.args[:-1])
            return self._product(e) if alone else self._chain(e)
        if op in ("had", "mul", "epow") or (op == "pow" and e.is_scalar):
            return self._product(e)
        if op == "add":
            return difference(e, self.splitting)
        return e

    def _product(self, e: Expr) -> Expr:
        s = self.splitting.of(e)
        if s is None:
            return e
        apart = self._apart(s) if _grows(s) else None
        if apart is not None:
            return apart
        log, rest = s.log, list(s.rest)
        if e.order == 1:
            # exp(-z).*sum(exp(Z).*T, 1): each column takes what it needs
            axis = 1 if e.kind == "row" else 0
            for t in terms(log):
                for i, f in enumerate(rest):
                    moved = self.taken_into(f, t, axis) if f.order == 1 else None
                    if moved is not None:
                        rest[i] = moved[0]
                        log = canonical(add(log, neg(moved[1])))
                        break
        if log is s.log and not unsafe(s):
            return e
        return had(exponential(log), *rest) if e.order else mul(exponential(log), *rest)

    def _apart(self, s: Split) -> Expr | None:
        """exp(u).*(a + b) as exp(u).*a + exp(u).*b, where that divides all that is huge."""
        for i, total in enumerate(s.rest):
            if total.op == "add":
                others = (exponential(s.log), *s.rest[:i], *s.rest[i + 1 :])
                made = [self.of(had(*others, t)) for t in total.args]
                if not any(map(self.may_be_huge, made)):
                    return add(*made)
        return None

    def _log(self, e: Expr) -> Expr:
        a = e.args[0]
        one = build.ones(a.shape)
        if e.op == "log1p":
            a = add(a, one)
        number, inner = build.split_number(a)
        found: list[Expr] = []
        rest: list[Expr] = []
        factors = inner.args if inner.op in ("mul", "had") and not _is_form(inner) else (inner,)
        for f in factors:
            alone = len(factors) == 1 and _log_of_signed(f, number < 0)
            s = None if alone else self.splitting.of(f)
            if s is not None:
                found.append(spread(logarithm(s.log), a.shape))
            rest.extend((f,) if s is None else s.rest)
        # of several factors two may be negative
        log = _log_of_signed(rest[0], number < 0) if len(rest) == 1 else None
        if log is not None:
            found.append(spread(log, a.shape))
            number, rest = abs(number), []
        others = [f for f in rest if f.op == "_softmax_rest"]
        if others and number > 0 and len(others) == len(rest):
            found += map(_log_softmax_rest, others)
            rest = []
        if not found:
            if a.op == "add" and one in a.args:
                return make_call("log1p", (add(a, neg(one)),))
            return e
        left = mul(num(number), had(*rest))
        if left is not build.UNIT:
            found.append(spread(vanishing(make_call("log", (left,))), a.shape))
        return add(*found)

    # products of matrices

    def _chain(self, e: Expr) -> Expr:
        """A product with exponentials in its scalars and its factors."""
        scalars = [a for a in e.args if a.is_scalar]
        before = [a for a in e.args if not a.is_scalar]
        chain = self._multiplied_out(self._scaled(before))
        known = self.splitting.of(mul(*scalars)) if scalars else None
        if known is None:
            return e if chain == before else mul(*scalars, *chain)
        i = next((i for i, f in enumerate(chain) if f.op == "add"), None)
        plain = i is not None and all(f.op == "diag" for f in chain if f is not chain[i])
        if i is not None and plain and any(map(self.may_be_huge, chain[i].args)):
            # exp(-z)*(y*exp(x)' + …): each term takes what it needs
            each = (mul(*scalars, *chain[:i], t, *chain[i + 1 :]) for t in chain[i].args)
            return add(*(self._chain(t) if t.op == "mul" else t for t in each))
        log = known.log
        for i in range(len(chain)):
            for t in terms(log):
                moved = self.taken_into(chain[i], t, None)
                if moved is not None:
                    chain[i], taken = moved
                    log = canonical(add(log, neg(taken)))
        if not build.is_zero(log):
            left = [(i, self.splitting.of(_core(f)[0])) for i, f in enumerate(chain)]
            able = [(i, s) for i, s in left if s is not None and (_open(s.log) or _grows(s))]
            able.sort(key=lambda a: (not _grows(a[1]), len(terms(a[1].log))))
            # in equal parts where each term can be parted so, else to the one that has had least;
            # what is no logarithm of a sum can be parted anyhow
            parts = len(able)
            shares = [(build.split_number(t)[0] / max(parts, 1), t) for t in terms(log)]
            if any(k.denominator != 1 and _is_named(t) for k, t in shares):
                parts = min(parts, 1)
            for i, s in able[:parts]:
                own = spread(scaled(Fraction(1, parts), log), s.log.shape)
                chain[i] = _core(chain[i])[1](had(exponential(add(s.log, own)), *s.rest))
            log = build.ZERO if parts else log
        if log is known.log and not unsafe(known):
            return mul(*scalars, *chain)
        front = [] if build.is_zero(log) else [exponential(log)]
        return mul(*front, *known.rest, *chain)

    def _multiplied_out(self, chain: list[Expr]) -> list[Expr]:
        """(A + B*diag(v))*E as A*E + B*diag(v)*E, where one divides all that is huge in the
        other."""
        for i, total in enumerate(chain):
            if total.op != "add":
                continue
            inside = any(map(self.may_be_huge, total.args))
            for j in (i - 1, i + 1):
                if not 0 <= j < len(chain) or not (inside or self.may_be_huge(chain[j])):
                    continue
                if self.splitting.of(_core(chain[j])[0]) is None:
                    continue
                both = (mul(t, chain[j]) if i < j else mul(chain[j], t) for t in total.args)
                # diag(u)*diag(v) is diag(u.*v) now, in which one may divide the other
                made = list(map(self.of, both))
                if not any(map(self.may_be_huge, made)):
                    low = min(i, j)
                    return [*chain[:low], add(*made), *chain[low + 2 :]]
        return chain

    def may_be_huge(self, t: Expr) -> bool:
        """Whether a term is a product of matrices with an exponential in it."""
        chain = [a for a in t.args if not a.is_scalar] if t.op == "mul" else [t]
        splits = (self.splitting.of(_core(f)[0]) for f in chain)
        return any(s is not None and _grows(s) for s in splits)

    def taken_into(self, root: Expr, t: Expr, place: int | None) -> tuple[Expr, Expr] | None:
        """A factor with the divisor exp(t) taken into it, and the part of t that was.

        ``place`` is the axis along which the divisor runs, None for a number. It goes into the
        exponential of whose sum it is the inverse: (1/sum(exp(x)))*exp(x) is softmax(x).
        """
        if build.split_number(t)[0] >= 0:
            return None
        todo: list[tuple[Expr, int | None, tuple[tuple[Expr, int], ...]]] = [(root, place, ())]
        while todo:
            e, axis, path = todo.pop()
            s = self.splitting.of(e)
            if s is not None:
                turned = axis is not None and _is_across(t, e, axis)
                moved = _absorbed(s, build.transpose(t) if turned else t)
                if moved is not None:
                    made, taken = moved
                    return _replaced(made, path), build.transpose(taken) if turned else taken
            places = _ends(e, axis)
            flip = e.op == "T" and axis is not None
            inner = 1 - axis if flip and axis is not None else axis
            todo.extend((e.args[i], inner, (*path, (e, i))) for i in places)
        return None

    def _scaled(self, chain: Sequence[Expr]) -> list[Expr]:
        """diag(v)*A, A*diag(v), A*v and v'*A with what cancels of the exponentials in v taken
        into A."""
        out: list[Expr] = []
        for f in chain:
            out.append(f)
            while len(out) > 1:
                both = self._joined(out[-2], out[-1])
                if both is None:
                    break
                out[-2:] = both
        return out

    def _joined(self, a: Expr, b: Expr) -> list[Expr] | None:
        first = a.op == "diag" or a.kind == "row"
        if first == (b.op == "diag" or b.kind == "vector"):
            return None
        beside, whole, place = (a, b, 0) if first else (b, a, 1)
        if whole.order != 2:
            return None
        spine, restored = _core(beside)
        v = self.splitting.of(spine)
        if v is None:
            return None
        log = v.log
        for t in terms(log):
            moved = self.taken_into(whole, t, place)
            if moved is not None:
                whole, taken = moved
                log = canonical(add(log, neg(taken)))
        if log is v.log:
            return None
        left = had(exponential(log), *v.rest, build.ones(spine.shape))
        if left.op == "ones" and beside.op == "diag":
            return [whole]
        return [restored(left), whole] if place == 0 else [whole, restored(left)]


def _ends(e: Expr, axis: int | None) -> list[int]:
    """The operands of a product that a divisor along this axis may go into."""
    if e.op in ("had", "T", "diag"):
        return list(range(len(e.args)))
    if (e.op, axis) in (("colsum", 1), ("rowsum", 0)):
        return [0]
    if e.op != "mul" or e.is_scalar:
        return []
    chain = [i for i, a in enumerate(e.args) if not a.is_scalar]
    return chain if axis is None else [chain[-1] if axis else chain[0]]


def _is_across(t: Expr, e: Expr, axis: int) -> bool:
    """Whether a divisor stands the other way than the axis of a factor along which it runs."""
    column = axis == 0 if e.order == 2 else e.kind == "vector"
    return (t.kind == "vector") != column


def _absorbed(s: Split, t: Expr) -> tuple[Expr, Expr] | None:
    """exp(t) taken into a factor as often as that holds what it divides."""
    number, rest = build.split_number(t)
    log = s.log
    taken: Expr = build.zeros(t.shape)
    while number < 0:
        # exp(2*u)/sum(exp(u))^2 holds it twice, and not once
        for step in (max(number, build.MINUS.data), number):
            one = mul(build.num(step), rest)
            made = canonical(add(log, spread(one, log.shape)))
            if _open(made) < _open(log) or _holds(made, rest):
                break
        else:
            break
        log, taken, number = made, add(taken, one), number - step
    return None if log is s.log else (had(exponential(log), *s.rest), taken)


def _holds(log: Expr, rest: Expr) -> bool:
    """Whether a logarithm that has -max(u) in it has u as often."""
    top = next((f for f in parts_of(rest) if f.op == "max"), None)
    if top is None:
        return False
    counts = {r.key: k for k, r in map(build.split_number, terms(log))}
    taken = next((-k for k, r in map(build.split_number, terms(log)) if top in parts_of(r)), None)
    inner = [build.split_number(t) for t in terms(canonical(top.args[0]))]
    return taken is not None and all(
        r.key in counts and counts[r.key] / k >= taken for k, r in inner
    )


def _replaced(e: Expr, path: Sequence[tuple[Expr, int]]) -> Expr:
    """An operand put in the place of another, and what is above made anew."""
    for above, i in reversed(path):
        e = rebuild(above, (*above.args[:i], e, *above.args[i + 1 :]), above.shape)
    return e


def unsafe(s: Split) -> bool:
    """Whether a product may overflow or underflow on the way."""
    return s.divides or (s.count > 1 and s.high and s.low)


def _grows(s: Split) -> bool:
    """Whether an exponential may be huge."""
    return s.high and not bounded(s.log)


def _is_form(e: Expr) -> bool:
    return e.is_scalar and e.op == "mul" and not e.args[0].is_scalar


def _open(log: Expr) -> int:
    """How many terms of a logarithm are no names."""
    return len(terms(peeled(canonical(log))[1]))


def _is_named(t: Expr) -> bool:
    """Whether a term of a logarithm is the logarithm of a sum, of which half is no name."""
    return any(
        f.op in ("softplus", "logsumexp", "max", "min") or f.op.startswith("_log")
        for f in parts_of(t)
    )


def _core(f: Expr) -> tuple[Expr, Callable[[Expr], Expr]]:
    """What is below a transpose or a diagonal matrix, and how to put it back."""
    if f.op == "T":
        return f.args[0], build.transpose
    if f.op == "diag":
        return f.args[0], lambda v: make_call("diag", (v,))
    return f, lambda v: v


_FAR = num(10**30)
"""Subtracted from what an exponential is to be zero of; a number in single precision, too."""


def _log_softmax_rest(rest: Expr) -> Expr:
    """log(1 - softmax(u)): for each entry the logarithm of the sum of the others."""
    u = rest.args[0]
    column = u if u.kind == "vector" else build.transpose(u)
    every = mul(column, build.ones(column.shape[::-1]))
    apart = make_call("_logsumexp_columns", (add(every, neg(mul(_FAR, build.eye(column.rows)))),))
    others = apart if column is not u else build.transpose(apart)
    return add(others, neg(spread(make_call("logsumexp", (u,)), u.shape)))


def _log_of_signed(f: Expr, negative: bool) -> Expr | None:
    """The logarithm of tanh(v) or expm1(v), or of its negative, where it is positive."""
    if f.op not in ("tanh", "_expm1"):
        return None
    v = neg(f.args[0]) if negative else f.args[0]
    if f.op == "tanh":
        twice = canonical(scaled(Fraction(-2), v))
        return add(log1mexp(twice), neg(make_call("softplus", (twice,))))
    if negative:
        return log1mexp(f.args[0])
    return add(v, log1mexp(neg(v)))
