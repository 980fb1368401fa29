"""Steps checked as equations, entry by entry, without the rules they were found by.

A ``d(e)`` is what a small step ``dx`` of the variable makes of the entries of ``e``: they
are computed with infinitesimals, in exact rational numbers where that is possible and in
60-digit numbers elsewhere, at random points and along random directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, DecimalException, localcontext
from random import Random
from typing import Any

from matrixcalc.claims import Claim, Verification, placement
from matrixcalc.derivation.records import Formula
from matrixcalc.elementwise import Writer
from matrixcalc.expr import Expr, topological
from matrixcalc.grids import Grid
from matrixcalc.jets import DIGITS, Exact, NotExact, OutsideDomain
from matrixcalc.matrix_functions import Sampled
from matrixcalc.sampling import SPAN, WAYS, draw, properties, size_choices, work
from matrixcalc.verify import compare

POINTS = 2
_MOST_WORK = 150_000


def check_equation(sides: Sequence[Formula]) -> Verification:
    """Check that the sides of an equation, two or more, are equal."""
    inner: dict[Expr, Expr] = {}
    for side in sides:
        inner.update(side.inner)
    values = [s.value for s in sides if s.value is not None]
    used = {e for v in values for e in topological(v)}
    differentials = {s: e for s, e in inner.items() if s in used}
    if not differentials:
        return _equal_values(values)
    return _Equation(values, differentials).run()


def _equal_values(values: Sequence[Expr]) -> Verification:
    first = values[0]
    axes = list(range(first.order))
    place = placement([], axes) if first.kind == "row" else placement(axes[:1], axes[1:])
    outcome = Verification("skipped", {}, "there is nothing to compare")
    for other in values[1:]:
        if other.shape != first.shape:
            return Verification("failed", {}, "the two sides differ in shape")
        outcome = compare(first, [], Claim(other, place))
        if outcome.status == "failed":
            break
    return outcome


class _Equation:
    """An equation between expressions that are linear in differentials."""

    def __init__(self, values: Sequence[Expr], inner: dict[Expr, Expr]) -> None:
        self.values = values
        self.inner = inner
        roots = [*values, *inner.values()]
        nodes = list(dict.fromkeys(e for root in roots for e in topological(root)))
        self.nodes = [e for e in nodes if e not in inner]
        self.variables = [e for e in self.nodes if e.op == "sym"]
        self.moving = {s: e for s, e in inner.items() if e.op == "sym"}
        self.sizes: dict[str, int] = {}

    def run(self) -> Verification:
        if len({v.shape for v in self.values}) > 1:
            return Verification("failed", {}, "the sides differ in shape")
        outcome = Verification("skipped", {}, "writing it out takes too much work")
        for sizes in self._choices():
            self.sizes = sizes
            try:
                outcome = self._points(Exact)
            except NotExact:
                with localcontext(Context(prec=DIGITS)):
                    outcome = self._points(Sampled)
            if outcome.status != "skipped":
                break
        return outcome

    def _choices(self) -> list[dict[str, int]]:
        """The sizes that make little work, else those that make the least."""
        costs = [(work(self.nodes, s, 2), s) for s in size_choices(self.nodes)]
        easy = [s for cost, s in costs if cost <= _MOST_WORK]
        return easy or [min(costs, key=lambda c: c[0])[1]]

    def _points(self, kind: type[Exact]) -> Verification:
        random = Random(int.from_bytes(self.values[0].key, "big"))
        done, best = 0, 0
        for attempt in range(12 * WAYS):
            way = best if done else attempt % WAYS
            try:
                different = self._differ(kind, random, way)
            except (OutsideDomain, DecimalException, ZeroDivisionError):
                continue
            if different:
                return Verification("failed", self.sizes, "the two sides differ", done + 1)
            best, done = way, done + 1
            if done == POINTS:
                exact = kind is Exact
                how = "in exact rational arithmetic" if exact else f"to {DIGITS} digits"
                return Verification(
                    "proved" if exact else "sampled",
                    self.sizes,
                    f"the two sides are equal {how} at {done} random points",
                    done,
                )
        return Verification("skipped", self.sizes, "no points were found")

    def _differ(self, kind: type[Exact], random: Random, way: int) -> bool:
        span = SPAN if kind is Exact else None
        owners: dict[str, Expr] = {}
        for v in self.variables:
            known = owners.setdefault(v.name, v)
            if len(properties(v)) > len(properties(known)):
                owners[v.name] = v
        grids = {name: self._draw(v, random, way, span) for name, v in owners.items()}
        values = {v: grids[v.name] for v in self.variables}
        moved = dict(values)
        jets = kind(1)
        for symbol, x in self.moving.items():
            direction = self._draw(symbol, random, way, span)
            for v in (v for v in self.variables if v.name == x.name):
                moved[v] = [
                    [jets.seed(entry, [{0: d}]) for entry, d in zip(row, drow, strict=True)]
                    for row, drow in zip(values[v], direction, strict=True)
                ]
        writer = Writer(jets, moved, self.sizes)
        changes: dict[Expr, Grid] = {}
        for symbol, e in self.inner.items():
            grid = writer.write(e)
            changes[symbol] = [[jets.coefficient(x, (0,)) for x in row] for row in grid]
        plain = Writer(kind(0), {**values, **changes}, self.sizes)
        first, *others = [plain.write(v) for v in self.values]
        return any(_apart(first, other, kind is Exact) for other in others)

    def _draw(self, v: Expr, random: Random, way: int, span: int | None) -> Grid:
        rows, cols = (d.value(self.sizes) for d in v.shape)
        return draw(v, rows, cols, random, way, span)


def _apart(a: Grid, b: Grid, exact: bool) -> bool:
    pairs = [
        (x, y) for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=True)
    ]
    if exact:
        return any(x != y for x, y in pairs)
    largest: Any = max((max(abs(x), abs(y)) for x, y in pairs), default=0)
    bound = Decimal("1e-25") * max(Decimal(1), Decimal(largest))
    return any(abs(x - y) > bound for x, y in pairs)
