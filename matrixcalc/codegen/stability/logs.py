"""The algebra of logarithms by which products of exponentials are kept in range.

A factor that holds an exponential is ``exp(L)*rest``: the logarithm of exp(u) is u, of 1 + exp(u)
softplus(u), of sum(exp(u)) logsumexp(u), of cosh(u) log_cosh(u). The logarithm of a product is the
sum of theirs, in which what would overflow cancels: exp(u)/(1 + exp(u)) has u - softplus(u). What
is left is then named again: that is log(sigmoid(u)), and u - logsumexp(u) is log(softmax(u)).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from matrixcalc import build
from matrixcalc.build import add, epower, had, mul, neg, num
from matrixcalc.calls import make_call
from matrixcalc.dims import ONE, Shape
from matrixcalc.expr import Expr

_FEW = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A named logarithm, ``times`` over: ``softplus(u)``, ``log_softmax(u)`` and the like."""

    name: str
    inner: Expr
    times: Fraction


def terms(e: Expr) -> tuple[Expr, ...]:
    """The terms of a sum; none of zero."""
    if e.op == "T" and e.args[0].op == "add":
        return tuple(map(build.transpose, e.args[0].args))
    return () if build.is_zero(e) else e.args if e.op == "add" else (e,)


def upright(u: Expr) -> Expr:
    """Of u and -u always the same one, that which is shorter to write."""
    return min(u, neg(u), key=lambda v: (v.cost, v.key))


def spread(e: Expr, shape: Shape) -> Expr:
    """A number, a column or a row repeated to a shape."""
    if e.shape == shape:
        return e
    if e.is_scalar:
        return mul(e, build.ones(shape))
    if e.rows.is_one:
        return mul(build.ones((shape[0], ONE)), e)
    return mul(e, build.ones((ONE, shape[1])))


def scaled(k: Fraction, e: Expr) -> Expr:
    """A multiple of a sum, term by term."""
    return add(build.zeros(e.shape), *(mul(num(k), t) for t in terms(e)))


@lru_cache(maxsize=512)
def canonical(e: Expr) -> Expr:
    """A logarithm in terms of few names, so that equal parts cancel.

    One logarithm is asked for by each rule that looks at it; what was made last is remembered.

    >>> from matrixcalc.infer import parse
    >>> canonical(parse("a + softplus(-a) - softplus(a)"))
    0
    """
    done: list[Expr] = []
    todo = list(reversed(terms(e)))
    while todo:
        t = todo.pop()
        number, rest = build.split_number(t)
        other = _other_form(rest)
        if other is None:
            done.append(t)
        else:
            todo.extend(mul(num(number), t) for t in reversed(terms(other)))
    return add(build.zeros(e.shape), *done)


def _other_form(e: Expr) -> Expr | None:
    op = e.op
    if op == "add" or (op == "T" and e.args[0].op == "add"):
        return e
    if op == "softplus":
        u = e.args[0]
        turned = upright(u)
        return None if turned is u else add(make_call("softplus", (turned,)), u)
    if op == "_log_cosh":
        turned = upright(e.args[0])
        return None if turned is e.args[0] else make_call("_log_cosh", (turned,))
    if op == "log_softmax":
        u = e.args[0]
        return add(u, neg(spread(make_call("logsumexp", e.args), u.shape)))
    if op == "_log_softmax_columns":
        u = e.args[0]
        return add(u, neg(spread(make_call("_logsumexp_columns", e.args), u.shape)))
    if op == "_logaddexp":
        a, b = e.args
        return add(a, make_call("softplus", (add(b, neg(a)),)))
    if op == "T":
        inner = _other_form(e.args[0])
        return None if inner is None else build.transpose(inner)
    if op == "mul":
        places = [i for i, f in enumerate(e.args) if f.op != "ones"]
        if len(places) == 1 and len(e.args) <= 3:
            inner = _other_form(e.args[places[0]])
            if inner is not None:
                i = places[0]
                return add(*(mul(*e.args[:i], t, *e.args[i + 1 :]) for t in terms(inner)))
    return None


