"""Forms that are equal on paper and not in floating point: the stable one is chosen.

log(1 + exp(u)) is softplus(u), exp(u)/(1 + exp(u)) is sigmoid(u), log(sum(exp(u))) is
logsumexp(u), exp(u)/sum(exp(u)) is softmax(u): nothing overflows on the way. 1 - sigmoid(u) is
sigmoid(-u), in which nothing cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import add, epower, had, mul, num, power
from matrixcalc.calls import make_call
from matrixcalc.expr import Expr, topological
from matrixcalc.polish import one_plus_exp


def _sum_exp(e: Expr) -> Expr | None:
    """The u of ``sum(exp(u))`` for a column u, or None."""
    if e.op == "sum" and e.args[0].op == "exp" and e.args[0].order == 1:
        return e.args[0].args[0]
    return None


def stabilised(root: Expr) -> Expr:
    """The expression with every unstable pattern replaced.

    >>> from matrixcalc.infer import parse
    >>> stabilised(parse("sum(log(exp(-y) + 1))"))
    sum(softplus(-y))
    """
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        if e.op in ("had", "mul"):
            # a power of 1 + exp(u) is left as it is until its neighbours are known
            args = tuple(_kept(a, made) for a in e.args)
        made[e] = _rule(e, args)
    return made[root]


def _kept(e: Expr, made: dict[Expr, Expr]) -> Expr:
    if e.op in ("epow", "pow") and e.args[0].op == "add":
        return rebuilt(e, tuple(made[a] for a in e.args))
    return made[e]


def _rule(e: Expr, args: tuple[Expr, ...]) -> Expr:
    if e.op == "log":
        return _log(args[0])
    if e.op in ("had", "mul"):
        swapped = _quotients(args, e.op)
        if swapped is not None:
            return swapped
    if e.op in ("epow", "pow") and args[0].op == "add":
        inner = _quotients((e if args == e.args else rebuilt(e, args),), "had")
        if inner is not None:
            return inner
    made = e if args == e.args else rebuilt(e, args)
    return _complement(made) or made


def _complement(e: Expr) -> Expr | None:
    """sigmoid(-u) for 1 - sigmoid(u), or None."""
    if e.op != "add" or len(e.args) != 2:
        return None
    for one, other in (e.args, e.args[::-1]):
        number, rest = build.split_number(other)
        if (one.op == "ones" or one is build.UNIT) and number == -1 and rest.op == "sigmoid":
            return make_call("sigmoid", (build.neg(rest.args[0]),))
    return None


def _log(a: Expr) -> Expr:
    u = one_plus_exp(a)
    if u is not None:
        return make_call("softplus", (u,))
    u = _sum_exp(a)
    if u is not None:
        return make_call("logsumexp", (u if u.kind == "vector" else build.transpose(u),))
    if a.op == "softmax":
        return make_call("log_softmax", a.args)
    if a.op == "exp":
        return a.args[0]
    return make_call("log", (a,))


def _power_of(f: Expr) -> tuple[Expr, Fraction]:
    if f.op in ("epow", "pow") and f.args[1].op == "num" and (f.op == "epow" or f.is_scalar):
        return f.args[0], f.args[1].data
    return f, Fraction(1)


def _quotients(args: Sequence[Expr], op: str) -> Expr | None:
    """Factors exp(u)^a/(1 + exp(u))^b as sigmoids; exp(u)/sum(exp(u)) as softmax."""
    rest = list(args)
    changed = False
    for f in args:
        base, exponent = _power_of(f)
        if f not in rest or exponent >= 0 or exponent.denominator != 1:
            continue
        u = one_plus_exp(base)
        if u is not None:
            down = int(-exponent)
            up = 0
            for g in list(rest):
                inner, times = _power_of(g)
                if inner.op == "exp" and inner.args[0] is u and 0 < times <= down:
                    up = int(times) if times.denominator == 1 else 0
                    if up:
                        rest.remove(g)
                    break
            rest.remove(f)
            raised = epower if u.order else power
            pairs = ((u, up), (build.neg(u), down - up))
            rest.extend(raised(make_call("sigmoid", (v,)), num(k)) for v, k in pairs if k)
            changed = True
            continue
        u = _sum_exp(base)
        if u is not None and exponent == -1 and op == "mul":
            top = next((g for g in rest if g.op == "exp" and g.args[0] is u), None)
            if top is not None:
                rest[rest.index(top)] = make_call("softmax", (u,))
                rest.remove(f)
                changed = True
    if not changed:
        return None
    return mul(*rest) if op == "mul" else had(*rest)


def rebuilt(e: Expr, args: tuple[Expr, ...]) -> Expr:
    """The node with other operands of the same shapes."""
    if e.op == "add":
        return add(*args)
    if e.op == "mul":
        return mul(*args)
    if e.op == "had":
        return had(*args)
    if e.op == "pow":
        return power(*args)
    if e.op == "epow":
        return epower(*args)
    if e.op == "T":
        return build.transpose(args[0])
    return make_call(e.op, args)
