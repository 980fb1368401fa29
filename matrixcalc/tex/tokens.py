r"""What every part of the lexer needs: the text, its tokens, and the braces that match."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from matrixcalc.errors import ParseError
from matrixcalc.tex import commands
from matrixcalc.tex.names import Names

COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
BELOW = re.compile(r"\s*_\s*")
_OPENS = re.compile(r"\s*(?:\\(?:left|[bB]igg?l?)\s*)?(?:[(\[]|\\\{)")
_ORDER = re.compile(r"\s*\^\s*(?:\{\s*([0-9])\s*\}|([0-9]))")


@dataclass(slots=True)
class Token:
    """A sign of a formula: its sort, its meaning, and where it stands."""

    type: str
    value: Any
    start: int
    end: int


@dataclass(slots=True)
class Mark:
    """How a name was written first: bold (``kind`` is what that tells), or plain."""

    kind: str
    start: int
    end: int


@dataclass
class Tokens(ABC):
    """The tokens of one text as they are found.

    Attributes:
        known: the names that are declared.
        bold, plain: the names that were written so, with the first place.
    """

    text: str
    known: Names
    tokens: list[Token] = field(default_factory=list)
    bold: dict[str, Mark] = field(default_factory=dict)
    plain: dict[str, Mark] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stack: list[tuple[str, int]] = []
        self.scopes: list[tuple[int, str]] = []
        self.single: set[int] = set()
        self.derivatives: list[tuple[int, int]] = []
        self.differentials = False
        self.braces = _braces(self.text)

    @abstractmethod
    def run(self) -> list[Token]:
        """All tokens of the text: what the lexer itself does."""

    def put(self, sort: str, value: Any, start: int, end: int) -> int:
        self.tokens.append(Token(sort, value, start, end))
        return end

    def error(self, message: str, start: int, end: int, hint: str = "") -> ParseError:
        return ParseError(message, span=(start, end), hint=hint)

    def shown(self, at: int) -> str:
        """The sign at a place, quoted."""
        word = COMMAND.match(self.text, at)
        return f"'{word[0] if word else self.text[at]}'"

    @property
    def last(self) -> str:
        """The sort of the last token."""
        return self.tokens[-1].type if self.tokens else "END"

    def braced(self, at: int) -> tuple[str, int]:
        """The argument at a place, in braces or a single sign, and where it ends."""
        text = self.text
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            raise self.error("the argument of a command is missing", at, at + 1)
        if text[at] == "{":
            end = self.braces.get(at)
            if end is None:
                raise self.error("this '{' is never closed", at, at + 1, "add a '}'")
            return text[at + 1 : end], end + 1
        word = COMMAND.match(text, at)
        if word is None:
            return text[at], at + 1
        end = word.end()
        if word[1] in commands.WORDS | commands.BOLD and text[end : end + 1] == "{":
            end = self.braces.get(end, end - 1) + 1
        return text[at:end], end

    def in_derivative(self, at: int) -> bool:
        """Whether a d stands where a derivative has one."""
        if not any(start <= at < end for start, end in self.derivatives):
            return False
        return self.last in ("LBRACE", "NAME", "TOP", "RPAR", "RBRACE", "NUMBER")

    def partial(self, start: int, end: int) -> int:
        """∂ with its order."""
        found = _ORDER.match(self.text, end)
        order = int(found[1] or found[2]) if found else 1
        return self.put("PARTIAL", order, start, found.end() if found else end)

    def differential(self, start: int, end: int) -> int:
        return self.put("DIFF", "d", start, end)

    def function(self, name: str, start: int, end: int) -> int:
        found = BELOW.match(self.text, end)
        if found:
            _, after = self.braced(found.end())
            raise self.error("a function with a subscript is not read", start, after)
        return self.put("FUNC", name, start, end)

    def opens(self, at: int) -> bool:
        r"""Whether a parenthesis comes next, as in ``\sigma(`` and ``tr\left(``."""
        return _OPENS.match(self.text, at) is not None


def _braces(text: str) -> dict[int, int]:
    """Each brace with the one that closes it."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for match in re.finditer(r"\\.|[{}]", text, re.S):
        if match[0] == "{":
            stack.append(match.start())
        elif match[0] == "}" and stack:
            found[stack.pop()] = match.start()
    return found
