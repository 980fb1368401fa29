"""The last touch on a result, each where it makes the whole shorter."""

from __future__ import annotations

from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import add, epower, had, mul, num, power, split_number, transpose
from matrixcalc.calls import make_call
from matrixcalc.expr import Expr, topological
from matrixcalc.simplify import (
    Parts,
    expanded,
    gather,
    is_form,
    parts_of,
    shorter,
    simplify,
    total,
)
from matrixcalc.templates import substitute

CLEARED_COST = 500
"""Longer products are not cleared of fractions: all pairs of factors are tried."""


def polish(e: Expr) -> Expr:
    """Adjugates over determinants as inverses, quotients of exponentials as softmax,
    products multiplied out, repeated factors as powers, signs and numbers moved into sums."""
    ops = {f.op for f in topological(e)}
    if "adj" in ops:
        e = without_adjugates(e)
    if "exp" in ops:
        e = sigmoids(softmaxes(e))
    if "add" in ops:
        e = cleared(multiplied_out(e))
    if "mul" in ops:
        e = signs(powers(e))
    return e


def multiplied_out(e: Expr) -> Expr:
    """(eye - x*vector(1)')*diag(y) as diag(y) - x*y', and so before or behind other factors."""
    if e.op == "T":
        return transpose(multiplied_out(e.args[0]))
    if e.op == "add":
        # as a whole a sum was multiplied out on trial when it was gathered
        return shorter(e, add(*map(_partly, e.args)))
    if e.op not in ("mul", "had") or is_form(e):
        return e
    return shorter(_expansion(e), _partly(e))


def _partly(e: Expr) -> Expr:
    """A product with one neighbour of a sum taken into it."""
    if e.op == "T":
        return transpose(_partly(e.args[0]))
    p = parts_of(e)
    best = e
    for i, f in enumerate(p.chain):
        if len(p.chain) > 2 and (f.op == "add" or (f.op == "T" and f.args[0].op == "add")):
            for start in range(max(i - 1, 0), min(i, len(p.chain) - 2) + 1):
                block = _expansion(mul(*p.chain[start : start + 2]))
                made = p.product([*p.chain[:start], block, *p.chain[start + 2 :]])
                best = shorter(best, made)
    return best


def _expansion(e: Expr) -> Expr:
    """The product multiplied out, where that is shorter."""
    pieces = expanded([e])
    return e if pieces is None else shorter(e, total(gather(pieces), e.shape))


def without_adjugates(e: Expr) -> Expr:
    """adj(A)/det(A) is inv(A), also where a linear function stands between them."""
    nodes = topological(e)
    inverted = {
        f.args[0].args[0]
        for f in nodes
        if f.op == "pow" and f.args[0].op == "det" and f.args[1].op == "num" and f.args[1].data < 0
    }
    inverted |= {transpose(a) for a in inverted}
    change = {
        f: mul(make_call("det", f.args), power(f.args[0], build.MINUS))
        for f in nodes
        if f.op == "adj" and f.args[0] in inverted
    }
    if not change:
        return e
    made = simplify(substitute(e, change))
    return made if made.cost < e.cost else e


def softmaxes(e: Expr) -> Expr:
    """exp(x)/sum(exp(x)) is softmax(x), also where a linear function stands between them."""
    totals = {
        f.args[0]
        for f in topological(e)
        if f.op == "pow" and f.args[0].op == "sum" and build.is_reciprocal(f)
    }
    for below in sorted(totals, key=lambda t: t.key):
        inner = below.args[0]
        if inner.op == "exp" and inner.order == 1:
            softmax = make_call("softmax", inner.args)
            made = substitute(e, {below: below, inner: mul(below, softmax)}, gather=simplify)
            e = shorter(e, simplify(made))
    return e


def sigmoids(e: Expr) -> Expr:
    """1/(1 + exp(-x)) is sigmoid(x), exp(x)/(1 + exp(x)) too."""
    divisors = {f.args[0] for f in topological(e) if f.op in ("pow", "epow") and _is_divisor(f)}
    for below in sorted(divisors, key=lambda f: f.key):
        x = one_plus_exp(below)
        if x is None:
            continue
        s, t = (make_call("sigmoid", (v,)) for v in (x, build.neg(x)))
        exp = make_call("exp", (x,))
        # exp(x) = (1 + exp(x))*s, 1 + exp(x) = 1/t
        for change in ({below: below, exp: had(below, s)}, {below: epower(t, build.MINUS)}):
            e = shorter(e, simplify(substitute(e, change, gather=simplify)))
    return e


