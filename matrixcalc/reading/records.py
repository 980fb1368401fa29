"""A claim where it was found."""

from __future__ import annotations

from dataclasses import dataclass

LAYOUTS = ("numerator", "denominator", "mixed")
READINGS = ("gradient", "entries", "none")


@dataclass(frozen=True)
class Found:
    """A claim in a file.

    Attributes:
        file, line: where it stands; text: the claim with the declarations before it.
        layout, structured: what the file asks for; expected: the verdict that the file says
            it must get; why: and the slip, or the condition, if it says.
        problem: why it could not be read, or ``""``; shown: the claim as it stands there;
        note: the comment beside it.
    """

    file: str
    line: int
    text: str
    layout: str | None = None
    expected: str = "true"
    why: str = ""
    problem: str = ""
    shown: str = ""
    structured: str | None = None
    note: str = ""
