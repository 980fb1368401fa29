"""What a derivation consists of: steps, each an equation between two formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from matrixcalc.claims import Verification
from matrixcalc.expr import Expr
from matrixcalc.printers.text import to_text


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
        stage: which differentiation the step belongs to, from 1.
        bold: the names in ``left`` that are no scalars.
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
    bold: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

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

    def __str__(self) -> str:
        middle = f" = {self.via}" if self.via else ""
        return f"{self.before}{middle} = {self.after}"

    def latex(self) -> str:
        """The equation as LaTeX."""
        sides = [self.before.latex() if str(self.before) != self.left else self.left_latex()]
        sides += [f.latex() for f in (self.via, self.after) if f]
        return " = ".join(sides)

    def left_latex(self) -> str:
        """The left side of the line as LaTeX."""
        from matrixcalc.derivation.typeset import text_latex

        return text_latex(self.left, self.bold)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str:
        from matrixcalc.printers.equations import html

        note = f"{self.rule}: {self.reason}" if self.reason else self.rule
        return html(self.latex(), str(self), note)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "rule": self.rule,
            "source": self.source,
            "left": self.left,
            "before": str(self.before),
            "via": None if self.via is None else str(self.via),
            "after": str(self.after),
            "place": self.place,
            "reason": self.reason,
            "stage": self.stage,
            "latex": self.latex(),
        }


class Steps(tuple[Step, ...]):
    """The steps of a derivation, in order. In a notebook they are a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        from matrixcalc.derivation.prose import lines_of

        return lines_of(self)

    def latex(self) -> str:
        """An ``align*`` block."""
        from matrixcalc.derivation.prose import block_of

        return block_of(self)

    def to_dict(self) -> list[dict[str, Any]]:
        """Everything, ready for JSON."""
        return [step.to_dict() for step in self]

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_html_(self) -> str:
        from matrixcalc.derivation.prose import table

        return table(self)


def plain(e: Expr, inner: Mapping[Expr, Expr] | None = None) -> Formula:
    """An expression as a formula."""
    return Formula("{}", (e,), e, "{}", inner or {})
