"""The likely slip behind a wrong claim, found by trying the usual ones.

Each trial is made in floating point at a few points: the right answer, with the slip put
in, must give what is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import permutations, product

import numpy

from matrixcalc import build, engine
from matrixcalc.build import had, mul, transpose
from matrixcalc.calls import rebuild
from matrixcalc.checks.points import Values, close, grids
from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.printers.text import to_text
from matrixcalc.products import Array
from matrixcalc.simplify import _distribute
from matrixcalc.templates import substitute

MOST_TERMS = 16
MOST_TRIALS = 300


@dataclass(frozen=True)
class Slip:
    """A slip by its name, and a sentence on it."""

    name: str
    sentence: str


@dataclass
class Evidence:
    """Both sides, as expressions and at points.

    ``ours`` may be None where matrix notation has no form.
    """

    function: Expr
    targets: list[Expr]
    ours: Expr | None
    claimed: Expr
    points: list[Values]
    right: list[Array]
    wrong: list[Array]

    def at_points(self, e: Expr) -> list[Array] | None:
        """An expression at the points, in the shape of the claim or transposed to it."""
        found: list[Array] = []
        for values in self.points:
            made = grids([e], values)
            if made is None:
                return None
            found.append(made[0])
        return found

    def is_wrong(self, arrays: list[Array] | None, up_to_factor: bool = False) -> bool:
        """Whether arrays are what is claimed."""
        if arrays is None:
            return False
        for turned in (False, True):
            made = [a.T if turned else a for a in arrays]
            if all(close(a, b) for a, b in zip(made, self.wrong, strict=True)):
                return True
            if up_to_factor:
                ratio = _ratio(self.wrong, made)
                if ratio is not None and len(set(ratio)) == 1:
                    return True
        return False



def shown(e: Expr) -> str:
    """A text for people; a differential is written at the place itself, without the step."""
    return to_text(substitute(e, {build.sym("ε"): build.ZERO}))


def diagnose(evidence: Evidence) -> Slip:
    """The most specific slip that explains the claim."""
    for trial in _TRIALS:
        try:
            found = trial(evidence)
        except (MatrixCalcError, ArithmeticError, ValueError, TypeError, AssertionError):
            found = None
        except numpy.linalg.LinAlgError:
            found = None
        if found is not None:
            return found
    return Slip("other", "none of the usual slips gives this formula")


def _ratio(a: list[Array], b: list[Array]) -> list[float] | None:
    """a = r*b at each point."""
    found: list[float] = []
    for x, y in zip(a, b, strict=True):
        if x.shape != y.shape:
            return None
        size = float((y * y).sum())
        if size == 0:
            return None
        r = float((x * y).sum()) / size
        if abs(r) < 1e-9 or not close(x, r * y):
            return None
        found.append(round(r, 7))
    return found


def _turned(v: Evidence) -> Slip | None:
    if all(close(a.T, b) for a, b in zip(v.right, v.wrong, strict=True)):
        return Slip("transposed", "it is the transpose of the right answer")
    return None


def _scaled(v: Evidence) -> Slip | None:
    ratio = _ratio(v.wrong, v.right)
    if ratio is None or v.wrong[0].size == 0:
        return None
    if len(set(ratio)) == 1:
        r = ratio[0]
        if r == -1:
            return Slip("sign", "the sign is wrong")
        nice = Fraction(r).limit_denominator(24)
        if abs(float(nice) - r) < 1e-6:
            extra = " and the sign is wrong" if nice < 0 else ""
            missing = f"the factor {1 / nice} is missing{extra}"
            return Slip("factor", f"it is {nice} times the right answer: {missing}")
    return None


def _scalar_function(v: Evidence) -> Slip | None:
    ratio = _ratio(v.wrong, v.right)
    if ratio is None or v.wrong[0].size < 2:
        return None
    return Slip(
        "chain rule",
        "it is the right answer times a scalar that depends on the variables: an inner "
        "derivative is missing or wrong",
    )


def terms_of(e: Expr) -> list[Expr]:
    """The terms of a sum, also of a transposed one and of one with a number in front."""
    if e.op == "T":
        return [transpose(t) for t in terms_of(e.args[0])]
    if e.op == "mul" and len(e.args) == 2 and e.args[0].op == "num":
        return [mul(e.args[0], t) for t in terms_of(e.args[1])]
    return list(e.args) if e.op == "add" else [e]


def _upright(e: Expr) -> tuple[Expr, bool]:
    """An expression without the transpose round it, and whether there was one."""
    if e.op == "T":
        return e.args[0], True
    if e.op == "mul" and e.args[-1].op == "T" and all(a.is_scalar for a in e.args[:-1]):
        return mul(*e.args[:-1], e.args[-1].args[0]), True
    return e, False


def expanded(e: Expr) -> list[Expr]:
    """The terms, multiplied out as far as there are few of them."""
    inner, turned = _upright(e)
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


def _combination(v: Evidence) -> Slip | None:
    """The claim as a sum of our terms with other coefficients."""
    if v.ours is None:
        return None
    forms = [terms_of(v.ours), expanded(v.ours)]
    for terms in forms:
        if len(terms) < 2 or len(terms) > MOST_TERMS:
            continue
        found = _coefficients(v, terms)
        if found is None:
            continue
        named = _named_combination(terms, found)
        if named is not None:
            return named
    return None


def _coefficients(v: Evidence, terms: list[Expr]) -> list[float] | None:
    columns: list[Array] = []
    for t in terms:
        made = v.at_points(t)
        if made is None or made[0].shape != v.wrong[0].shape:
            return None
        columns.append(numpy.concatenate([a.reshape(-1) for a in made]))
    matrix = numpy.stack(columns, axis=1)
    target = numpy.concatenate([a.reshape(-1) for a in v.wrong])
    if numpy.linalg.matrix_rank(matrix) < len(terms) or len(target) <= len(terms):
        return None
    solution = numpy.linalg.lstsq(matrix, target, rcond=None)[0]
    if not close(matrix @ solution, target):
        return None
    return [round(float(c), 6) + 0.0 for c in solution]


def _named_combination(terms: list[Expr], c: list[float]) -> Slip | None:
    if all(x == 1 for x in c):
        return None
    missing = [shown(t) for t, x in zip(terms, c, strict=True) if x == 0]
    if missing:
        return Slip("missing term", f"the term {' and '.join(missing)} is missing")
    minus = [shown(t) for t, x in zip(terms, c, strict=True) if x == -1]
    if minus and all(abs(x) == 1 for x in c):
        return Slip("sign", f"the sign of the term {' and '.join(minus)} is wrong")
    nice = [Fraction(x).limit_denominator(24) for x in c]
    if any(abs(float(q) - x) > 1e-5 for q, x in zip(nice, c, strict=True)):
        return None
    k = next(i for i, q in enumerate(nice) if q != 1)
    name = "sign" if nice[k] < 0 and abs(nice[k]) == 1 else "factor"
    return Slip(name, f"the term {shown(terms[k])} is taken {nice[k]} times instead of once")


# Order


def _order(v: Evidence) -> Slip | None:
    terms = terms_of(v.claimed)
    if len(terms) > 6:
        return None
    for t in terms:
        own = v.at_points(t)
        if own is None:
            continue
        rest = [r - (w - o) for r, w, o in zip(v.right, v.wrong, own, strict=True)]
        inner = t.args[0] if t.op == "T" else t
        for again in _rearranged(v, inner, rest):
            return again
    return None


def _rearranged(v: Evidence, t: Expr, wanted: list[Array]) -> Iterator[Slip]:
    number, chain = _chain_of(t)
    chains = [(number, chain)] if len(chain) >= 2 else []
    for others, loop in _opened(t):
        chains.append((others, loop))
    for scalar, factors in chains:
        if not 2 <= len(factors) <= 5:
            continue
        arrays = [v.at_points(f) for f in factors]
        front = v.at_points(scalar)
        if front is None or any(a is None for a in arrays):
            continue
        known = [a for a in arrays if a is not None]
        flips = _flips(len(factors))
        for order in permutations(range(len(factors))):
            for turned in flips:
                if _product_is(known, front, order, turned, wanted):
                    parts = [transpose(factors[i]) if turned[i] else factors[i] for i in order]
                    text = "*".join(_factor_text(p) for p in parts)
                    plain = tuple(order) == tuple(range(len(factors)))
                    if plain and factors == chain:
                        yield Slip("transposed", f"a factor is transposed: it should be {text}")
                    else:
                        sentence = f"the factors stand in the wrong order: {text} is right"
                        yield Slip("order", sentence)
                    return


def _factor_text(e: Expr) -> str:
    text = shown(e)
    return f"({text})" if e.op == "add" else text


def _flips(n: int) -> list[tuple[bool, ...]]:
    every = [tuple(f) for f in product((False, True), repeat=n)]
    every.sort(key=sum)
    return every if n <= 4 else [f for f in every if sum(f) <= 2]


def _product_is(
    arrays: list[list[Array]],
    front: list[Array],
    order: tuple[int, ...],
    turned: tuple[bool, ...],
    wanted: list[Array],
) -> bool:
    for k, target in enumerate(wanted):
        total: Array | None = front[k] if front[k].size > 1 else None
        for i in order:
            a = arrays[i][k].T if turned[i] else arrays[i][k]
            if total is None:
                total = a
            elif total.shape[1] != a.shape[0]:
                return False
            else:
                total = total @ a
        if total is None:
            return False
        if front[k].size == 1:
            total = total * float(front[k].reshape(-1)[0])
        if not close(total, target):
            return False
    return True


def _chain_of(t: Expr) -> tuple[Expr, list[Expr]]:
    """The scalars of a product, and its other factors, powers written out."""
    if t.op != "mul":
        return build.UNIT, [t]
    scalars = [a for a in t.args if a.is_scalar]
    chain: list[Expr] = []
    for a in t.args:
        if a.is_scalar:
            continue
        chain.append(a)
    return mul(*scalars) if scalars else build.UNIT, chain


def _opened(t: Expr) -> Iterator[tuple[Expr, list[Expr]]]:
    """A scalar x'*A*x times eye, as the chain of its factors: an outer product was meant."""
    if t.op != "mul":
        return
    factors = list(t.args)
    if not any(f.op == "eye" for f in factors):
        return
    rest = [f for f in factors if f.op != "eye"]
    for k, f in enumerate(rest):
        if f.is_scalar and f.op == "mul":
            scalars = [*rest[:k], *rest[k + 1 :], *(a for a in f.args if a.is_scalar)]
            loop = [a for a in f.args if not a.is_scalar]
            for cut in range(1, len(loop)):
                turned = loop[cut:] + loop[:cut]
                head = mul(*scalars) if scalars else build.UNIT
                yield head, _joined(turned)


