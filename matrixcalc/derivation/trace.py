"""The derivation of a derivative in differentials, after Magnus and Neudecker.

From ``dy = d(f)`` one rule at a time until only ``dx`` is left; then the form from which
the derivative is read off; then what makes of it the printed result. Every derivative of
higher order begins anew from the one before it.
"""

from __future__ import annotations

from collections.abc import Callable

from matrixcalc import build, engine
from matrixcalc.build import transpose
from matrixcalc.claims import Verification
from matrixcalc.derivation.expand import Differentials, Expansion
from matrixcalc.derivation.linear import coefficient, form, pattern, shape_of, stacked
from matrixcalc.derivation.names import Names
from matrixcalc.derivation.reasons import LONG, of_matrix_function, reading, trick
from matrixcalc.derivation.records import Formula, Step, Steps, plain
from matrixcalc.derivation.rules import source_of, statement_of
from matrixcalc.derivation.tidying import passes
from matrixcalc.derivative import Derivative
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr, symbols, topological
from matrixcalc.layouts import arrange
from matrixcalc.operators import IDENTIFICATION, STRUCTURE
from matrixcalc.problem import Problem
from matrixcalc.templates import substitute

MAX_STEPS = 1000
MAX_COST = 20_000
MAX_TOTAL = 100_000
"""The most signs and names in one line, and in all lines together."""

_STRUCTURE = {
    "gradient": "the part of the array that is a {}",
    "entries": "the derivative by the entries that are independent in a {}",
}


def trace(d: Derivative) -> Steps:
    """The steps of a derivation; the right side of the last one is the printed result.

    >>> from matrixcalc.derive import derive
    >>> for step in trace(derive("y = W*x", "x", verify=False)):
    ...     print(step.left, "=", step)
    dy = d(W*x) = dW*x + W*dx = W*dx
    ∂y/∂x = ∂y/∂x = W
    """
    return _Trace(d).run()