@lru_cache(maxsize=512)
def peeled(log: Expr) -> tuple[tuple[Piece, ...], Expr]:
    """A canonical logarithm as named pieces and what is left.

    >>> from matrixcalc.infer import parse
    >>> peeled(parse("a - softplus(a)"))
    ((Piece(name='softplus', inner=-a, times=Fraction(-1, 1)),), 0)
    """
    pieces: list[Piece] = []
    left = log
    # what is made of others first: these may cancel with what it leaves
    for t in sorted(terms(log), key=lambda t: -t.cost):
        c, rest = build.split_number(t)
        u = _inside("softplus", rest)
        if u is not None:
            without = add(left, mul(num(-c), rest))
            # c*softplus(u) + j*u is (c + j)*softplus(u) - j*softplus(-u)
            tries = [Fraction(0), -c]
            if c.denominator == 1 and 1 < abs(c) <= _FEW:
                tries[1:1] = [Fraction(k if c < 0 else -k) for k in range(1, abs(int(c)))]
            j = _shortening(canonical(without), canonical(u), tries)
            left = canonical(add(without, scaled(-j, u)))
            pieces += [Piece("softplus", u, c + j)] if c + j else []
            pieces += [Piece("softplus", neg(u), -j)] if j else []
            continue
        if rest.op in ("_log_cosh", "_log_softplus"):
            pieces.append(Piece(rest.op, rest.args[0], c))
            left = add(left, neg(t))
            continue
        alone = parts_of(rest)
        if len(alone) == 1 and alone[0].op == "log" and alone[0].args[0].op == "num":
            pieces.append(Piece("number", alone[0].args[0], c))
            left = add(left, neg(t))
            continue
        named = summed_of(rest, log.shape)
        if named is not None:
            name, u = named
            made = canonical(add(left, neg(t), mul(num(c), u)))
            if len(terms(made)) < len(terms(left)):
                pieces.append(Piece(name, u, -c))
                left = made
    return tuple(pieces), left


def _shortening(log: Expr, u: Expr, tries: list[Fraction]) -> Fraction:
    """The j for which log - j*u has the fewest terms, then those that are taken least often."""
    numbers = {rest.key: k for k, rest in map(build.split_number, terms(log))}
    pairs = [(numbers.get(rest.key, 0), k) for k, rest in map(build.split_number, terms(u))]
    common = lcm(*(k.denominator for pair in pairs for k in pair))
    whole = [(int(a * common), int(k * common)) for a, k in pairs]

    def length(j: Fraction) -> tuple[int, Fraction]:
        left = [a * j.denominator - j.numerator * k for a, k in whole]
        return sum(map(bool, left)), Fraction(sum(map(abs, left)), j.denominator)

    return min(tries, key=length)


def _inside(name: str, e: Expr) -> Expr | None:
    """The u of f(u), repeated like that where f(u) is repeated to a shape."""
    if e.op == name:
        return e.args[0]
    bare = parts_of(e)
    if len(bare) != 1 or bare[0].op != name:
        return None
    return mul(*(bare[0].args[0] if f is bare[0] else f for f in e.args))


def _called(name: str, u: Expr) -> Expr:
    """f(u), found once where u is repeated to a shape."""
    scalars = [f for f in u.args if f.is_scalar] if u.op == "mul" else []
    chain = list(u.args[len(scalars) :]) if u.op == "mul" else []
    ones = [f for f in chain if f.op == "ones"]
    if not ones or len(chain) - len(ones) > 1:
        return make_call(name, (u,))
    alone = mul(*scalars, *(f for f in chain if f.op != "ones"))
    first = len(chain) > 1 and chain[0].op != "ones"
    f = make_call(name, (alone,))
    return mul(f, *ones) if first or alone.is_scalar else mul(*ones, f)


def log1mexp(u: Expr) -> Expr:
    """log(1 - exp(u)), where u may be -exp(v) and exp(v) too small to be a number."""
    minus = neg(u)
    if minus.op == "exp":
        return make_call("_log_inv_cloglog", minus.args)
    return make_call("_log1mexp", (u,))


def parts_of(e: Expr) -> list[Expr]:
    """The factors of a product, without what only repeats it to a shape."""
    return [f for f in (e.args if e.op == "mul" else (e,)) if f.op != "ones"]


def below_largest(e: Expr) -> tuple[Expr, Expr] | None:
    """``u - max(u) + v`` as ``u - max(u)`` and ``v``, or None for another sum.

    >>> from matrixcalc.infer import parse
    >>> below_largest(parse("exp(x) + x - max(exp(x))"))
    (exp(x) - max(exp(x)), x)
    """
    keys = {t.key for t in e.args}
    for t in e.args:
        top = next((f for f in parts_of(t) if f.op in ("max", "min")), None)
        if top is None or build.split_number(t)[0] != -1 or top.args[0].shape != e.shape:
            continue
        near = terms(top.args[0])
        if len(near) + 1 < len(e.args) and all(u.key in keys for u in near):
            found = {t.key, *(u.key for u in near)}
            return add(*near, t), add(*(u for u in e.args if u.key not in found))
    return None


