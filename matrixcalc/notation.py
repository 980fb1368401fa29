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
_BEHIND = re.compile(r"[\w)'ᵀ]\Z")
_COMMENT = re.compile(r"(?<!\\)#[^\r\n]*")
_MATH = re.compile(r"\s*\$[^$]+\$\s*|\s*\$\$[^$]+\$\$\s*")


def is_latex(text: object, names: Iterable[str] = ()) -> bool:
    r"""Whether a text is LaTeX: it holds a command, and not just the operator of ``A\b``.

    Right behind an operand that operator stands before a function or a declared name, too.

    >>> is_latex(r"\mathbf{x}^\top A"), is_latex("A\\b"), is_latex(r"X\beta", ["beta"])
    (True, False, False)
    """
    if not isinstance(text, str) or ("\\" not in text and "{" not in text and "$" not in text):
        return False
    if _MATH.fullmatch(text):
        return True
    from matrixcalc.tex.commands import COMMANDS

    known = {*names, *SPELLINGS}
    text = _COMMENT.sub("", text)
    for found in _COMMAND.finditer(text):
        sign, word = found[0], found[1]
        if word in _SHARED or (word is not None and word not in COMMANDS):
            continue
        before = text[max(0, found.start() - 80) : found.start()]
        if word in known and _OPERAND.search(before):
            continue
        if sign in ("\\ ", "\\(") and _BEHIND.search(before.rstrip()):
            continue
        return True
    return False


def read(text: object, names: Iterable[str] = ()) -> Program:
    r"""Read a text in its notation; ``names`` are those that are declared elsewhere.

    >>> [read(text).statements[0].right.op for text in ("x'*A", r"x^\top A", r"A\b")]
    ['mul', 'mul', 'solve']
    """
    if not isinstance(text, str) or not any(sign in text for sign in "\\{$"):
        return read_language(text)
    from matrixcalc.tex.reader import read_latex

    if is_latex(text, names):
        return read_latex(text, names)
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
