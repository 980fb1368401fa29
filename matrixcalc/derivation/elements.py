"""A derivation entry by entry, as the study notes do it.

One entry is written as a sum, ``y_i = Σ_k W_ik x_k``; the sum is differentiated,
``∂y_i/∂x_j = Σ_k W_ik δ_kj``; the δ pick out what is left, ``W_ij``; and the matrix with
these entries is read off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from matrixcalc import engine
from matrixcalc.claims import Claim, Verification
from matrixcalc.derivation.chain import Chain, Opaque
from matrixcalc.derivation.names import Names
from matrixcalc.derivation.records import Formula, Step, Steps, plain
from matrixcalc.derivation.rules import source_of, statement_of
from matrixcalc.derivation.spelling import spelled
from matrixcalc.derivation.typeset import text_latex
from matrixcalc.expr import Expr
from matrixcalc.index import Indices, Term, explicit, multiply
from matrixcalc.printers.index import LATEX, TEXT, Style, axis_names, grouped, styled

if TYPE_CHECKING:
    from matrixcalc.derivative import Derivative

MAX_TEXT = 600
"""The longest index form that is written between two others."""


def elements(d: Derivative) -> Steps:
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

    def run(self) -> Steps:
        p = self.problem
        y = p.source.expr
        axes = self.indices.axes(y)
        terms = spelled(y, axes, self.indices)
        left = self.left()
        single = not y.order and not any(t.factors for t in terms)
        first = "the function" if single else "the entry as a sum"
        self.record(first, "definition", left, terms)
        for k, x in enumerate(p.twins):
            self.stage = k + 1
            terms = self.differentiate(terms, x)
        self.read_off()
        return Steps(self.steps)

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
        terms: Sequence[Term],
        reason: str = "",
        chain: Chain | None = None,
    ) -> None:
        after = self.formula(terms, chain)
        before = Formula(left)
        if self.steps and self.steps[-1].left == left:
            before = self.steps[-1].after
        if str(before) == str(after):
            return
        stage, prove = max(self.stage, 1), self.claim(list(terms), chain)
        self.steps.append(
            Step(rule, source, before, after, left, "", reason, None, stage, prove, self.names.bold)
        )

    def formula(self, terms: Sequence[Term], chain: Chain | None = None) -> Formula:
        p = self.problem
        order = p.function.order + sum(x.order for x in p.twins[: self.stage])
        if order == 0 and len(terms) == 1 and not terms[0].factors:
            return plain(terms[0].coefficient)
        later = sum(x.order for x in p.twins[self.stage :])
        text, latex = (self.style(s, chain) for s in (TEXT, LATEX))
        return Formula(
            styled(terms, self.indices, text, later),
            latex_template=styled(terms, self.indices, latex, later),
        )

    def style(self, style: Style, chain: Chain | None) -> Style:
        """The style, with what waits for its derivative as ``∂(A*x)_i/∂x_j``."""
        if chain is None:
            return style
        below = "∂" + self.left().rpartition("∂")[2]

        def entry(e: Expr, axes: str) -> str:
            inner = chain.inner.get(e)
            if inner is None:
                return style.entry(e, axes)
            body = grouped(inner, style)
            body = style.below.format(body, axes) if axes else body
            if style is TEXT:
                return f"∂{body}/{below}"
            return rf"\frac{{\partial {body}}}{{{text_latex(below, self.names.bold)}}}"

        return replace(style, entry=entry)

    def claim(
        self, terms: list[Term], chain: Chain | None
    ) -> Callable[[], Verification]:
        p, stage = self.problem, self.stage

        def prove() -> Verification:
            from matrixcalc.verify import compare

            whole = terms if chain is None else [m for t in terms for m in chain.pulled(t)]
            claimed = [explicit(t, self.indices) for t in whole]
            claim = Claim(terms=claimed, dims=self.indices.dims)
            return compare(p.source.expr, p.twins[:stage], claim, "none")

        return prove

    # one differentiation

    def differentiate(self, terms: list[Term], x: Expr) -> list[Term]:
        left = self.left()
        axes = self.indices.axes(x)
        chain = Chain(self.indices, x, axes)
        tidy = self.at_once(terms, x, axes)
        try:
            lines = self.lines(terms, chain)
        except Opaque:
            self.record("chain rule", "calculus", left, tidy)
            return tidy
        for k, (rule, made) in enumerate(lines):
            if k == 0 and _alone(made, chain):
                continue
            plainly = rule in ("product rule", "sum rule")
            source = "calculus" if plainly else source_of(rule)
            reason = "" if plainly else statement_of(rule, self.names.taken)
            if plainly and x.order and any(_has_delta(t) for t in made):
                reason = self.delta(x)
            self.record(rule, source, left, made, reason, chain)
        if any(_has_delta(t) for t in lines[-1][1]):
            self.record("the δ pick out", "definition of δ", left, tidy)
        else:
            self.record("gathering", "algebra", left, tidy)
        return tidy

    def lines(self, terms: list[Term], chain: Chain) -> list[tuple[str, list[Term]]]:
        """The rules in turn, with the terms after each."""
        found = [("product rule", chain.start(terms))]
        while (made := chain.step(found[-1][1])) is not None:
            if len(str(self.formula(made[1], chain))) > MAX_TEXT:
                raise Opaque
            found.append(made)
        return found

    def at_once(self, terms: list[Term], x: Expr, axes: tuple[int, ...]) -> list[Term]:
        """The derivative in its tidy form."""
        chain = Chain(self.indices, x, axes)
        raw = [made for t in chain.start_all(terms) for made in chain.pulled(t)]
        return engine.tidy([self._picked(t) for t in raw], self.indices)

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
        last = self.steps[-1]
        if str(last.after) == str(d):
            return
        rule, source, left = "reading off", "definition", self.left()
        before = last.after
        if d.result is None:
            after, reason = self.names.entries(d.tensor, True), "as it is printed"
        elif not (d.function.order or any(x.order for x in self.problem.twins)):
            rule, source, after, reason = "simplification", "algebra", plain(d.result), ""
        else:
            left = self.names.derivative(self.stage)
            before, after = Formula(left), plain(d.result)
            form = "the matrix with these entries"
            if d.problem_dependent:
                form = "the entries with the columns stacked"
            reason = f"{form}, in the {d.layout} layout"
            if d.structured != "none":
                reason += f", in the space of the variable ({d.structured})"
        stage = max(self.stage, 1)
        self.steps.append(
            Step(rule, source, before, after, left, "", reason, None, stage, self._printed(),
                 self.names.bold)
        )  # fmt: skip

    def _printed(self) -> Callable[[], Verification]:
        d = self.d

        def prove() -> Verification:
            from matrixcalc.checking import claim_of
            from matrixcalc.verify import compare

            p = d.problem
            # with independent entries S' is not S, whatever S is declared
            loose = p.structured == "none"
            function, targets = (p.source.expr, p.twins) if loose else (p.function, p.targets)
            return compare(function, targets, claim_of(d.tensor, d.result, d.layout), p.structured)

        return prove


def _with_axes(name: str, axes: Sequence[str]) -> str:
    return f"{name}_{''.join(axes)}" if axes else name


def _alone(terms: Sequence[Term], chain: Chain) -> bool:
    """Whether the product rule left one derivative by itself, as there was no product."""
    return len(terms) == 1 and not terms[0].scalars and len(terms[0].factors) == 1 and (
        terms[0].factors[0][0] in chain.inner
    )


def _has_delta(term: Term) -> bool:
    return any(f.op == "eye" for f, _ in term.factors)