class _Trace:
    def __init__(self, d: Derivative) -> None:
        self.d = d
        self.problem: Problem = d.problem
        self.names = Names(d)
        self.steps: list[Step] = []
        self.stage = 0
        self.left = ""

    def run(self) -> Steps:
        p = self.problem
        tensor = engine.value_of(p.source.expr)
        last = len(p.twins) - 1
        for k, (twin, target) in enumerate(zip(p.twins, p.targets, strict=True)):
            self.stage = k + 1
            found = engine.derivative(tensor, twin)
            self.differentiate(tensor, found, twin, final=k == last)
            axis = sum(found.orders[:-1])
            tensor = engine.in_structure(found, axis, target, p.structured)
            if p.structured != "none" and engine.structure_of(target):
                self.structure(found, tensor, target, final=k == last)
        self.finish()
        return Steps(self.steps)

    # recording

    def record(
        self,
        rule: str,
        before: Formula,
        after: Formula,
        *,
        source: str = "",
        place: str = "",
        reason: str = "",
        via: Formula | None = None,
        prove: Callable[[], Verification] | None = None,
    ) -> None:
        if str(before) == str(after):
            return
        if len(self.steps) >= MAX_STEPS:
            raise LimitError(f"the derivation has more than {MAX_STEPS} steps")
        source = source or source_of(rule)
        self.steps.append(
            Step(
                rule, source, before, after, self.left, place, reason, via, self.stage, prove,
                self.names.bold,
            )
        )

    # one differentiation

    def differentiate(
        self, tensor: engine.Tensor, found: engine.Tensor, x: Expr, final: bool
    ) -> None:
        y = tensor.natural
        if y is None:
            self.read_entries(found, final, "the derivative before it has no matrix notation")
            return
        self.left = self.names.differential(self.stage)
        differentials = Differentials(y, x)
        change = self.expand(y, differentials)
        dx, inner = differentials.increment, differentials.inner
        goal = self.goal(found)
        if goal is None:
            why = "vec and kron have no closed form for it"
            self.read_entries(found, final, "every entry is 0" if build.is_zero(change) else why)
            return
        if build.is_zero(change):
            self.identify(found, final, f"{self.left} = 0", goal)
            return
        raw = coefficient(change, dx)
        if raw is None:
            self.read_entries(found, final, "vec and kron have no closed form for it")
            return
        before = plain(change, inner)
        if shape_of(y, dx).stacked:
            before = stacked(y, before)
            if y.order == 2:
                self.left = f"vec({self.left})"
        if raw.key == goal.key:
            raw = goal
        first = _with(form(y, raw, dx), inner)
        equation = f"{self.left} = {first}"
        if dx.is_scalar and first.value is change:
            # the same expression, with the number dx in another place
            same = str(first) == str(before)
            equation = f"{self.left} = {before}" + ("" if same else f" = {first}")
        else:
            rule, reason = trick(y, dx, change, transpose(raw) if y.is_scalar else raw)
            self.record(rule, before, first, reason=reason)
        for step in passes(raw, goal):
            after = _with(form(y, step.after, dx), inner)
            if str(first) != str(after):
                self.record(step.rule, first, after, source="algebra", reason=step.reason)
                first = after
                equation = f"{self.left} = {first}"
        self.identify(found, final, equation, transpose(goal) if shape_of(y, dx).flipped else goal,
                      f"{self.left} = {pattern(y, dx)}")

    def goal(self, found: engine.Tensor) -> Expr | None:
        """The coefficient that the engine arrives at, before properties are used."""
        return found.natural if found.natural is not None else engine.vec_form(found)

    def expand(self, y: Expr, differentials: Differentials) -> Expr:
        current = differentials.symbol(y)
        if y not in differentials.active:
            inner, zero = dict(differentials.inner), build.zeros(y.shape)
            reason = f"{y} being constant" if y.args and y.cost < LONG else ""
            self.record("constant", plain(current, inner), plain(zero), reason=reason)
            return zero
        total = 0
        while True:
            pending = differentials.pending(current)
            if not pending:
                return current
            rule = differentials.rule(pending[0])
            chosen: list[tuple[Expr, Expansion]] = []
            below: set[Expr] = set()
            for e in pending:
                if differentials.rule(e) == rule and e not in below:
                    chosen.append((e, differentials.expansion(e)))
                below.update(_below(e))
            change = {differentials.symbol(e): made.after for e, made in chosen}
            after = substitute(current, change)
            total += after.cost
            if after.cost > MAX_COST or total > MAX_TOTAL:
                raise LimitError(
                    "the derivation is too long to be written out",
                    hint="name intermediate results, and look at matrixcalc graph",
                )
            whole = len(chosen) == 1 and current is differentials.symbol(chosen[0][0])
            via = chosen[0][1].via if whole else None
            names = tuple(dict.fromkeys(n for _, made in chosen for n in made.names))
            named = rule if rule != "linear" else names[0] if len(names) == 1 else "linearity"
            inner = dict(differentials.inner)
            constants = [c for _, made in chosen for c in made.constants]
            special = of_matrix_function(rule, current, after)
            statement = "" if rule == "linear" else special or self.statement(rule, y)
            reasons = [_why(names, constants), statement, special if rule == "linear" else ""]
            self.record(
                named,
                plain(current, inner),
                plain(after, inner),
                place=", ".join(str(differentials.symbol(e)) for e, _ in chosen),
                reason="; ".join(filter(None, reasons)),
                via=plain(via, inner) if via is not None and str(via) != str(after) else None,
            )
            current = after

    def statement(self, rule: str, y: Expr) -> str:
        """The rule itself, with letters that are not those of the function."""
        return statement_of(rule, {v.name for v in symbols(y)} | set(self.d.variables))

    def identify(
        self, found: engine.Tensor, final: bool, equation: str, read: Expr, pattern: str = ""
    ) -> None:
        """Read the derivative off the form, in which ``read`` stands before or after dx."""
        d, layout = self.d, self.d.layout if final else "mixed"
        self.left = self.names.derivative(self.stage)
        goal = self.goal(found)
        assert goal is not None
        count, order = sum(found.orders[:-1]), found.orders[-1]
        result = arrange(goal, layout, count, order)
        transposed = str(result) != str(read) and result is transpose(read)
        reason = reading(equation, pattern, self.left, layout, transposed)
        short = equation if len(equation) <= LONG else f"{pattern}, so it is C"
        if not final:
            reason = f"{short}; in the shape in which it is differentiated again"
        elif found.order > 2:
            reason = f"{short}; {d.why}"
        self.record(
            "identification",
            Formula(self.left),
            plain(result),
            source=IDENTIFICATION,
            reason=reason,
            prove=self.claim(found, result, layout, "none"),
        )

    def read_entries(
        self, found: engine.Tensor, final: bool, why: str, structured: str = "none"
    ) -> None:
        """The index form, where there is no other."""
        self.left = self.names.entry(self.stage)
        before = Formula(self.left)
        self.record(
            "index form",
            before,
            self.names.entries(found, final),
            source="definition",
            reason=f"entry by entry: {why}",
            prove=self.claim(found, None, "numerator", structured),
        )

    def structure(
        self, before: engine.Tensor, after: engine.Tensor, x: Expr, final: bool
    ) -> None:
        kind = f"{engine.structure_of(x)} matrix"
        reading = self.problem.structured
        reason = _STRUCTURE[reading].format(kind)
        goal = self.goal(after)
        if goal is None:
            if final:
                self.read_entries(after, final, reason, reading)
            return
        layout = self.d.layout if final else "mixed"
        result = arrange(goal, layout, sum(after.orders[:-1]), after.orders[-1])
        if self.steps and str(self.steps[-1].after) == str(result):
            return
        self.record(
            f"{x.name} {kind.removesuffix(' matrix')}",
            Formula(self.left),
            plain(result),
            source=STRUCTURE,
            reason=reason,
            prove=self.claim(after, result, layout, reading),
        )

    def finish(self) -> None:
        """The printed result, from what was identified."""
        d = self.d
        last = self.steps[-1].after if self.steps else None
        if last is not None and str(last) == str(d):
            return
        if d.result is None:
            self.read_entries(d.tensor, True, "the printed form", self.problem.structured)
            return
        if last is None or last.value is None or last.value.shape != d.result.shape:
            self.left = self.names.derivative(self.stage)
            before = Formula(self.left)
            self.record("simplification", before, plain(d.result), source="algebra", prove=d.check)
            return
        back = self.problem.back
        current = last.value
        if back:
            marked = substitute(current, back)
            why = ", ".join(f"{x.name} is {_shown(x)}" for x in dict.fromkeys(back.values()))
            self.record("properties", plain(current), plain(marked), source="declared", reason=why)
            current = marked
        for step in passes(current, d.result):
            self.record(
                step.rule, plain(current), plain(step.after), source="algebra", reason=step.reason
            )
            current = step.after

    def claim(
        self, found: engine.Tensor, result: Expr | None, layout: str, structured: str
    ) -> Callable[[], Verification]:
        p, stage = self.problem, self.stage
        # in earlier differentiations the structure has been put to use
        loose = p.structured == "none" or (structured == "none" and stage == 1)
        function = p.source.expr if structured == "none" else p.function
        targets = [*p.targets[:stage]]
        if loose:
            targets = [*p.twins[:stage]]
        elif structured == "none":
            targets[-1] = p.twins[stage - 1]

        def prove() -> Verification:
            from matrixcalc.checking import claim_of
            from matrixcalc.verify import compare

            reading = "none" if loose else p.structured
            return compare(function, targets, claim_of(found, result, layout), reading)

        return prove


def _below(e: Expr) -> set[Expr]:
    found = set(topological(e))
    found.discard(e)
    return found


def _with(formula: Formula, inner: dict[Expr, Expr]) -> Formula:
    return Formula(formula.template, formula.parts, formula.value, formula.latex_template, inner)


def _shown(x: Expr) -> str:
    return " and ".join(p.replace("_", " ") for p in x.data[1])


def _why(names: tuple[str, ...], constants: list[Expr]) -> str:
    found = list(dict.fromkeys(str(c) for c in constants))
    parts = []
    if len(names) > 1:
        parts.append(", ".join(names))
    if found and len(found) <= 6:
        parts.append(f"{', '.join(found)} being constant")
    return "; ".join(parts)
