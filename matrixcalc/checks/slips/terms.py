"""Slips in a whole formula and in its terms: the transpose, a factor, the sign, a missing term."""

from __future__ import annotations

from fractions import Fraction

import numpy

from matrixcalc import build
from matrixcalc.build import mul, transpose
from matrixcalc.checks.points import close, grids
from matrixcalc.checks.slips.evidence import Evidence, Slip, ratio, shown
from matrixcalc.expr import Expr
from matrixcalc.products import Array
from matrixcalc.simplify import _distribute

MOST_TERMS = 16


def turned(v: Evidence) -> Slip | None:
    if all(close(a.T, b) for a, b in zip(v.right, v.wrong, strict=True)):
        return Slip("transposed", "it is the transpose of the right answer")
    return None


def scaled(v: Evidence) -> Slip | None:
    found = ratio(v.wrong, v.right)
    if found is None or v.wrong[0].size == 0:
        return None
    if len(set(found)) == 1:
        r = found[0]
        if r == -1:
            return Slip("sign", "the sign is wrong")
        nice = Fraction(r).limit_denominator(24)
        if abs(float(nice) - r) > 1e-6 or abs(nice) == 1:
            return Slip("factor", f"it is {r:.8g} times the right answer")
        extra = " and the sign is wrong" if nice < 0 else ""
        missing = f"the factor {abs(1 / nice)} is missing{extra}"
        return Slip("factor", f"it is {nice} times the right answer: {missing}")
    return None


def zero(v: Evidence) -> Slip | None:
    """One of the sides is zero."""
    if not any(a.any() for a in v.right):
        return Slip("other", "the right answer is zero")
    if v.targets and not any(a.any() for a in v.wrong):
        return Slip("missing term", "the right answer is not zero")
    return None


def terms_of(e: Expr) -> list[Expr]:
    """The terms of a sum, also of a transposed one and of one with a number in front."""
    if e.op == "T":
        return [transpose(t) for t in terms_of(e.args[0])]
    if e.op == "mul" and len(e.args) == 2 and e.args[0].op == "num":
        return [mul(e.args[0], t) for t in terms_of(e.args[1])]
    return list(e.args) if e.op == "add" else [e]


def upright(e: Expr) -> tuple[Expr, bool]:
    """An expression without the transpose round it, and whether there was one."""
    if e.op == "T":
        return e.args[0], True
    if e.op == "mul" and e.args[-1].op == "T" and all(a.is_scalar for a in e.args[:-1]):
        return mul(*e.args[:-1], e.args[-1].args[0]), True
    return e, False


def expanded(e: Expr) -> list[Expr]:
    """The terms, multiplied out as far as there are few of them."""
    inner, turned = upright(e)
    if turned:
        return [transpose(t) for t in expanded(inner)]
    out: list[Expr] = []
    todo = [e]
    while todo:
        t = todo.pop()
        pieces = _distribute(t)
        if pieces is None or len(out) + len(todo) > MOST_TERMS:
            out.append(t)
        else:
            todo.extend(reversed(pieces))
    merged = build.add(*out)
    return terms_of(merged)


def combination(v: Evidence) -> Slip | None:
    """The claim as a sum of our terms with other coefficients."""
    return None if v.ours is None else _combined(v, terms_of(v.ours))


def combination_expanded(v: Evidence) -> Slip | None:
    """The same when our answer is multiplied out."""
    return None if v.ours is None else _combined(v, expanded(v.ours))


def _combined(v: Evidence, terms: list[Expr]) -> Slip | None:
    if not 2 <= len(terms) <= MOST_TERMS:
        return None
    found = _coefficients(v, terms, v.wrong)
    return None if found is None else _named_combination(terms, found)


def _listed(terms: list[Expr]) -> str:
    named = " and ".join(shown(t) for t in terms)
    return f"the term{'' if len(terms) == 1 else 's'} {named}"


