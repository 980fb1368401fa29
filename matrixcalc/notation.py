r"""A text in either notation: the language as it is typed, or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable

from matrixcalc.errors import ParseError
from matrixcalc.expr import Expr
from matrixcalc.operators import SPELLINGS
from matrixcalc.syntax import Program, normalise
from matrixcalc.syntax import read as read_language

_COMMAND = re.compile(r"\\(?:([A-Za-z]{2,})|[,;:!|{}\[\]() ])|[_^]\s*\{")
_SHARED = frozenset({"partial", "top"})
"""Commands that the language has as well."""
_OPERAND = re.compile(r"(?:[^\W\d]\w*|[)'ᵀ])\Z")
_POWER = re.compile(r"(?:\^|\*\*)\s*[-+]?\s*\d+\Z")
_GIVEN = re.compile(r"(?:\A|[;\n])\s*([^\W\d]\w*)\s*[:=]")
"""A name that is declared, or that an equation gives, in the language."""
_BEHIND = re.compile(r"[\w)'ᵀ]\Z")
_COMMENT = re.compile(r"(?<!\\)#[^\r\n]*")
_MATH = re.compile(r"\s*\$[^$]+\$\s*|\s*\$\$[^$]+\$\$\s*")


def is_latex(text: object, names: Iterable[str] = ()) -> bool:
    r"""Whether a text is LaTeX: it holds a command, and not just the operator of ``A\b``.

    Right behind an operand that operator stands before a function or a declared name, too.

    >>> is_latex(r"\mathbf{x}^\top A"), is_latex("A\\b"), is_latex(r"X\beta", ["beta"])
    (True, False, False)
    """
    if not isinstance(text, str):
        return False
    latex, doubtful = _commands(text, names)
    return latex or doubtful is not None


def _commands(text: str, names: Iterable[str]) -> tuple[bool, re.Match[str] | None]:
    """Whether a text has a command where the language has none, and the first that may as well
    be the operator with a name behind it: ``A^2\\exp(x)``.
    """
    if "\\" not in text and "{" not in text and "$" not in text:
        return False, None
    if _MATH.fullmatch(text):
        return True, None
    from matrixcalc.tex.commands import COMMANDS

    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    known = {*names, *SPELLINGS, *_GIVEN.findall(text)}
    doubtful: re.Match[str] | None = None
    for found in _COMMAND.finditer(text):
        sign, word = found[0], found[1]
        if word in _SHARED or (word is not None and word not in COMMANDS):
            continue
        before = text[max(0, found.start() - 80) : found.start()]
        if word in known and _OPERAND.search(before):
            continue
        if sign in ("\\ ", "\\(") and _BEHIND.search(before.rstrip()):
            continue
        if word not in known or not _POWER.search(before):
            return True, None
        doubtful = doubtful or found
    return False, doubtful


def read(text: object, names: Iterable[str] = ()) -> Program:
    r"""Read a text in its notation; ``names`` are those that are declared elsewhere.

    >>> [read(text).statements[0].right.op for text in ("x'*A", r"x^\top A", r"A\b")]
    ['mul', 'mul', 'solve']
    """
    if not isinstance(text, str) or not any(sign in text for sign in "\\{$"):
        return read_language(text)
    from matrixcalc.tex.reader import read_latex

    latex, doubtful = _commands(text, names)
    if latex:
        return read_latex(text, names)
    if doubtful is not None:
        return _in_one_way(text, names, doubtful)
    # either notation: the language goes first, and what is shared means the same in both
    try:
        return read_language(text)
    except ParseError as error:
        if not _COMMAND.search(text):
            raise
        try:
            return read_latex(text, names)
        except ParseError as other:
            further = (other.span or (0, 0))[0] > (error.span or (0, 0))[0]
            raise (other if further else error) from None


def _in_one_way(text: str, names: Iterable[str], doubtful: re.Match[str]) -> Program:
    """A text that only one of the notations can read; refused where both can."""
    from matrixcalc.tex.reader import read_latex
    from matrixcalc.tex.wordings import unclear_sign

    try:
        solved = read_language(text)
    except ParseError:
        return read_latex(text, names)
    try:
        read_latex(text, names)
    except ParseError:
        return solved
    raise unclear_sign(doubtful[1], doubtful.start())


def plain(text: str, names: Iterable[str] = ()) -> str:
    r"""A variable's name, which may be written in LaTeX.

    >>> plain("x"), plain(r"\mathbf{x}_1"), plain(r"\lambda")
    ('x', 'x_1', 'lambda')
    """
    name = normalise(text.strip())
    if not re.search(r"[\\{$]", name):
        return name
    from matrixcalc.tex.reader import read_name

    return read_name(name, names)


def name_of(variable: object) -> object:
    """The name of a variable that is a symbol, of SymPy or ours; else what was given."""
    if isinstance(variable, Expr):
        return variable.name if variable.op == "sym" else variable
    name = getattr(variable, "name", None) if hasattr(variable, "free_symbols") else None
    return str(name) if isinstance(name, str) else variable