def one_plus_exp(e: Expr) -> Expr | None:
    """The x of ``1 + exp(x)``, or None."""
    if e.op != "add" or len(e.args) != 2:
        return None
    for one, other in (e.args, e.args[::-1]):
        if (one.op == "ones" or one is build.UNIT) and other.op == "exp":
            return other.args[0]
    return None


def _is_divisor(f: Expr) -> bool:
    exponent = f.args[1].number
    return exponent is not None and exponent < 0


def cleared(e: Expr) -> Expr:
    """1/((1 + y^2/x^2)*x^2) as 1/(x^2 + y^2): a factor taken into a sum, where that is shorter."""
    change: dict[Expr, Expr] = {}
    for f in topological(e):
        if f.op in ("mul", "had") and f.cost <= CLEARED_COST and not is_form(f):
            made = _cleared(f)
            if made.cost < f.cost:
                change[f] = made
    return substitute(e, change) if change else e


def _cleared(e: Expr) -> Expr:
    times, raised, split = (
        (mul, power, build.base_and_exponent)
        if e.op == "mul"
        else (had, epower, build.elementwise_base)
    )
    factors = [(f, *split(f)) for f in e.args if f.is_scalar or e.op == "had"]
    best = e
    for outer, base, k in factors:
        if base.op != "add" or k.number is None or k.number.denominator != 1:
            continue
        inside = {split(f)[0].key for t in base.args for f in _factors(t)}
        for inner, other, j in factors:
            # what the sum does not hold, or divide by, would only make it longer
            if inner is outer or other.key not in inside or other.op in ("num", "exp"):
                continue
            ratio = j.number / k.number if j.number is not None else Fraction(1, 2)
            if ratio.denominator != 1:
                continue
            scaled = add(*(times(t, raised(other, num(ratio))) for t in base.args))
            rest = [f for f in e.args if f is not outer and f is not inner]
            best = shorter(best, times(*rest, raised(scaled, k)))
    return best


def _factors(e: Expr) -> tuple[Expr, ...]:
    return e.args if e.op in ("mul", "had") else (e,)


def powers(e: Expr) -> Expr:
    """A*B*A*B*A as (A*B)^2*A, wherever it stands."""
    found = {f: _with_power(f) for f in topological(e) if f.op == "mul" and len(f.args) > 3}
    change = {f: made for f, made in found.items() if made.cost < f.cost}
    return powers(substitute(e, change)) if change else e


def _with_power(e: Expr) -> Expr:
    """A product with the block that is repeated most written as a power."""
    p = Parts(Fraction(1), [], list(e.args)) if is_form(e) else parts_of(e)
    keys = [f.key for f in p.chain]
    if len(keys) > 40 or len(set(keys)) == len(keys):
        return e
    best: tuple[int, int, int] | None = None
    for width in range(2, len(keys) // 2 + 1):
        for start in range(len(keys) - 2 * width + 1):
            block = keys[start : start + width]
            count = 1
            while keys[start + count * width : start + (count + 1) * width] == block:
                count += 1
            if count > 1 and (best is None or width * (count - 1) > best[1] * (best[2] - 1)):
                best = (start, width, count)
    if best is None:
        return e
    start, width, count = best
    block_power = power(mul(*p.chain[start : start + width]), num(count))
    return p.product([*p.chain[:start], block_power, *p.chain[start + width * count :]])


def signs(e: Expr) -> Expr:
    if e.op == "T":
        return transpose(signs(e.args[0]))
    if e.op == "add":
        made = add(*(signs(t) for t in e.args))
        return made if made.cost <= e.cost else e
    if e.op != "mul":
        return e
    best = e
    number, rest = split_number(e)
    if number == 1:
        return e
    factors = rest.args if rest.op == "mul" and not is_form(rest) else (rest,)
    for i, f in enumerate(factors):
        inner = f.args[0] if f.op == "T" else f
        if inner.op != "add":
            continue
        for into in (number, Fraction(-1)) if number < 0 else (number,):
            scaled = add(*(mul(num(into), t) for t in inner.args))
            if f.op == "T":
                scaled = transpose(scaled)
            made = mul(num(number / into), *factors[:i], scaled, *factors[i + 1 :])
            if made.cost < best.cost:
                best = made
    return best
