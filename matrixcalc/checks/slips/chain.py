"""Slips in the chain rule: an inner derivative is missing or wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial

import numpy

from matrixcalc import build, engine
from matrixcalc.build import had, mul
from matrixcalc.checks.points import grids
from matrixcalc.checks.slips.evidence import Evidence, Slip, ratio, replaced, safely, shown
from matrixcalc.checks.slips.terms import expanded
from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.operators import TABLE
from matrixcalc.templates import substitute

MOST_TRIALS = 300
MOST_SCALARS = 30


def scalar_function(v: Evidence) -> Slip | None:
    """The claim is the right answer times a scalar that varies."""
    found = ratio(v, v.wrong, v.right)
    if found is None:
        return None
    named = _named_scalar(v, found)
    if named is not None:
        return Slip("chain rule", named)
    if v.wrong[0].size < 2:
        return None
    return Slip(
        "chain rule",
        "it is the right answer times a scalar that depends on the variables: an inner "
        "derivative is missing or wrong",
    )


_EXPONENTS = (1, -1, Fraction(1, 2), Fraction(-1, 2), 2, -2, 3, -3)


def _named_scalar(v: Evidence, found: list[float]) -> str | None:
    """The scalar, as a power of one that stands in the formulas, times a number."""
    roots = [e for e in (v.function, v.ours, v.claimed) if e is not None]
    nodes = dict.fromkeys(e for root in roots for e in topological(root))
    scalars = [e for e in nodes if e.is_scalar and e.op not in ("num", "size")]
    rough = max(1e-6, v.tolerance)
    for s in sorted(scalars, key=lambda e: e.cost)[:MOST_SCALARS]:
        arrays = v.at_points(s)
        if arrays is None or any(a.size != 1 for a in arrays):
            continue
        numbers = [float(a.reshape(-1)[0]) for a in arrays]
        for k in _EXPONENTS:
            if any(x == 0 or (x < 0 and Fraction(k).denominator > 1) for x in numbers):
                continue
            c = [r / x ** float(k) for r, x in zip(found, numbers, strict=True)]
            nice = Fraction(c[0]).limit_denominator(24)
            if nice == 0 or any(abs(x / float(nice) - 1) > rough for x in c):
                continue
            if k < 0:
                missing = mul(build.num(1 / nice), build.power(s, build.num(-k)))
                return f"the factor {shown(missing)} is missing (inner derivative)"
            extra = mul(build.num(nice), build.power(s, build.num(k)))
            return f"it is {shown(extra)} times the right answer: an inner derivative is wrong"
    return None


def entrywise(v: Evidence) -> Slip | None:
    """An entrywise factor of our answer left out."""
    return _first_dropped(v, [v.ours], ("had",)) if v.ours is not None else None


def without_slope(v: Evidence) -> Slip | None:
    """An entrywise function whose slope was taken to be 1."""
    if len(v.targets) != 1 or v.targets[0] not in topological(v.function):
        return None
    nodes = topological(v.function)
    for e in nodes:
        if e.op in TABLE and TABLE[e.op].elementwise and e is not v.function:
            # f(u) as u + k, with k = f(u) - u held fixed: the same value, the slope 1
            held = build.sym("k_inner", e.shape)
            flat = safely(partial(replaced, nodes, v.function, {e: build.add(e.args[0], held)}))
            slope = None if flat is None else safely(partial(_slope, flat, v.targets[0]))
            back = build.add(e, mul(build.MINUS, e.args[0]))
            made = None if slope is None else safely(partial(substitute, slope, {held: back}))
            if made is not None and v.is_wrong(v.at_points(made)):
                sentence = f"the derivative of {shown(e)} by its argument is missing"
                return Slip("chain rule", sentence)
    return None


def dropped(v: Evidence) -> Slip | None:
    """A factor of our answer left out."""
    if v.ours is None:
        return None
    forms = list(dict.fromkeys([v.ours, build.add(*expanded(v.ours))]))
    return _first_dropped(v, forms, ("had", "mul", "pow", "epow"))


def _first_dropped(v: Evidence, forms: Iterable[Expr], ops: tuple[str, ...]) -> Slip | None:
    trials = 0
    for form in forms:
        for whole, factor in _without_one(form, ops):
            trials += 1
            if trials > MOST_TRIALS:
                return None
            if v.fits(whole) and v.is_wrong(v.at_points(whole)):
                named = shown(factor)
                return Slip("chain rule", f"the factor {named} is missing (inner derivative)")
    return None


def _without_one(root: Expr, ops: tuple[str, ...]) -> Iterator[tuple[Expr, Expr]]:
    order = topological(root)
    for e in order:
        if e.op not in ops:
            continue
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
                yield replaced(order, root, {e: smaller}), f
        exponent = e.args[1].number if e.op in ("pow", "epow") else None
        if exponent is not None and exponent.denominator == 1 and abs(exponent) >= 2:
            one = 1 if exponent > 0 else -1
            raised = build.power if e.op == "pow" else build.epower
            less = raised(e.args[0], build.num(exponent - one))
            yield replaced(order, root, {e: less}), raised(e.args[0], build.num(one))
            if e.op == "pow" and not e.is_scalar:
                once = build.power(e.args[0], build.num(one))
                yield replaced(order, root, {e: mul(build.call("tr", once), less)}), once
        if e.op == "mul":
            for k, f in enumerate(e.args):
                if not f.is_scalar and f.is_square:
                    traced = mul(build.call("tr", f), *(a for i, a in enumerate(e.args) if i != k))
                    if traced.shape == e.shape:
                        yield replaced(order, root, {e: traced}), f


def outer_only(v: Evidence) -> Slip | None:
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
    outside = safely(lambda: replaced(order, v.function, {u: twin}))
    if outside is None:
        return
    slope: Expr | None = None
    for k in range(len(v.targets)):
        start = outside if k == 0 else slope
        if start is None:
            return
        slope = safely(partial(_slope, start, twin))
    if slope is not None:
        yield safely(partial(substitute, slope, {twin: u}))
        yield safely(partial(substitute, slope, {twin: x}))
    instead = safely(lambda: replaced(order, v.function, {u: x}))
    if instead is not None and instead.is_scalar and len(v.targets) == 1:
        yield safely(partial(_slope, instead, x))


def _slope(y: Expr, x: Expr) -> Expr | None:
    return engine.derivative(engine.value_of(y), x).natural


def weights(v: Evidence) -> Slip | None:
    """The claim with another diagonal, or with another entrywise factor, is right."""
    if v.claimed is None:
        return None
    for e in topological(v.claimed):
        if e.op != "diag":
            continue
        weight = build.sym("w_inner", e.args[0].shape)
        order = topological(v.claimed)
        open_ = safely(partial(replaced, order, v.claimed, {e.args[0]: weight}))
        if open_ is None:
            continue
        good = True
        for values, right in zip(v.points, v.right, strict=True):
            made = grids([e.args[0]], values, v.sizes)
            if made is None:
                return None
            n = made[0].size
            if right.size < 2 * n:
                good = False
                break
            zero = numpy.zeros(made[0].shape)
            base = grids([open_], {**values, "w_inner": zero}, v.sizes)
            columns = []
            for i in range(n):
                unit = zero.copy()
                unit.reshape(-1)[i] = 1.0
                one = grids([open_], {**values, "w_inner": unit}, v.sizes)
                if one is None or base is None:
                    good = False
                    break
                columns.append((one[0] - base[0]).reshape(-1))
            if not good or base is None:
                break
            matrix = numpy.stack(columns, axis=1)
            target = (right - base[0]).reshape(-1)
            solution = numpy.linalg.lstsq(matrix, target, rcond=None)[0]
            good = good and v.close(matrix @ solution, target)
        if good:
            return Slip(
                "chain rule",
                f"in place of {shown(e.args[0])} another factor is right: an elementwise "
                "derivative is missing or wrong",
            )
    return None


def itself(v: Evidence) -> Slip | None:
    """The claim is the function itself, as if it were its own outer derivative."""
    found = v.at_points(v.function) if v.fits(v.function) else None
    if found is not None and v.is_wrong(found, up_to_factor=True):
        return Slip("chain rule", "it is the function itself: the inner derivative is missing")
    return None


def by_factors(v: Evidence) -> Slip | None:
    """A guess from the variables and functions that stand in the one term of each side."""
    if v.ours is None or v.claimed is None or "add" in (v.ours.op, v.claimed.op):
        return None
    ours, claimed = _letters(v.ours), _letters(v.claimed)
    if ours == claimed:
        return Slip("order", "the same factors stand in another order, or transposed")
    names = {e.name for e in topological(v.ours) if e.op == "sym"}
    ours, claimed = (Counter({n: c[n] for n in names if c[n]}) for c in (ours, claimed))
    if claimed < ours:
        missing = ", ".join(sorted((ours - claimed).keys()))
        return Slip("chain rule", f"{missing} should stand in it once more: a factor is missing")
    return None


_QUIET = ("mul", "T", "pow", "num", "had", "epow")


def _letters(root: Expr) -> Counter[str]:
    """How often each variable and function stands in an expression, were it a tree."""
    counts: dict[Expr, Counter[str]] = {}
    for e in topological(root):
        if e.op == "sym":
            counts[e] = Counter([e.name])
        else:
            total: Counter[str] = Counter([] if e.op in _QUIET else [f"{e.op}()"])
            for a in e.args:
                total.update(counts[a])
            k = e.args[1].number if e.op in ("pow", "epow") else None
            if k is not None and k.denominator == 1 and 1 < abs(k) < 10:
                total = Counter({n: c * abs(int(k)) for n, c in total.items()})
            counts[e] = total
    return counts[root]
