"""Slips in the chain rule: an inner derivative is missing or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy

from matrixcalc import build, engine
from matrixcalc.build import had, mul
from matrixcalc.checks.points import close, grids
from matrixcalc.checks.slips.evidence import Evidence, Slip, ratio, replaced, safely, shown
from matrixcalc.checks.slips.terms import expanded
from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.templates import substitute

MOST_TRIALS = 300


def scalar_function(v: Evidence) -> Slip | None:
    found = ratio(v.wrong, v.right)
    if found is None or v.wrong[0].size < 2:
        return None
    return Slip(
        "chain rule",
        "it is the right answer times a scalar that depends on the variables: an inner "
        "derivative is missing or wrong",
    )


def dropped(v: Evidence) -> Slip | None:
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
            good = good and close(matrix @ solution, target)
        if good:
            return Slip(
                "chain rule",
                f"in place of {shown(e.args[0])} another factor is right: an elementwise "
                "derivative is missing or wrong",
            )
    return None
