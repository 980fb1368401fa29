"""A derivation entry by entry, as the study notes do it.

One entry is written as a sum, ``y_i = Σ_k W_ik x_k``; the sum is differentiated,
``∂y_i/∂x_j = Σ_k W_ik δ_kj``; the δ pick out what is left, ``W_ij``; and the matrix with
these entries is read off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matrixcalc import build, engine
from matrixcalc.claims import Claim, Verification
from matrixcalc.derivation.names import Names
from matrixcalc.derivation.records import Formula, Step, plain
from matrixcalc.derivation.spelling import spelled
from matrixcalc.expr import Expr, depends
from matrixcalc.index import Factor, Indices, Term, explicit, multiply
from matrixcalc.printers.index import axis_names, index_text
from matrixcalc.printers.index_latex import index_latex
from matrixcalc.printers.latex import to_latex
from matrixcalc.printers.text import to_text
from matrixcalc.pullback import Pullback

if TYPE_CHECKING:
    from matrixcalc.derive import Derivative

MAX_TEXT = 600
"""The longest index form that is written between two others."""


def elements(d: Derivative) -> tuple[Step, ...]:
    """The steps of a derivation entry by entry.

    >>> from matrixcalc.derive import derive
    >>> for step in elements(derive("y = W*x", "x", verify=False)):
    ...     print(step.left, "=", step.after)
    y_i = Σ_k W_ik x_k
    ∂y_i/∂x_j = Σ_k W_ik δ_kj
    ∂y_i/∂x_j = W_ij
    ∂y/∂x = W
    """
    return _Elements(d).run()


class _Elements:
    def __init__(self, d: Derivative) -> None:
        self.d = d
        self.problem = d.problem
        self.names = Names(d)
        self.indices = Indices()
        self.steps: list[Step] = []
        self.stage = 0

    def run(self) -> tuple[Step, ...]:
        p = self.problem
        y = p.source.expr
        axes = self.indices.axes(y)
        terms = spelled(y, axes, self.indices)
        left = self.left()
        self.record("the entry as a sum", "definition", left, left, terms)
        for k, x in enumerate(p.twins):
            self.stage = k + 1
            terms = self.differentiate(terms, x)
        self.read_off()
        return tuple(self.steps)

    def left(self) -> str:
        """Such as ``∂y_i/∂x_j``, after as many differentiations as there were."""
        p = self.problem
        orders = [p.function.order, *(x.order for x in p.twins[: self.stage])]
        names = axis_names(orders)
        head = _with_axes(self.names.subject, names[0])
        if not self.stage:
            return head
        below = "".join(
            "∂" + _with_axes(n, a)
            for n, a in zip(p.wrt[: self.stage], names[1:], strict=True)
        )
        power = "" if self.stage == 1 else "²³⁴⁵⁶"[self.stage - 2]
        return f"∂{power}{head}/{below}"

    def record(
        self,
        rule: str,
        source: str,
        left: str,
        before: str,
        terms: Sequence[Term],
        reason: str = "",
    ) -> None:
        text = self.text(terms)
        if text == before:
            return
        if self.steps and self.steps[-1].left == left:
            before = str(self.steps[-1].after)
            if before == text:
                return
        self.steps.append(
            Step(
                rule,
                source,
                Formula(before),
                Formula(text, latex_template=self.typeset(terms)),
                left,
                "",
                reason,
                None,
                max(self.stage, 1),
                self.claim(list(terms)),
                self.names.latex(left),
            )
        )

    def text(self, terms: Sequence[Term]) -> str:
        p = self.problem
        order = p.function.order + sum(x.order for x in p.twins[: self.stage])
        if self._is_scalar(terms):
            return to_text(terms[0].coefficient)
        later = sum(x.order for x in p.twins[self.stage :])
        return index_text(list(terms), self.indices, order, later)

    @staticmethod
    def _is_scalar(terms: Sequence[Term]) -> bool:
        return len(terms) == 1 and not terms[0].free and not terms[0].factors

    def typeset(self, terms: Sequence[Term]) -> str:
        """The terms as LaTeX."""
        if self._is_scalar(terms):
            return to_latex(terms[0].coefficient)
        later = sum(x.order for x in self.problem.twins[self.stage :])
        return index_latex(list(terms), self.indices, later)

    def claim(self, terms: list[Term]) -> Callable[[], Verification]:
        p, stage = self.problem, self.stage

        def prove() -> Verification:
            from matrixcalc.verify import compare

            claimed = [explicit(t, self.indices) for t in terms]
            claim = Claim(terms=claimed, dims=self.indices.dims)
            return compare(p.source.expr, p.twins[:stage], claim, "none")

        return prove

    # one differentiation

    def differentiate(self, terms: list[Term], x: Expr) -> list[Term]:
        raw: list[Term] = []
        direct = True
        axes = self.indices.axes(x)
        for term in terms:
            for made, simple in self._product_rule(term, x, axes):
                raw.append(made)
                direct = direct and simple
        left = self.left()
        tidy = engine.tidy([self._picked(t) for t in raw], self.indices)
        reason = self.delta(x) if x.order else ""
        if direct and len(self.text(raw)) <= MAX_TEXT:
            self.record("product rule", "calculus", left, left, raw, reason)
            self.record("the δ pick out", "definition of δ", left, left, tidy)
        else:
            self.record("chain rule", "the table of differentials", left, left, tidy)
        return tidy

    def _product_rule(
        self, term: Term, x: Expr, axes: tuple[int, ...]
    ) -> list[tuple[Term, bool]]:
        out: list[tuple[Term, bool]] = []
        factors: list[Factor] = [*((s, ()) for s in term.scalars), *term.factors]
        free = (*term.free, *axes)
        for k, (e, own) in enumerate(factors):
            if e not in depends(e, [x]):
                continue
            rest = [f for i, f in enumerate(factors) if i != k]
            scalars = tuple(f for f, ax in rest if not ax)
            others = tuple((f, ax) for f, ax in rest if ax)
            if e is x:
                deltas = tuple(
                    (build.eye(self.indices.dims[b]), (a, b))
                    for a, b in zip(own, axes, strict=True)
                )
                # the δ stand where the entry stood
                place = len([1 for f, ax in factors[:k] if ax])
                placed = (*others[:place], *deltas, *others[place:])
                out.append((Term(scalars, placed, free), True))
                continue
            seed = Term(scalars, others, (*term.free, *own))
            pullback = Pullback(self.indices)
            for made in pullback.pull(e, [seed], [x], len(term.free))[x]:
                out.append((made, False))
        return out

    def _picked(self, term: Term) -> Term:
        """The term with its δ used."""
        return multiply(Term(term.scalars, (), term.free), term.factors, term.free, self.indices)

    # the end

    def delta(self, x: Expr) -> str:
        """What an entry of the variable is by another, in the letters of this stage."""
        p = self.problem
        orders = [p.function.order, *(t.order for t in p.twins[: self.stage])]
        own = axis_names(orders)[-1]
        rest = axis_names([sum(orders), sum(t.order for t in p.twins[self.stage :]), x.order])[-1]
        pairs = " ".join(f"δ_{a}{b}" for a, b in zip(rest, own, strict=True))
        same = " and ".join(f"{a} = {b}" for a, b in zip(rest, own, strict=True))
        head = f"∂{_with_axes(x.name, rest)}/∂{_with_axes(x.name, own)}"
        return f"{head} = {pairs}, which is 1 where {same}, else 0"

    def read_off(self) -> None:
        d = self.d
        if str(self.steps[-1].after) == str(d):
            return
        if d.result is None:
            left = self.left()
            before = str(self.steps[-1].after)
            after = Formula(
                d.index_form, latex_template=d.latex(right_only=True, form="index")
            )
            reason = "as it is printed"
        else:
            left = before = self.names.derivative(self.stage)
            after = plain(d.result)
            form = "the matrix with these entries"
            if d.problem_dependent:
                form = "the entries with the columns stacked"
            reason = f"{form}, in the {d.layout} layout"
            if d.structured != "none":
                reason += f", in the space of the variable ({d.structured})"
        self.steps.append(
            Step("reading off", "definition", Formula(before), after, left, "", reason,
                 None, max(self.stage, 1), self._printed(), self.names.latex(left))
        )

    def _printed(self) -> Callable[[], Verification]:
        d = self.d

        def prove() -> Verification:
            from matrixcalc.checking import claim_of
            from matrixcalc.verify import compare

            p = d.problem
            claim = claim_of(d.tensor, d.result, d.layout)
            return compare(p.function, p.targets, claim, p.structured)

        return prove


def _with_axes(name: str, axes: Sequence[str]) -> str:
    return f"{name}_{''.join(axes)}" if axes else name

