"""What a derivation consists of: steps, each an equation between two formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from matrixcalc.claims import Verification
from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.text import to_text
from matrixcalc.templates import substitute


@dataclass(frozen=True, slots=True)
class Formula:
    """One side of an equation: text with expressions in it.

    Attributes:
        template: the text, with ``{}`` where a part stands; latex_template: the same.
        parts: the expressions in it.
        value: what the whole is equal to, as one expression; None for an index form and
            for the name of a derivative.
        inner: what the ``d(…)`` in it are the differentials of.
    """

    template: str
    parts: tuple[Expr, ...] = ()
    value: Expr | None = None
    latex_template: str = ""
    inner: Mapping[Expr, Expr] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        if not self.parts:
            return self.template
        return self.template.format(*map(to_text, self.parts))

    def latex(self) -> str:
        """The formula as LaTeX, without dollar signs."""
        from matrixcalc.derivation.typeset import formula_latex

        return formula_latex(self)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation: the equation ``before = after``.

    Attributes:
        rule: the name of the rule; source: where it is found.
        before, after: the two sides; via: what may be written between them.
        left: what both are equal to, such as ``dy`` or ``∂y/∂x``.
        place: the part of ``before`` on which the rule was used.
        reason: why, in a sentence or less; ``""`` where the rule says it all.
        stage: which differentiation the step belongs to, from 1; left_latex: ``left`` typeset.
    """

    rule: str
    source: str
    before: Formula
    after: Formula
    left: str
    place: str = ""
    reason: str = ""
    via: Formula | None = None
    stage: int = 1
    prove: Callable[[], Verification] | None = field(default=None, compare=False, repr=False)
    left_latex: str = field(default="", compare=False, repr=False)

    def check(self) -> Verification:
        """Check that the equation is true, without the rules by which it was found.

        Returns:
            A :class:`~matrixcalc.claims.Verification`; its status is ``"failed"`` where
            the two sides differ.
        """
        if self.prove is not None:
            return self.prove()
        from matrixcalc.derivation.checking import check_equation

        return check_equation([f for f in (self.before, self.via, self.after) if f])

    def latex(self) -> str:
        """The equation as LaTeX, behind what both sides are equal to."""
        from matrixcalc.derivation.typeset import step_latex

        return step_latex(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str:
        from matrixcalc.printers.equations import html

        note = f"{self.rule}: {self.reason}" if self.reason else self.rule
        return html(self.latex(), str(self), note)

    def __str__(self) -> str:
        middle = f" = {self.via}" if self.via else ""
        return f"{self.before}{middle} = {self.after}"


def plain(e: Expr, inner: Mapping[Expr, Expr] | None = None) -> Formula:
    """An expression as a formula."""
    return Formula("{}", (e,), e, "{}", inner or {})


def renamed(formula: Formula, change: dict[Expr, Expr]) -> Formula:
    """A formula with other symbols in the place of some."""
    parts = tuple(substitute(p, change) if _meets(p, change) else p for p in formula.parts)
    return Formula(formula.template, parts, formula.value, formula.latex_template, formula.inner)


def _meets(e: Expr, change: dict[Expr, Expr]) -> bool:
    return any(s in change for s in symbols(e))
