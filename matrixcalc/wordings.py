"""What is said about text that is not of the language, by the table of mistakes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matrixcalc.errors import ParseError, Span, character
from matrixcalc.mistakes import EMPTY, LAST, WORDINGS, Wording

_TOKEN = re.compile(
    r"(?P<blank>\s+|#[^\r\n]*)"
    r"|(?P<word>[^\W\d_⁰¹²³⁴-⁹ᵀ][^\W⁰¹²³⁴-⁹ᵀ]*)"
    r"|(?P<number>[0-9]+(?:\.(?![*/^T'])[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)"
    r"|(?P<value>\.?'|ᵀ|(?:\^|\*\*)[ \t]*(?:T(?!\w)|ᵀ|\\top(?!\w))|\.T(?!\w)|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<separator>[;=:])"
    r"|(?P<operator>\*\*|\.\*\*|\.[*/^]|.)"
)
_CONTINUED = re.compile(r"[-+*/\\@^'=),⊙⊘⊗]|\.[*/^T']")
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
        declaring: whether it is in a declaration, after the colon.
    """

    after: str
    before: str
    opened: list[int]
    declaring: bool = False


def place(text: str, stop: int, declaring: bool = False) -> Place:
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
            if not opened and re.search(r"[\r\n]", match.group()):
                # an operator goes on with what stands before it
                declaring = declaring and _CONTINUED.match(text, position) is not None
            continue
        after, before = _LETTERS[kind], match.group()
        if kind == "open":
            opened.append(match.start())
        elif kind == "close" and opened:
            opened.pop()
        elif kind == "separator" and not opened and before in ":;":
            declaring = before == ":"
    return Place(after, before, opened, declaring)


def explain(
    text: str, clean: str, stop: int, empty: str = EMPTY, declaring: bool = False
) -> ParseError:
    """The error for a text whose reading stopped at a position.

    ``clean`` is the text as the grammar saw it, character by character.

    >>> print(explain("Q x", "Q x", 2))
    an operator is missing between 'Q' and 'x'
        Q x
          ^
    write Q*x
    """
    if not re.search(r"^[^\S\r\n]*[^\s#;]", clean, re.MULTILINE):
        return ParseError(empty, text=text, span=(0, max(1, len(text))))
    here = place(clean, stop, declaring)
    row, match, words = find(clean, stop, here)
    found = match.group("found")
    words["found"] = _short(text[stop : stop + len(found)])
    if found:
        words["character"] = character(text[stop])
    start = words.pop("start", stop)
    span: Span = (start if isinstance(start, int) else stop, stop + max(1, len(found)))
    if row.at_open and here.opened:
        span = (here.opened[-1], here.opened[-1] + 1)
    elif not found:
        end = len(clean.rstrip())
        span = (end, end + 1)
    return ParseError(
        row.message.format(**words), hint=row.hint.format(**words), span=span, text=text
    )


_LOOK_BACK = 80


def find(text: str, stop: int, here: Place) -> tuple[Wording, re.Match[str], dict[str, object]]:
    """The row for a place, with the match of its pattern and the words for its message."""
    head = text[max(0, stop - _LOOK_BACK) : stop]
    for row in WORDINGS:
        if row.after and not any(letter in row.after for letter in here.after):
            continue
        if row.inside is not None and row.inside != bool(here.opened):
            continue
        if row.declaring is not None and row.declaring != here.declaring:
            continue
        match = re.compile(row.found).match(text, stop)
        if match is None:
            continue
        words: dict[str, object] = {"before": _short(here.before), **match.groupdict()}
        if row.before:
            back = re.search(rf"(?:{row.before})\s*\Z", head)
            if back is None:
                continue
            words.update(back.groupdict())
            if "start" in words:
                words["start"] = stop - len(head) + back.start("start")
        return row, match, words
    last = re.compile(LAST.found).match(text, stop)
    assert last is not None
    return LAST, last, {}


def _short(found: str) -> str:
    return found if len(found) <= 30 else found[:29] + "…"
