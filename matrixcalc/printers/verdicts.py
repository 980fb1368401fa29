"""Verdicts on claims, typeset and for a notebook."""

from __future__ import annotations

from html import escape
from typing import Any, Protocol

_COLOURS = {"true": "#1a7f37", "true_if": "#9a6700", "false": "#cf222e", "undecided": "#57606a"}


class Verdict(Protocol):
    """What is shown of a verdict."""

    @property
    def status(self) -> str: ...
    @property
    def claim(self) -> str: ...
    @property
    def condition(self) -> str: ...
    @property
    def layout(self) -> str | None: ...
    @property
    def derivative(self) -> Any: ...
    @property
    def counterexample(self) -> object | None: ...
    @property
    def diagnosis(self) -> str: ...
    @property
    def detail(self) -> str: ...


def headline(v: Verdict) -> str:
    """The verdict in a few words: ``true if A symmetric``, ``false``."""
    words = f"true if {v.condition}" if v.status == "true_if" else v.status
    good = v.status in ("true", "true_if") and v.layout
    return f"{words} in {v.layout} layout" if good else words


def verdict_latex(v: Verdict) -> str:
    """The verdict; behind it the right equation, where there is one."""
    words = rf"\text{{{headline(v)}}}".replace("_", r"\_")
    right = "" if v.derivative is None else v.derivative.latex()
    if not right:
        return words
    return rf"{words} \quad {right}" if v.status != "false" else (
        rf"{words} \quad \text{{right: }} {right}"
    )


def verdict_html(v: Verdict) -> str:
    """The verdict in its colour, the claim, the reason and the right equation."""
    lines = [
        f'<b style="color:{_COLOURS[v.status]}">{escape(headline(v))}</b> '
        f"<code>{escape(v.claim.strip())}</code>"
    ]
    if v.diagnosis:
        lines.append(escape(v.diagnosis))
    if v.status == "false" and v.derivative is not None:
        lines.append(f"right: \\(\\displaystyle {escape(v.derivative.latex())}\\)")
    if v.counterexample is not None:
        lines.append(f"<small>{escape(str(v.counterexample))}</small>")
    elif v.detail:
        lines.append(f"<small>{escape(v.detail)}</small>")
    return f'<div class="matrixcalc">{"<br>".join(lines)}</div>'