def _joined(chain: list[Expr]) -> list[Expr]:
    """A chain in two halves, so that it stays in order."""
    return chain if len(chain) <= 4 else [mul(*chain[:2]), *chain[2:4], mul(*chain[4:])]


# The chain rule


def _dropped(v: Evidence) -> Slip | None:
    """A factor of our answer left out."""
    if v.ours is None:
        return None
    trials = 0
    for form in dict.fromkeys([v.ours, build.add(*expanded(v.ours))]):
        for whole, dropped in _without_one(form):
            trials += 1
            if trials > MOST_TRIALS:
                return None
            if whole.shape != v.claimed.shape:
                continue
            if v.is_wrong(v.at_points(whole)):
                return Slip(
                    "chain rule", f"the factor {shown(dropped)} is missing (inner derivative)"
                )
    return None


def _without_one(root: Expr) -> Iterator[tuple[Expr, Expr]]:
    order = topological(root)
    for e in order:
        if e.op in ("mul", "had") and len(e.args) >= 2:
            for k, f in enumerate(e.args):
                if f.op == "num":
                    continue
                rest = [a for i, a in enumerate(e.args) if i != k]
                make = mul if e.op == "mul" else had
                try:
                    smaller = make(*rest) if len(rest) > 1 else rest[0]
                except (MatrixCalcError, AssertionError, IndexError):
                    continue
                if smaller.shape != e.shape:
                    continue
                yield _replaced(order, root, {e: smaller}), f
        exponent = e.args[1].number if e.op in ("pow", "epow") else None
        if exponent is not None and exponent.denominator == 1 and abs(exponent) >= 2:
            one = 1 if exponent > 0 else -1
            raised = build.power if e.op == "pow" else build.epower
            less = raised(e.args[0], build.num(exponent - one))
            yield _replaced(order, root, {e: less}), raised(e.args[0], build.num(one))
            if e.op == "pow" and not e.is_scalar:
                once = build.power(e.args[0], build.num(one))
                yield _replaced(order, root, {e: mul(build.call("tr", once), less)}), once
        if e.op == "mul":
            for k, f in enumerate(e.args):
                if not f.is_scalar and f.is_square:
                    traced = mul(build.call("tr", f), *(a for i, a in enumerate(e.args) if i != k))
                    if traced.shape == e.shape:
                        yield _replaced(order, root, {e: traced}), f