def summed_of(e: Expr, shape: Shape) -> tuple[str, Expr] | None:
    """The log-softmax to which a repeated logsumexp belongs, and its argument in this shape."""
    if e.op != "mul":
        return None
    factors = parts_of(e)
    if len(factors) != 1:
        return None
    f = factors[0]
    inner = f.args[0] if f.op == "T" else f
    if inner.op == "logsumexp" and inner.args[0].order == 1:
        u = inner.args[0]
        u = u if u.shape == shape else build.transpose(u)
        return ("log_softmax", u) if u.shape == shape else None
    if inner.op == "_logsumexp_columns":
        u = inner.args[0] if f is inner else build.transpose(inner.args[0])
        name = "_log_softmax_columns" if f is inner else "rows"
        return (name, u) if u.shape == shape else None
    return None


def logarithm(log: Expr) -> Expr:
    """A logarithm as it is computed: right where it is small, too.

    >>> from matrixcalc.infer import parse
    >>> logarithm(parse("x - softplus(x)")), logarithm(parse("x + softplus(y - x)"))
    (-softplus(-x), logaddexp(x, y))
    """
    log = canonical(log)
    pieces, left = peeled(log)
    if not build.is_zero(left):
        for t in reversed(terms(log)):
            c, rest = build.split_number(t)
            if rest.op != "softplus":
                continue
            low = canonical(scaled(1 / c, add(log, neg(t))))
            high = canonical(add(low, rest.args[0]))
            both = len(terms(low)) + len(terms(high))
            if not build.is_zero(low) and both <= len(pieces) + len(terms(left)):
                return mul(num(c), make_call("_logaddexp", (logarithm(low), logarithm(high))))
    constant = Fraction(1)
    made: list[Expr] = []
    for p in pieces:
        if p.name == "number" and p.times.denominator == 1:
            constant *= Fraction(p.inner.data) ** int(p.times)
        else:
            made.append(mul(num(p.times), log_of(p, log.shape)))
    if constant != 1:
        made.append(spread(make_call("log", (num(constant),)), log.shape))
    return add(build.zeros(log.shape), *made, left)


def log_of(p: Piece, shape: Shape) -> Expr:
    if p.name == "number":
        return spread(make_call("log", (p.inner,)), shape)
    if p.name == "rows":
        turned = make_call("_log_softmax_columns", (build.transpose(p.inner),))
        return build.transpose(turned)
    return _called(p.name, p.inner)


def exponential(log: Expr) -> Expr:
    """exp of a logarithm: of names where they are all of it, else of the whole at once.

    >>> from matrixcalc.infer import parse
    >>> exponential(parse("a - 2*softplus(a)")), exponential(parse("b - softplus(-a)"))
    (sigmoid(-a)*sigmoid(a), exp(b - softplus(-a)))
    """
    log = canonical(log)
    pieces, left = peeled(log)
    numbers = [p for p in pieces if p.name == "number" and p.times.denominator == 1]
    front = [build.power(p.inner, num(p.times)) for p in numbers]
    named = [p for p in pieces if p not in numbers]
    factors = [factor_of(p) for p in named]
    if build.is_zero(left) and all(f is not None for f in factors):
        made = had(build.ones(log.shape), *(f for f in factors if f is not None))
    else:
        known = (scaled(p.times, spread(make_call("log", (p.inner,)), log.shape)) for p in numbers)
        whole = logarithm(add(build.zeros(log.shape), log, *map(neg, known)))
        made = make_call("exp", (whole,))
    return mul(*front, made)


def factor_of(p: Piece) -> Expr | None:
    """The function whose logarithm a piece is, where it cannot overflow."""
    k = p.times
    if k.denominator != 1:
        return None
    if p.name == "softplus" and k < 0:
        return epower(_called("sigmoid", neg(p.inner)), num(-k))
    if p.name == "_log_cosh" and k < 0 and k % 2 == 0:
        return epower(make_call("_sech2", (p.inner,)), num(-k / 2))
    if k < 0:
        return None
    if p.name == "log_softmax":
        return epower(make_call("softmax", (p.inner,)), num(k))
    if p.name == "_log_softmax_columns":
        return epower(make_call("_softmax_columns", (p.inner,)), num(k))
    if p.name == "rows":
        turned = make_call("_softmax_columns", (build.transpose(p.inner),))
        return epower(build.transpose(turned), num(k))
    if p.name == "_log_softplus":
        return epower(make_call("softplus", (p.inner,)), num(k))
    return None
