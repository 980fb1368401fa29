"""What an encoding cannot hold, spelled in ASCII."""

from __future__ import annotations

import unicodedata

_PLAIN_NUMBERS = {mark: str(value) for value, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_PLAIN = {
    "×": " x ",
    "Σ": "sum_",
    "…": "...",
    "′": "'",
    "“": '"',
    "”": '"',
    "—": "-",
    "–": "-",
    "−": "-",
    "⊗": "(x)",
}


def to_ascii(text: str) -> str:
    """The text in ASCII: ``∂`` is ``d``, Greek letters by their names.

    >>> to_ascii("∂²f/∂x∂x = λ*A    n×n")
    'd2 f/d x d x = lambda*A    n x n'
    """
    parts: list[str] = []
    for position, mark in enumerate(text):
        if mark.isascii():
            parts.append(mark)
        elif mark == "∂":
            glued = position and (text[position - 1].isalnum() or text[position - 1] == ")")
            after = text[position + 1 : position + 2]
            parts.append((" d" if glued else "d") + ("" if after in _PLAIN_NUMBERS else " "))
        elif mark in _PLAIN_NUMBERS:
            start = text[:position].rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹")
            last = text[position + 1 : position + 2] not in _PLAIN_NUMBERS
            parts.append(_PLAIN_NUMBERS[mark] + (" " if last and start.endswith("∂") else ""))
        elif mark in _PLAIN:
            parts.append(_PLAIN[mark])
        else:
            parts.append(_spelled(mark))
    return "".join(parts)


def _spelled(mark: str) -> str:
    words = unicodedata.name(mark, "").split()
    if words[:2] in (["GREEK", "SMALL"], ["GREEK", "CAPITAL"]) and len(words) > 3:
        name = "lambda" if words[3] == "LAMDA" else words[3].lower()
        return name if words[1] == "SMALL" else name.capitalize()
    return mark.encode("ascii", "backslashreplace").decode()