def _replaced(order: list[Expr], root: Expr, change: dict[Expr, Expr]) -> Expr:
    done = dict(change)
    for e in order:
        if e in done:
            continue
        args = tuple(done[a] for a in e.args)
        done[e] = e if args == e.args else rebuild(e, args, e.shape)
    return done[root]


def _outer_only(v: Evidence) -> Slip | None:
    """The outer function's derivative without the inner one's."""
    if not v.targets or len(set(v.targets)) > 1:
        return None
    name = v.targets[0].name
    x = next((e for e in topological(v.function) if e.op == "sym" and e.name == name), None)
    if x is None:
        return None
    active = depends(v.function, [x])
    trials = 0
    for u in topological(v.function):
        if u not in active or u is x or u is v.function:
            continue
        trials += 1
        if trials > 30:
            break
        twin = build.sym("u_inner", u.shape)
        for made in _outer(v, u, twin, x):
            if made is not None and v.is_wrong(v.at_points(made), up_to_factor=True):
                sentence = f"the derivative of the inner function {shown(u)} is missing"
                return Slip("chain rule", sentence)
    return None


def _outer(v: Evidence, u: Expr, twin: Expr, x: Expr) -> Iterator[Expr | None]:
    order = topological(v.function)
    outside = _safely(lambda: _replaced(order, v.function, {u: twin}))
    if outside is None:
        return
    slope: Expr | None = None
    for k in range(len(v.targets)):
        start = outside if k == 0 else slope
        if start is None:
            return
        slope = _safely(partial(_slope, start, twin))
    if slope is not None:
        yield _safely(partial(substitute, slope, {twin: u}))
        yield _safely(partial(substitute, slope, {twin: x}))
    instead = _safely(lambda: _replaced(order, v.function, {u: x}))
    if instead is not None and instead.is_scalar and len(v.targets) == 1:
        yield _safely(partial(_slope, instead, x))


