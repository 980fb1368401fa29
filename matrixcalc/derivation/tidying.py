"""The simplifications between a coefficient as it is found and as it is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matrixcalc.build import transpose
from matrixcalc.expr import Expr
from matrixcalc.polish import (
    cleared,
    multiplied_out,
    powers,
    sigmoids,
    signs,
    softmaxes,
    without_adjugates,
)
from matrixcalc.simplify import simplify


@dataclass(frozen=True)
class Pass:
    """One simplification: its name, why it holds, and what it leads to."""

    rule: str
    reason: str
    after: Expr


_PASSES: tuple[tuple[str, str, Callable[[Expr], Expr]], ...] = (
    ("common factors", "like terms are added up, common factors drawn out", simplify),
    ("inverse", "adj(A) = det(A)*inv(A)", without_adjugates),
    ("softmax", "exp(x)/sum(exp(x)) = softmax(x)", softmaxes),
    ("sigmoid", "1/(1 + exp(-x)) = sigmoid(x)", sigmoids),
    ("multiplying out", "it comes out shorter", multiplied_out),
    ("fractions", "a factor is taken into the sum", cleared),
    ("powers", "repeated factors are a power", powers),
    ("signs", "numbers and signs are moved inside", signs),
)


def passes(start: Expr, goal: Expr) -> list[Pass]:
    """The passes that change something on the way to the goal.

    >>> from matrixcalc.infer import parse
    >>> [(p.rule, p.after) for p in passes(parse("A*x + A'*x"), parse("(A + A')*x"))]
    [('common factors', (A + A')*x)]
    """
    if start.key == goal.key and start.shape == goal.shape:
        return [] if str(start) == str(goal) else [Pass("order", "the order of a sum", goal)]
    found: list[Pass] = []
    current = start
    for rule, reason, change in _PASSES:
        made = change(current)
        if made.shape != goal.shape:
            made = transpose(made)
        if str(made) == str(current):
            continue
        if made.key == goal.key:
            made = goal
        found.append(Pass(rule, reason, made))
        current = made
        if current is goal:
            break
    if len(found) > 1 and {p.rule for p in found} <= {"common factors", "signs"}:
        found = [Pass("common factors", found[0].reason, found[-1].after)]
    if not found or str(found[-1].after) != str(goal):
        reason = "like terms, common factors and what cancels"
        if not found:
            return [Pass("simplification", reason, goal)]
        found = [*found[:-1], Pass("simplification", reason, goal)]
    return found
