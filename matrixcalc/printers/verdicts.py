"""Verdicts on claims, typeset."""

from __future__ import annotations

from typing import Any, Protocol


class Verdict(Protocol):
    """What is shown of a verdict."""

    @property
    def status(self) -> str: ...
    @property
    def condition(self) -> str: ...
    @property
    def layout(self) -> str | None: ...
    @property
    def derivative(self) -> Any: ...


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
