"""What is said about text that is not of the language: one row for each mistake.

The rows are tried in order; the first that fits the place where reading stopped is used.
Each carries an example, and the tests hold that the example gets exactly its row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from matrixcalc.errors import ParseError, Span


@dataclass(frozen=True, slots=True)
class Wording:
    """A mistake and what is said about it.

    Attributes:
        example: a text with the mistake.
        found: a pattern for the text at the place where reading stopped.
        after: what stands before the place, any of the letters of :class:`Place`.
        message: with ``{found}`` for what matched and ``{before}`` for what precedes it.
        hint: the likely fix.
        inside: True only within parentheses, False only outside, None anywhere.
        at_open: whether to point at the parenthesis that is open.
    """

    example: str
    found: str
    after: str
    message: str
    hint: str = ""
    inside: bool | None = None
    at_open: bool = False


_CLOSE = r"(?P<found>\))"
_WORD = r"[^\W\d_⁰¹²³⁴-⁹ᵀ][^\W⁰¹²³⁴-⁹ᵀ]*"
_NAME = rf"(?P<found>{_WORD})"
_NUMBER = r"(?P<found>\.?\d[\w.]*)"
_OPERATOR = r"(?P<found>\*\*|\.\*\*|\.[*/^]|[-+*/\\@^⊙⊘⊗])"
_END = r"(?P<found>)\Z"

WORDINGS = (
    # text that belongs to other languages
    Wording(
        "\\foo(x)",
        r"(?P<found>\\[A-Za-z]+)",
        "soc,",
        "'{found}' is no command of LaTeX that is read here",
    ),
    Wording(
        "{x}", r"(?P<found>[{}])", "", "a brace '{found}' is not of the language", "write ( and )"
    ),
    Wording(
        "A[1, 2]",
        r"(?P<found>[\[\]])",
        "",
        "a bracket '{found}' is not of the language: there are no lists and no entries by index",
        "write ( and ) to group; for an entry, multiply by unit vectors",
    ),
    Wording(
        "|a|",
        r"(?P<found>\|)",
        "",
        "a bar '|' is not of the language",
        "write abs(a) for an absolute value, norm2(x) for a norm, det(X) for a determinant",
    ),
    Wording("a!", r"(?P<found>!)", "", "'!' is not of the language"),
    Wording(
        'x*"y"',
        r"(?P<found>[\"“”])",
        "",
        "a quotation mark is not of the language",
        "for a transpose write x'",
    ),
    Wording(
        "x <- z",
        r"(?P<found><-|:=)",
        "",
        "'{found}' is not of the language",
        "write name = expression",
    ),
    Wording(
        "x <= z",
        r"(?P<found>[<>]=?|≤|≥|≠)",
        "",
        "'{found}' is not of the language: there are no comparisons",
    ),
    Wording(
        "x.+z",
        r"(?P<found>\.[-+])",
        "",
        "'{found}' is not an operator",
        "+ and - work element by element as they are: leave out the dot",
    ),
    Wording(
        "∇x",
        r"(?P<found>∇)",
        "",
        "'∇' is not of the language",
        "write d(f)/dx in a claim; for a gradient, differentiate the expression by its variable",
    ),
    Wording(
        "2*∂x",
        r"(?P<found>∂)",
        "",
        "a derivative can stand only at the head of a claim: d(f)/dx = …",
    ),
    # primes
    Wording("'x*x", r"(?P<found>')", "soc", "a transpose ' stands after its operand", "write x'"),
    # parentheses
    Wording(
        "x'*x)",
        _CLOSE,
        "vsoc",
        "this ')' closes nothing",
        "leave it out, or open a '(' before it",
        inside=False,
    ),
    Wording("(x'*x", _END, "v", "this '(' is never closed", "add a ')'", at_open=True, inside=True),
    Wording(
        "(x; y)",
        r"(?P<found>;)",
        "",
        "';' separates statements and cannot stand within parentheses",
        "separate arguments by ','",
        inside=True,
    ),
    Wording("(x = y)", r"(?P<found>=)", "", "'=' cannot stand within parentheses", inside=True),
    Wording(
        "()", _CLOSE, "c", "there is nothing between these parentheses", at_open=True, inside=True
    ),
    # commas
    Wording(
        "x, y",
        r"(?P<found>,)",
        "v",
        "',' can stand only between the arguments of a function",
        "separate statements by ';'",
        inside=False,
    ),
    Wording(", x", r"(?P<found>,)", "soc,", "there is nothing before this ','", inside=False),
    Wording(
        "(x, y)",
        r"(?P<found>,)",
        "v",
        "',' can stand only between the arguments of a function",
        inside=True,
    ),
    Wording(
        "dot(x,,y)", r"(?P<found>,)", "c,", "an argument is missing before this ','", inside=True
    ),
    Wording("dot(x,)", _CLOSE, ",", "an argument is missing before this ')'", inside=True),
    # operands without an operator
    Wording(
        "2x",
        _NAME,
        "n",
        "an operator is missing between '{before}' and '{found}'",
        "write {before}*{found}",
    ),
    Wording("2 3", _NUMBER, "n", "an operator is missing between '{before}' and '{found}'"),
    Wording(
        "x 2",
        _NUMBER,
        "w",
        "an operator is missing between '{before}' and '{found}'",
        "write {before}*{found} or {before}^{found}",
    ),
    Wording(
        "Q x",
        _NAME,
        "w",
        "an operator is missing between '{before}' and '{found}'",
        "write {before}*{found}",
    ),
    Wording(
        "x'y",
        r"(?P<found>[^\W_]\w*)",
        "v",
        "an operator is missing before '{found}'",
        "for a product write *",
    ),
    Wording(
        "(x)(y)",
        r"(?P<found>\()",
        "v",
        "an operator is missing before this '('",
        "for a product write *",
    ),
    Wording(
        "d(f)/y",
        _NAME,
        "o",
        "'{found}' does not say by what the derivative is taken",
        "write dx after the / of a derivative by x",
    ),
    # operators without an operand
    Wording(
        "x +/ y",
        _OPERATOR,
        "o",
        "there is nothing between '{before}' and '{found}'",
        "an operand is missing, or one operator is too many",
    ),
    Wording("*x", _OPERATOR, "sc,", "there is nothing before '{found}'", "an operand is missing"),
    Wording(
        "(x + )",
        _CLOSE,
        "o",
        "there is nothing between '{before}' and ')'",
        "an operand is missing",
    ),
    Wording("x +", _END, "o", "the text ends after '{before}'", "an operand is missing"),
    Wording(
        "x +; y",
        r"(?P<found>;)",
        "o",
        "there is nothing between '{before}' and ';'",
        "an operand is missing",
    ),
    Wording(
        "x == y",
        r"(?P<found>=)",
        "so",
        "there is nothing before '='",
        "an equation or a claim has a single =",
    ),
    Wording("norm2(", _END, "c,", "this '(' is never closed", "add a ')'", at_open=True),
    Wording("x =", _END, "s", "the text ends where an expression is expected"),
    Wording(
        "x²^3",
        r"(?P<found>\*\*|\.?\^|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)",
        "v",
        "a power after a power",
        "write parentheses to say which comes first",
    ),
    # statements
    Wording(
        "x = y = z",
        r"(?P<found>=)",
        "v",
        "a second '=' in one statement",
        "separate equations by ';'",
    ),
    Wording(
        "x + y: vector(n)",
        r"(?P<found>:)",
        "",
        "':' stands in declarations, after a name",
        "write x: vector(n)",
    ),
    # characters
    Wording(
        "x..y",
        r"(?P<found>\.)",
        "",
        "a '.' that belongs to no number and no operator",
        "the dotted operators are .* ./ and .^",
    ),
    Wording("x % y", r"(?P<found>%)", "", "'%' is not of the language", "a comment begins with #"),
    Wording("_x", r"(?P<found>_\w*)", "", "'{found}': a name begins with a letter"),
    Wording("x*😀", r"(?P<found>\S)", "", "the character '{found}' is not of the language"),
)
"""Every wording, the first that fits being used."""

_LAST = Wording("", r"(?P<found>)", "", "this cannot be read")
_EMPTY = "there is no expression"

_TOKEN = re.compile(
    r"(?P<blank>\s+|#[^\r\n]*)"
    rf"|(?P<word>{_WORD})"
    r"|(?P<number>[0-9]+(?:\.(?![*/^T])[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)"
    r"|(?P<value>'|ᵀ|\.T(?!\w)|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<separator>[;=:])"
    r"|(?P<operator>\*\*|\.\*\*|\.[*/^]|.)"
)
_LETTERS = {
    "word": "wv",
    "number": "nv",
    "value": "v",
    "close": "v",
    "open": "c",
    "comma": ",",
    "separator": "s",
    "operator": "o",
}


@dataclass(frozen=True, slots=True)
class Place:
    """What precedes the place where reading stopped.

    Attributes:
        after: ``s`` the start of a statement or side; ``v`` an operand (``w`` if it is a name,
            ``n`` if a number); ``o`` an operator; ``c`` an open parenthesis; ``,`` a comma.
        before: the text of the last token.
        opened: the positions of the parentheses that are open.
    """

    after: str
    before: str
    opened: list[int]


def place(text: str, stop: int) -> Place:
    """Look at the text up to ``stop``."""
    after, before = "s", ""
    opened: list[int] = []
    position = 0
    while position < stop:
        match = _TOKEN.match(text, position, stop)
        if match is None:
            break
        kind = match.lastgroup or ""
        position = match.end()
        if kind == "blank":
            continue
        after, before = _LETTERS[kind], match.group()
        if kind == "open":
            opened.append(match.start())
        elif kind == "close" and opened:
            opened.pop()
    return Place(after, before, opened)


def explain(text: str, stop: int, empty: str = _EMPTY) -> ParseError:
    """The error for a text whose reading stopped at a position.

    >>> print(explain("Q x", 2))
    an operator is missing between 'Q' and 'x'
        Q x
          ^
    write Q*x
    """
    if not re.search(r"^[^\S\r\n]*[^\s#;]", text, re.MULTILINE):
        return ParseError(empty, text=text)
    here = place(text, stop)
    row, match = find(text, stop, here)
    found = match.group("found")
    before = here.before
    span: Span = (stop, stop + max(1, len(found)))
    if row.at_open and here.opened:
        span = (here.opened[-1], here.opened[-1] + 1)
    elif not found:
        end = len(text.rstrip())
        span = (end, end + 1)
    return ParseError(
        row.message.format(found=_short(found), before=before),
        hint=row.hint.format(found=_short(found), before=before),
        span=span,
        text=text,
    )


def find(text: str, stop: int, here: Place) -> tuple[Wording, re.Match[str]]:
    """The row for a place, with the match of its pattern."""
    for row in WORDINGS:
        if row.after and not any(letter in row.after for letter in here.after):
            continue
        if row.inside is not None and row.inside != bool(here.opened):
            continue
        match = re.compile(row.found).match(text, stop)
        if match is not None:
            return row, match
    last = re.compile(_LAST.found).match(text, stop)
    assert last is not None
    return _LAST, last


def _short(found: str) -> str:
    return found if len(found) <= 30 else found[:29] + "…"