def _slope(y: Expr, x: Expr) -> Expr | None:
    return engine.derivative(engine.value_of(y), x).natural


def _safely(make: Callable[[], Expr | None]) -> Expr | None:
    try:
        return make()
    except (MatrixCalcError, AssertionError, LookupError, ValueError, TypeError, AttributeError):
        return None


def _weights(v: Evidence) -> Slip | None:
    """The claim with another diagonal, or with another entrywise factor, is right."""
    for e in topological(v.claimed):
        if e.op != "diag":
            continue
        weight = build.sym("w_inner", e.args[0].shape)
        order = topological(v.claimed)
        open_ = _safely(partial(_replaced, order, v.claimed, {e.args[0]: weight}))
        if open_ is None:
            continue
        good = True
        for values, right in zip(v.points, v.right, strict=True):
            made = grids([e.args[0]], values)
            if made is None:
                return None
            n = made[0].size
            if right.size < 2 * n:
                good = False
                break
            zero = numpy.zeros(made[0].shape)
            base = grids([open_], {**values, "w_inner": zero})
            columns = []
            for i in range(n):
                unit = zero.copy()
                unit.reshape(-1)[i] = 1.0
                one = grids([open_], {**values, "w_inner": unit})
                if one is None or base is None:
                    good = False
                    break
                columns.append((one[0] - base[0]).reshape(-1))
            if not good or base is None:
                break
            matrix = numpy.stack(columns, axis=1)
            target = (right - base[0]).reshape(-1)
            solution = numpy.linalg.lstsq(matrix, target, rcond=None)[0]
            good = good and close(matrix @ solution, target)
        if good:
            return Slip(
                "chain rule",
                f"in place of {shown(e.args[0])} another factor is right: an elementwise "
                "derivative is missing or wrong",
            )
    return None


def _one_transposed(v: Evidence) -> Slip | None:
    """One factor somewhere in the claim transposed."""
    order = topological(v.claimed)
    for e in order:
        if e.is_scalar or e is v.claimed:
            continue
        if not e.is_square:
            continue
        made = _safely(partial(_replaced, order, v.claimed, {e: transpose(e)}))
        if made is None or made.shape != v.claimed.shape:
            continue
        arrays = v.at_points(made)
        if arrays is not None and all(close(a, b) for a, b in zip(arrays, v.right, strict=True)):
            return Slip("transposed", f"{shown(e)} should be transposed")
    return None


def _fewer(v: Evidence) -> Slip | None:
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


def _varying(v: Evidence) -> Slip | None:
    """Our terms, each with a scalar factor of its own that varies."""
    if v.ours is None:
        return None
    terms = expanded(v.ours)
    if not 1 <= len(terms) <= 4 or v.wrong[0].size < 2 * len(terms):
        return None
    for k, values in enumerate(v.points):
        made = grids(terms, values)
        if made is None:
            return None
        matrix = numpy.stack([a.reshape(-1) for a in made], axis=1)
        target = v.wrong[k].reshape(-1)
        solution = numpy.linalg.lstsq(matrix, target, rcond=None)[0]
        if not close(matrix @ solution, target):
            return None
    return Slip("chain rule", "a scalar factor of a term is missing or wrong (inner derivative)")


Trial = Callable[[Evidence], Slip | None]
_TRIALS: tuple[Trial, ...] = (
    _scaled,
    _turned,
    _combination,
    _order,
    _one_transposed,
    _scalar_function,
    _dropped,
    _outer_only,
    _weights,
    _varying,
    _fewer,
)
