"""What a check says of a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from matrixcalc.printers.verdicts import verdict_latex

STATUSES = ("true", "true_if", "false", "undecided")
SLIPS = (
    "transposed",
    "factor",
    "sign",
    "missing term",
    "order",
    "chain rule",
    "shape",
    "other",
)


_MARKS = {
    "true": ("✓", "#15803d"),
    "true_if": ("✓", "#b45309"),
    "false": ("✗", "#b91c1c"),
    "undecided": ("?", "#6b7280"),
}
"""How a verdict is marked in a notebook."""


@dataclass(frozen=True)
class Counterexample:
    """Values at which the two sides of a claim differ.

    Attributes:
        values: name -> a number or a list of rows.
        entry: row and column of the claimed matrix, counted from 1; None where the two
            have not the same shape.
        expected: the right value there; found: the claimed one, ``""`` if it has none.
    """

    values: Mapping[str, Any]
    entry: tuple[int, int] | None
    expected: str
    found: str

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Counterexample:
        """From what :meth:`Verdict.to_dict` makes of it."""
        entry = None if found["entry"] is None else (found["entry"][0], found["entry"][1])
        return cls(found["values"], entry, found["expected"], found["found"])

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {_shown(value)}" for name, value in self.values.items())
        where = "" if self.entry is None else f"entry ({self.entry[0]}, {self.entry[1]}) "
        at = f"at {at}: " if at else ""
        instead = f", not {self.found}" if self.found else ""
        return f"{at}{where or 'it '}is {self.expected}{instead}"


def _shown(value: Any) -> str:
    return str(value).replace("], [", "; ").replace("[[", "[").replace("]]", "]")


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds.

    Attributes:
        status: ``"true"``, ``"true_if"``, ``"false"`` or ``"undecided"``.
        claim: the text that was checked.
        condition: for ``"true_if"``, under which condition, else ``""``; conditions: the same
            as a list, one property each.
        layout: the layout in which the claim was found right, or was judged; None for an
            equation that is no derivative.
        derivative: the right answer (a Derivative, a Differential or None).
        counterexample, slip, diagnosis: for ``"false"``, values at which it fails, the
            likely slip and a sentence on it; ``diagnosis`` says why for ``"undecided"`` too.
        detail: how it was decided.
    """

    status: str
    claim: str
    conditions: list[str] = field(default_factory=list)
    layout: str | None = None
    derivative: Any = None
    counterexample: Counterexample | None = None
    slip: str | None = None
    diagnosis: str = ""
    detail: str = ""

    @property
    def condition(self) -> str:
        return " and ".join(self.conditions)

    def __str__(self) -> str:
        if self.status == "true":
            where = f" in {self.layout} layout" if self.layout else ""
            return f"true{where} ({self.detail})"
        if self.status == "true_if":
            return f"true if {self.condition} ({self.detail})"
        lines = [f"{self.status}: {self.diagnosis}"]
        if self.status == "false" and self.derivative is not None:
            lines.append(f"right: {self.derivative}")
        if self.counterexample is not None:
            lines.append(str(self.counterexample))
        return "\n".join(lines)

    def latex(self) -> str:
        """The verdict, and the right answer where the claim is false, as LaTeX."""
        return verdict_latex(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str:
        """For a notebook: the claim with a mark, and the reason below it."""
        mark, colour = _MARKS[self.status]
        reason = "<br>".join(map(escape, str(self).splitlines()))
        return (
            f'<div class="matrixcalc-verdict"><b style="color:{colour}">{mark}</b> '
            f"<code>{escape(self.claim)}</code><br>{reason}</div>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        c = self.counterexample
        return {
            "claim": self.claim,
            "status": self.status,
            "condition": self.condition,
            "conditions": list(self.conditions),
            "layout": self.layout,
            "derivative": None if self.derivative is None else str(self.derivative),
            "counterexample": None
            if c is None
            else {
                "values": dict(c.values),
                "entry": None if c.entry is None else list(c.entry),
                "expected": c.expected,
                "found": c.found,
            },
            "slip": self.slip,
            "diagnosis": self.diagnosis,
            "detail": self.detail,
        }
