r"""Names in LaTeX and back: ``\mathbf{x}_{1}`` is x_1."""

from __future__ import annotations

import re
from collections.abc import Iterable

GREEK = re.findall(
    r"\w+",
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega varepsilon vartheta varphi varrho varsigma Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
)
_LETTERS = {chr(945 + i): name for i, name in enumerate(GREEK[:14])}
_LETTERS |= dict(zip("οπρςστυφχψω", ["o", *GREEK[14:16], "varsigma", *GREEK[16:23]], strict=True))
_LETTERS |= dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", GREEK[28:], strict=True))
_NAME = re.compile(r"([^\W\d_]+)_*(\w*)")
_WORD = re.compile(r"\\(?:mathrm|mathit|mathsf|text|textrm|operatorname)\s*\{([^{}]*)\}")


def parts_of(name: str) -> tuple[str, str]:
    r"""A name's letters and what stands below them.

    >>> parts_of("x1"), parts_of("x_max"), parts_of("λ"), parts_of("loss")
    (('x', '1'), ('x', 'max'), ('lambda', ''), ('loss', ''))
    """
    found = _NAME.fullmatch(name)
    core: str = found[1] if found else name
    below: str = found[2] if found else ""
    return _LETTERS.get(core, core), below


def name_latex(name: str, bold: bool = False) -> str:
    r"""A name: ``\mathbf{x}_{1}`` for a vector x1, ``\lambda`` for a scalar.

    >>> print(name_latex("x1", bold=True), name_latex("Sigma", bold=True), name_latex("lambda"))
    \mathbf{x}_{1} \boldsymbol{\Sigma} \lambda
    """
    core, below = parts_of(name)
    core = letters_latex(core, bold)
    if not below:
        return core
    below = below.replace("_", r"\_")
    return rf"{core}_{{{below}}}" if len(below) < 2 or below.isdigit() else (
        rf"{core}_{{\mathrm{{{below}}}}}"
    )


def letters_latex(letters: str, bold: bool) -> str:
    """Letters without anything below them, in one piece."""
    if letters in GREEK:
        return rf"\boldsymbol{{\{letters}}}" if bold else rf"\{letters}"
    letters = letters.replace("_", r"\_")
    if bold:
        return rf"\mathbf{{{letters}}}"
    return rf"\mathit{{{letters}}}" if len(letters) > 1 else letters


def below_of(text: str) -> str | None:
    r"""What a subscript adds to a name; None where it is no part of a name.

    >>> below_of(r"\mathrm{max}"), below_of("1"), below_of(r"\alpha"), below_of("n+1")
    ('max', '1', 'alpha', None)
    """
    plain = _WORD.sub(r"\1", text).replace(r"\_", "_")
    plain = re.sub(rf"\\({'|'.join(GREEK)})(?![A-Za-z])", r"\1", plain)
    plain = "".join(plain.split())
    return plain if re.fullmatch(r"\w+", plain) else None


def greek_letter(word: str) -> str:
    """The letter of a Greek word: ``λ`` for lambda; any other word as it is."""
    return next((letter for letter, name in _LETTERS.items() if name == word), word)


class Names:
    """The names that are known, found by the way LaTeX writes them.

    >>> names = Names(["x1", "loss"])
    >>> names.find("x", "1"), names.find("x", "2"), "loss" in names
    ('x1', 'x_2', True)
    """

    def __init__(self, known: Iterable[str]) -> None:
        self.known = set(known)
        self.written: dict[tuple[str, str], list[str]] = {}
        for name in sorted(self.known):
            self.written.setdefault(parts_of(name), []).append(name)

    def __contains__(self, name: str) -> bool:
        return name in self.known or (name, "") in self.written

    def find(self, core: str, below: str = "") -> str:
        """The known name that is written so, else a new one."""
        name = f"{core}_{below}" if below else core
        if name in self.known:
            return name
        found = self.written.get((core, below), [])
        return found[0] if found else name
