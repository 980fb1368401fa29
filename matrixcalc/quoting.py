"""Pieces of the text as a message quotes them, and the fixes that are made of them."""

from __future__ import annotations

import re


def short(text: str) -> str:
    """The text in one line, its middle left out where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= 24 else f"{text[:11]}…{text[-11:]}"


def enclosed(text: str) -> str:
    """The text of an operand, in parentheses where a sign beside it needs them."""
    return text if _ATOM.fullmatch(text) and _closed(text) else f"({text})"


_ATOM = re.compile(r"\w+'*|\w*\(.*\)'*")


def _closed(text: str) -> bool:
    """Whether a parenthesis that is opened first is closed last, as in exp(A), not (a)*(b)."""
    depth = 0
    for i, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == ")" and depth == 0:
            return not text[i + 1 :].strip("'")
    return True


def transposed(text: str) -> str:
    """The text of the transpose of an operand."""
    whole = enclosed(text)
    return whole[:-1] if whole.endswith("'") else f"{whole}'"