def corrected(v: Evidence) -> Slip | None:
    """The right answer as a sum of the claim's terms with other coefficients."""
    terms = terms_of(v.claimed)
    if not 2 <= len(terms) <= MOST_TERMS:
        return None
    c = _coefficients(v, terms, v.right)
    if c is None or all(x == 1 for x in c):
        return None
    wrong = [k for k, x in enumerate(c) if x != 1]
    named = _listed([terms[k] for k in wrong])
    if all(c[k] == -1 for k in wrong):
        return Slip("sign", f"the sign of {named} is wrong")
    if all(c[k] == 0 for k in wrong):
        return Slip("other", f"{named} {'is' if len(wrong) == 1 else 'are'} too much")
    nice = Fraction(c[wrong[0]]).limit_denominator(24)
    if abs(float(nice) - c[wrong[0]]) > 1e-5:
        return None
    return Slip("factor", f"the term {shown(terms[wrong[0]])} must be taken {nice} times")


def _coefficients(v: Evidence, terms: list[Expr], sums: list[Array]) -> list[float] | None:
    """The coefficients of the terms in a sum that is given at the points."""
    columns: list[Array] = []
    for t in terms:
        made = v.at_points(t)
        if made is None or made[0].shape != sums[0].shape:
            return None
        columns.append(numpy.concatenate([a.reshape(-1) for a in made]))
    matrix = numpy.stack(columns, axis=1)
    target = numpy.concatenate([a.reshape(-1) for a in sums])
    if numpy.linalg.matrix_rank(matrix) < len(terms) or len(target) <= len(terms):
        return None
    solution = numpy.linalg.lstsq(matrix, target, rcond=None)[0]
    if not close(matrix @ solution, target):
        return None
    return [round(float(c), 6) + 0.0 for c in solution]


def _named_combination(terms: list[Expr], c: list[float]) -> Slip | None:
    if all(x == 1 for x in c):
        return None
    missing = [t for t, x in zip(terms, c, strict=True) if x == 0]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        return Slip("missing term", f"{_listed(missing)} {are} missing")
    minus = [t for t, x in zip(terms, c, strict=True) if x == -1]
    if minus and all(abs(x) == 1 for x in c):
        return Slip("sign", f"the sign of {_listed(minus)} is wrong")
    nice = [Fraction(x).limit_denominator(24) for x in c]
    if any(abs(float(q) - x) > 1e-5 for q, x in zip(nice, c, strict=True)):
        return None
    k = next(i for i, q in enumerate(nice) if q != 1)
    name = "sign" if nice[k] < 0 and abs(nice[k]) == 1 else "factor"
    return Slip(name, f"the term {shown(terms[k])} is taken {nice[k]} times instead of once")


def fewer(v: Evidence) -> Slip | None:
    """Fewer terms than the right answer has."""
    if v.ours is None:
        return None
    for terms, claimed in (
        (terms_of(v.ours), terms_of(v.claimed)),
        (expanded(v.ours), expanded(v.claimed)),
    ):
        if len(claimed) < len(terms):
            return Slip(
                "missing term",
                f"the right answer has {len(terms)} terms, the claim {len(claimed)}: "
                "one of the places where the variable stands was forgotten",
            )
    return None


def varying(v: Evidence) -> Slip | None:
    """Our terms, each with a scalar factor of its own that varies."""
    if v.ours is None:
        return None
    terms = expanded(v.ours)
    if not 1 <= len(terms) <= 4 or v.wrong[0].size < 2 * len(terms):
        return None
    for k, values in enumerate(v.points):
        made = grids(terms, values, v.sizes)
        if made is None:
            return None
        matrix = numpy.stack([a.reshape(-1) for a in made], axis=1)
        target = v.wrong[k].reshape(-1)
        solution = numpy.linalg.lstsq(matrix, target, rcond=None)[0]
        if not close(matrix @ solution, target):
            return None
    return Slip("chain rule", "a scalar factor of a term is missing or wrong (inner derivative)")
