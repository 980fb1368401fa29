"""Differences that cancel in floating point, as products and functions in which nothing does.

exp(u) - 1 is expm1(u), sqrt(1 + u) - 1 is expm1(log1p(u)/2), 1 - cos(u) is 2*sin(u/2)^2. What is
a polynomial in s = sigmoid(u) is divided by s - 1, which is -sigmoid(-u), and by 2*s - 1, which is
tanh(u/2), as often as it can be; in tanh(u) and softmax(u) likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import add, epower, had, mul, neg, num
from matrixcalc.calls import make_call
from matrixcalc.codegen.stability.logs import exponential, parts_of, scaled, spread, upright
from matrixcalc.codegen.stability.quotients import over_one_denominator
from matrixcalc.codegen.stability.split import Splitting
from matrixcalc.codegen.stability.vanishing import vanishing
from matrixcalc.expr import Expr

_HALF = Fraction(1, 2)
_LONG = 12
"""Sums with more terms, and polynomials of a higher degree, are left as they are."""

Polynomial = dict[int, Fraction]


def difference(e: Expr, splitting: Splitting) -> Expr:
    """A sum without the cancellations that are known.

    >>> from matrixcalc.infer import parse
    >>> s = Splitting()
    >>> difference(parse("exp(a) - 1 + b"), s), difference(parse("1 - tanh(a)^2"), s)
    (b + expm1(a), sech2(a))
    """
    if len(e.args) > _LONG:
        return e
    if any(build.split_number(t)[1].op == "T" for t in e.args):
        turned = add(*map(build.transpose, e.args))
        upright = not any(build.split_number(t)[1].op == "T" for t in turned.args)
        made = difference(turned, splitting) if turned.op == "add" and upright else turned
        return e if made is turned else build.transpose(made)
    for rule in (_with_one, _factored, _diagonals):
        e = rule(e)
        if e.op != "add":
            return e
    whole = over_one_denominator(e, splitting)
    if whole is not None:
        return had(spread(exponential(whole.log), e.shape), *whole.rest)
    return _residual(_of_exponentials(e, splitting))


# one taken from a function that is near it


def _with_one(e: Expr) -> Expr:
    one = build.ones(e.shape)
    constant = next((t for t in e.args if build.split_number(t)[1] is one), None)
    if constant is None:
        return e
    c = build.split_number(constant)[0]
    for t in e.args:
        number, rest = build.split_number(t)
        near = _less_one(rest) if number == -c else None
        if near is not None:
            others = [a for a in e.args if a is not t and a is not constant]
            return add(*others, mul(num(number), near))
    return e


def _less_one(f: Expr) -> Expr | None:
    """f - 1 for an f that is near 1 for small arguments."""
    if f.op == "exp":
        return make_call("_expm1", (vanishing(f.args[0]),))
    half = mul(num(_HALF), f.args[0]) if f.op in ("cos", "cosh") else None
    if half is not None:
        sign = build.MINUS if f.op == "cos" else build.UNIT
        square = epower(make_call("sin" if f.op == "cos" else "sinh", (half,)), num(2))
        return mul(sign, num(2), square)
    if f.op in ("pow", "epow") and f.args[1].op == "num" and f.args[0].op == "add":
        one = build.ones(f.shape)
        if one in f.args[0].args and f.args[1].data.denominator != 1:
            log = make_call("log1p", (add(f.args[0], neg(one)),))
            return make_call("_expm1", (mul(f.args[1], log),))
    return None


def _of_exponentials(e: Expr, splitting: Splitting) -> Expr:
    """exp(x) - exp(y) as (exp(x) + exp(y))*tanh((x - y)/2)."""
    if e.op != "add" or len(e.args) != 2:
        return e
    if any(f.op in ("max", "min") for t in e.args for f in parts_of(t)):
        # relative to the largest: that says by itself that it is not above zero
        return e
    s = splitting.of(e)
    if s is None or len(s.rest) != 1 or s.rest[0].op != "tanh":
        return e
    total = add(*(t if _is_positive(t, splitting) else neg(t) for t in e.args))
    whole = splitting.of(total)
    if whole is not None and whole.log.op == "_log_cosh":
        v = s.rest[0].args[0]
        return mul(num(2), make_call("sinh", (v,)))
    return had(total, s.rest[0])


def _is_positive(t: Expr, splitting: Splitting) -> bool:
    """Whether a term that is a number times an exponential, or a number, is above zero."""
    s = splitting.of(t)
    number = None if s is None else s.numbers()
    return (build.split_number(t)[0] if number is None else number) > 0


# polynomials in a function with known complements


def _factored(e: Expr) -> Expr:
    """Groups of terms that are a polynomial in one function, divided by its known factors."""
    parts = [_parts(t) for t in e.args]
    bases: dict[bytes, Expr] = {}
    for _, factors in parts:
        for base, _ in factors:
            if base.op in _ROOTS:
                upright = _upright(base)
                bases.setdefault(upright.key, upright)
    for base in bases.values():
        groups: dict[bytes, tuple[Expr, Polynomial, list[Fraction]]] = {}
        for number, factors in parts:
            cofactor, p = _in_terms_of(base, factors, e)
            _, known, numbers = groups.setdefault(cofactor.key, (cofactor, {}, []))
            numbers.append(number)
            for k, c in p.items():
                known[k] = known.get(k, Fraction(0)) + number * c
        if any(_is_no_mere_sum(base, p, len(n)) for _, p, n in groups.values()):
            e = add(build.zeros(e.shape), *(_group(base, c, p) for c, p, _ in groups.values()))
            if e.op != "add":
                return e
            parts = [_parts(t) for t in e.args]
    return e


def _parts(t: Expr) -> tuple[Fraction, list[tuple[Expr, int]]]:
    """A term as its number and factors with whole positive exponents."""
    number, rest = build.split_number(t)
    factors = rest.args if rest.op in ("mul", "had") else (rest,)
    if rest.op == "mul" and sum(not f.is_scalar for f in factors) > 1:
        factors = (rest,)
    if rest.op == "mul" and rest.is_scalar and not factors[0].is_scalar:
        factors = (rest,)
    found: list[tuple[Expr, int]] = []
    for f in (g for h in factors for g in (h.args if h.op == "had" else (h,))):
        k = f.args[1].number if f.op in ("pow", "epow") else None
        if k is not None and k.denominator == 1 and 0 < k <= _LONG and f.args[0].op in _ROOTS:
            found.append((f.args[0], int(k)))
        else:
            found.append((f, 1))
    return number, found


def _upright(base: Expr) -> Expr:
    """Of sigmoid(u) and sigmoid(-u) always the same one."""
    if base.op != "sigmoid":
        return base
    return make_call("sigmoid", (upright(base.args[0]),))


def _in_terms_of(
    base: Expr, factors: Sequence[tuple[Expr, int]], whole: Expr
) -> tuple[Expr, Polynomial]:
    p: Polynomial = {0: Fraction(1)}
    others: list[Expr] = []
    turned = make_call("sigmoid", (neg(base.args[0]),)) if base.op == "sigmoid" else None
    for f, k in factors:
        if f.key == base.key:
            p = {j + k: c for j, c in p.items()}
        elif turned is not None and f.key == turned.key:
            for _ in range(k):
                p = {j: p.get(j, Fraction(0)) - p.get(j - 1, Fraction(0))
                     for j in range(max(p) + 2)}
        else:
            others.append(epower(f, num(k)))
    return had(build.ones(whole.shape), *others), p


def _is_no_mere_sum(base: Expr, p: Polynomial, count: int) -> bool:
    """Whether a polynomial has known factors, or fewer terms than it came from."""
    _, counts = _without_roots(base, p)
    return sum(map(bool, p.values())) < count or any(k for root, k in counts.items() if root)


def _without_roots(base: Expr, p: Polynomial) -> tuple[list[Fraction], dict[Fraction, int]]:
    """The coefficients of a polynomial in the function without its known factors, and those."""
    coefficients = [p.get(k, Fraction(0)) for k in range(max(p) + 1)]
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    counts: dict[Fraction, int] = {}
    if sum(map(bool, coefficients)) > 1:
        for root in _ROOTS[base.op]:
            coefficients, counts[root] = _divided(coefficients, root)
    return coefficients, counts


def _group(base: Expr, cofactor: Expr, p: Polynomial) -> Expr:
    """A polynomial in the function times the cofactor."""
    coefficients, counts = _without_roots(base, p)
    low = counts.get(Fraction(0), 0)
    left = add(
        build.zeros(cofactor.shape),
        *(mul(num(c), had(build.ones(cofactor.shape), epower(base, num(k))))
          for k, c in enumerate(coefficients) if c),
    )
    powers = [epower(base, num(low))] if low else []
    powers += _complements(base, counts)
    return had(cofactor, left, *powers)


def _divided(coefficients: list[Fraction], root: Fraction) -> tuple[list[Fraction], int]:
    """The polynomial without its factors s - root, and how many there were."""
    count = 0
    while len(coefficients) > 1:
        quotient: list[Fraction] = []
        value = Fraction(0)
        for c in reversed(coefficients):
            value = value * root + c
            quotient.append(value)
        if value:
            break
        coefficients = quotient[-2::-1]
        count += 1
    return coefficients, count


_ROOTS: dict[str, tuple[Fraction, ...]] = {
    "sigmoid": (Fraction(0), Fraction(1), _HALF),
    "tanh": (Fraction(0), Fraction(1), Fraction(-1)),
    "softmax": (Fraction(0), Fraction(1)),
}
"""Where the functions have complements: s - root is a function without cancellation."""


def _complements(base: Expr, counts: dict[Fraction, int]) -> list[Expr]:
    u = base.args[0]
    ones = counts.get(Fraction(1), 0)
    if base.op == "softmax":
        return _signed(make_call("_softmax_rest", (u,)), ones, -1)
    if base.op == "sigmoid":
        half = make_call("tanh", (scaled(_HALF, u),))
        return [
            *_signed(make_call("sigmoid", (neg(u),)), ones, -1),
            *_signed(half, counts.get(_HALF, 0), _HALF),
        ]
    minus = counts.get(Fraction(-1), 0)
    both = min(ones, minus)
    twice = scaled(Fraction(2), u)
    return [
        *_signed(make_call("_sech2", (u,)), both, -1),
        *_signed(make_call("sigmoid", (neg(twice),)), ones - both, -2),
        *_signed(make_call("sigmoid", (twice,)), minus - both, 2),
    ]


def _signed(f: Expr, k: int, factor: Fraction | int) -> list[Expr]:
    return [num(Fraction(factor) ** k), epower(f, num(k))] if k else []


def _diagonals(e: Expr) -> Expr:
    """eye - diag(v) as diag(1 - v), where that difference has a better form."""
    inner: list[Expr] = []
    others: list[Expr] = []
    for t in e.args:
        scalars = [a for a in t.args if a.is_scalar] if t.op == "mul" else []
        core = t.args[-1] if len(scalars) == len(t.args) - 1 and scalars else t
        if core.op == "diag":
            inner.append(mul(*scalars, core.args[0]))
        elif core.op == "eye":
            inner.append(mul(*scalars, build.ones((core.rows, build.UNIT.cols))))
        else:
            others.append(t)
    if len(inner) < 2:
        return e
    total = add(*inner)
    made = _factored(total) if total.op == "add" else total
    return e if made is total else add(*others, make_call("diag", (made,)))


def _residual(e: Expr) -> Expr:
    """y - sigmoid(u) as y.*sigmoid(-u) - (1 - y).*sigmoid(u), exact for labels 0 and 1."""
    if e.op != "add" or len(e.args) != 2:
        return e
    for t, other in (e.args, e.args[::-1]):
        scalars = [a for a in t.args if a.is_scalar] if t.op == "mul" else []
        s = t.args[-1] if t.op == "mul" else t
        if s.is_scalar:
            scalars = scalars[:-1]
        if s.op not in ("sigmoid", "softmax") or (t.op == "mul" and len(scalars) + 1 < len(t.args)):
            continue
        scale = neg(mul(*scalars))
        if build.split_number(other)[1].op != "sym" or build.split_number(scale)[0] < 0:
            # what is no label is no number from 0 to 1
            continue
        u = s.args[0]
        rest = (
            make_call("sigmoid", (neg(u),)) if s.op == "sigmoid"
            else make_call("_softmax_rest", (u,))
        )
        # other - scale*s = other*(1 - s) + (other - scale)*s
        return add(had(other, rest), had(add(other, mul(neg(scale), build.ones(s.shape))), s))
    return e

