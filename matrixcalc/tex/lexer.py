r"""The tokens of a formula in LaTeX.

What a sign means depends on what is around it: ``|`` opens or closes, ``d`` may be a
differential, ``\mathrm{tr}`` is a function and ``\mathrm{loss}`` a name. All that is settled
here, so that the grammar sees structure alone. Positions are those of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from matrixcalc.errors import LimitError, ParseError
from matrixcalc.operators import SPELLINGS
from matrixcalc.syntax import MAX_DIGITS, MAX_TOKENS, Node
from matrixcalc.tex import commands
from matrixcalc.tex.names import GREEK, Names, below_of

LEFT = {"(": "LPAR", "[": "LPAR", "{": "LBRACE", "|": "LBAR", "‖": "LNORM", "⟨": "LANGLE"}
RIGHT = {"(": "RPAR", "[": "RPAR", "{": "RBRACE", "|": "RBAR", "‖": "RNORM", "⟨": "RANGLE"}
_OPENER = {")": "(", "]": "[", "}": "{", "⟩": "⟨"}
_ENDS = frozenset({"NAME", "NUMBER", "ATOM", "RPAR", "RBRACE", "RBAR", "RNORM", "RANGLE"}
                  | {"TOP", "INVTOP", "PINV"})

_T = (
    r"(?:\\(?:top|intercal|transpose|trans|prime)(?![A-Za-z])|[T⊤ᵀ]"
    r"|\\(?:mathsf|mathrm|mathtt|mathit|text|textsf|rm|sf|top)\s*(?:\{\s*[Tt]\s*\}|T))"
)
_RAISED = (
    ("TOP", re.compile(rf"\^\s*(?:{_T}|\{{\s*{_T}\s*\}})|'|ᵀ")),
    ("INVTOP", re.compile(rf"\^\s*\{{\s*-\s*1?\s*\^?\s*(?:{_T}|\{{\s*{_T}\s*\}})\s*\}}")),
    ("PINV", re.compile(r"\^\s*(?:\+|\\dag(?:ger)?(?![A-Za-z])"
                        r"|\{\s*(?:\+|\\dag(?:ger)?(?![A-Za-z]))\s*\})")),
)
_CONJUGATE = re.compile(
    r"\^\s*\{?\s*(?:\*|\\(?:ast|star)(?![A-Za-z])|\\(?:mathsf|mathrm|text)\s*\{?\s*H\s*\}?"
    r"|H(?=\s*\}|(?<=\^H)))"
)
_LABEL = re.compile(r"\^\s*\{\s*\(\s*\w+\s*\)\s*\}")
_ELEMENTWISE = re.compile(r"\^\s*\{\s*\\(?:odot|circ)(?![A-Za-z])")
_FRECHET = re.compile(
    r"([LK])\s*_\s*\{\s*\\(exp|log|sqrt)\s*(?:\{\s*\})?\s*\}(?=\s*(?:\\left\s*|\\[bB]igg?l?\s*)?\()"
)
_BLANK = re.compile(r"(?:\s|%[^\n]*|[~&$]|\\[,;:!>() /\[\]])+")
_WORD = re.compile(r"\\([A-Za-z]+)\*?")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LETTERS = re.compile(r"[^\W\d_ᵀ]+")
_ENVIRONMENT = re.compile(
    r"\\(?:begin|end)\s*\{\s*(?:equation|align|aligned|alignat|gather|gathered|multline|split"
    r"|displaymath|math|flalign)\*?\s*\}"
)
_HEAD = re.compile(r"\s*(?:(∂|\\partial(?![A-Za-z]))|(\\mathrm\s*\{\s*d\s*\}|\\mathrm\s+d|d))")
_SIGNS = {
    "+": "PLUS", "-": "MINUS", "/": "OVER", "*": "TIMES", "@": "TIMES", ",": "COMMA", "=": "EQUALS",
    ";": "END", "⊙": "HAD", "⊘": "HADOVER", "⊗": "KRON", "∂": "PARTIAL", "∇": "NABLA",
}  # fmt: skip
_END = re.compile(
    r"\s*(?:\Z|[;&$]|\\\\|\\[\])]|\\(?:end|label|tag|q?quad|nonumber|notag)(?![A-Za-z]))"
)
"""What a full stop may stand before."""
_DOTTED = {".*": "HAD", "./": "HADOVER"}


MAX_STYLES = 8
"""Styles and accents on one name, at most."""


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
class Lexer:
    """Reads one text.

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

    def run(self) -> list[Token]:
        """All tokens. Raises ParseError where a sign is not read."""
        text, at = self.text, 0
        self._statement(0)
        while True:
            blank = _BLANK.match(text, at)
            at = blank.end() if blank else at
            if at >= len(text):
                break
            after = self.next(at)
            assert after > at
            at = after
            if len(self.tokens) > MAX_TOKENS:
                raise LimitError(f"the text has more than {MAX_TOKENS:,} names, numbers and signs")
        if self.stack:
            start = self.stack[-1][1]
            raise self.error(f"this {self.shown(start)} is never closed", start, start + 1)
        if self.tokens and self.tokens[-1].type == "COMMA":
            self.tokens.pop()
        return self.tokens

    # one token

    def next(self, at: int) -> int:
        """Read what stands at a place; where it ends."""
        text, sign = self.text, self.text[at]
        if text.startswith("\\\\", at):
            return self.separator(at, at + 2)
        if sign == "\\":
            return self.command(at)
        if sign in "^'ᵀ":
            return self.raised(at)
        if sign == "_":
            raise self.error("a subscript belongs to a name", at, at + 1, "as in x_{1}")
        if sign in "([{)]}|‖⟨⟩":
            return self.delimiter(sign, at, at + 1)
        if sign.isdigit() or (sign == "." and text[at + 1 : at + 2].isdigit()):
            return self.number(at)
        if text[at : at + 2] in _DOTTED:
            return self.put(_DOTTED[text[at : at + 2]], text[at : at + 2], at, at + 2)
        if sign == ".":
            if _END.match(text, at + 1):
                return at + 1
            raise self.error("a '.' that belongs to no number", at, at + 1)
        if sign == ";":
            return self.separator(at, at + 1)
        if sign in _SIGNS:
            return self.put(_SIGNS[sign], sign, at, at + 1)
        if sign.isalpha():
            return self.letters(at)
        raise self.error(f"the character {sign!r} is not read here", at, at + 1)

    def put(self, sort: str, value: Any, start: int, end: int) -> int:
        self.tokens.append(Token(sort, value, start, end))
        return end

    def separator(self, start: int, end: int) -> int:
        """``;`` and a new row; of several one counts."""
        if self.stack:
            opened = self.stack[-1][1]
            message = f"this {self.shown(opened)} is not closed before the next statement"
            raise self.error(message, opened, opened + 1)
        if self.tokens and self.tokens[-1].type == "COMMA":
            self.tokens.pop()
        if not self.tokens or self.tokens[-1].type != "END":
            self.put("END", ";", start, end)
        self._statement(end)
        return end

    def error(self, message: str, start: int, end: int, hint: str = "") -> ParseError:
        return ParseError(message, span=(start, end), hint=hint)

    def shown(self, at: int) -> str:
        """The sign at a place, quoted."""
        word = _WORD.match(self.text, at)
        return f"'{word[0] if word else self.text[at]}'"

    @property
    def last(self) -> str:
        """The sort of the last token."""
        return self.tokens[-1].type if self.tokens else "END"

    def _statement(self, at: int) -> None:
        """At the head of a statement: is it a differential, ``d(f) = …``?"""
        found = re.compile(r"(?:\s|[&~$]|\\\[)*(?:\\mathrm\s*\{\s*d\s*\}|\\mathrm\s+d|(d))").match(
            self.text, at
        )
        self.differentials = False
        if found is None:
            return
        stop = re.compile(r";|\\\\").search(self.text, found.end())
        rest = self.text[found.end() : stop.start() if stop else len(self.text)]
        plain_d = found[1] is not None and "d" not in self.known
        follows = re.match(r"\s*(?:\\left|\\big\w?)?\s*(?:[(\[A-Za-z]|\\[a-zA-Z])", rest)
        if "=" in rest and follows and (found[1] is None or plain_d):
            self.differentials = True

    # commands

    def command(self, at: int) -> int:
        """What a backslash begins."""
        text = self.text
        environment = _ENVIRONMENT.match(text, at)
        if environment:
            return environment.end()
        word = _WORD.match(text, at)
        if word is None:
            sign = text[at : at + 2]
            if sign in ("\\{", "\\}"):
                return self.delimiter("(" if sign == "\\{" else ")", at, at + 2)
            if sign == "\\|":
                return self.delimiter("‖", at, at + 2)
            raise self.error(f"{sign!r} is not read here", at, at + 2)
        name, end = word[1], word.end()
        if name in commands.REFUSED and name != "mathbb":
            raise self.error(f"'\\{name}' is not read here", at, end, commands.REFUSED[name])
        if name in commands.BLANK:
            return self.braced(end)[1] if name in commands.WITH_ARGUMENT else end
        if name in commands.SIZES:
            return self.sized(name, at, end)
        if name in commands.DELIMITERS:
            side = "left" if name[0] == "l" else "right" if name[0] == "r" else ""
            return self.delimiter(commands.DELIMITERS[name], at, end, side)
        if name in commands.FRACTIONS:
            return self.fraction(at, end)
        if name in ("mathbb", "mathbbm", "mathds") or name in commands.BOLD | commands.SCRIPT:
            return self.styled(name, at, end)
        if name in commands.WORDS or name in commands.ACCENTS:
            return self.styled(name, at, end)
        if name == "sqrt":
            return self.root(at, end)
        if name in commands.SIGNS:
            return self.sign(name, at, end)
        if name in commands.FUNCTIONS:
            return self.function(commands.FUNCTIONS[name], at, end)
        if name in GREEK or name == "ell":
            return self.letter(name, at, end)
        if name in commands.TRANSPOSES:
            hint = r"write \mathbf{x}^\top"
            raise self.error(f"'\\{name}' stands above its operand", at, end, hint)
        hint = rf"for a function of that name write \operatorname{{{name}}}"
        raise self.error(f"'\\{name}' is not a command that is read here", at, end, hint)

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
        word = _WORD.match(text, at)
        if word is None:
            return text[at], at + 1
        end = word.end()
        if word[1] in commands.WORDS | commands.BOLD and text[end : end + 1] == "{":
            end = self.braces.get(end, end - 1) + 1
        return text[at:end], end

    def sized(self, name: str, at: int, end: int) -> int:
        """``\\left(`` and its like: a delimiter whose side is told."""
        text = self.text
        while end < len(text) and text[end].isspace():
            end += 1
        side = "left" if name == "left" or name.endswith("l") else ""
        side = "right" if name == "right" or name.endswith("r") else side
        if text.startswith(("\\{", "\\}"), end):
            return self.delimiter("(" if text[end + 1] == "{" else ")", at, end + 2, side)
        if text.startswith("\\|", end):
            return self.delimiter("‖", at, end + 2, side)
        word = _WORD.match(text, end)
        if word and word[1] in commands.DELIMITERS:
            return self.delimiter(commands.DELIMITERS[word[1]], at, word.end(), side)
        if text[end : end + 1] in tuple("()[]|‖"):
            return self.delimiter(text[end], at, end + 1, side)
        if text[end : end + 1] == "/":
            return self.put("OVER", "/", at, end + 1)
        raise self.error(f"a delimiter is missing after '\\{name}'", at, max(end, at + 1))

    def delimiter(self, sign: str, start: int, end: int, side: str = "") -> int:
        """An opening or a closing delimiter, which must fit what is open."""
        top = self.stack[-1][0] if self.stack else ""
        if sign in "|‖" and not side:
            if self.text.startswith("||", start) and top != "|":
                sign, end = "‖", start + 2
            side = "right" if top == sign and self.last in _ENDS else "left"
        elif not side or sign in "()[]{}⟨⟩":
            side = "left" if sign in "([{⟨" else "right"
        if side == "left":
            self.stack.append((sign, start))
            return self.put(LEFT[sign], sign, start, end)
        opener = _OPENER.get(sign, sign)
        if not top:
            raise self.error(f"this '{self.text[start:end]}' closes nothing", start, end)
        if opener != top:
            opened = self.stack[-1][1]
            shown = self.text[start:end]
            raise self.error(
                f"this {self.shown(opened)} is closed by '{shown}'", opened, opened + 1
            )
        self.stack.pop()
        if sign == "‖":
            return self.norm(start, end)
        return self.put(RIGHT[opener], sign, start, end)

    def norm(self, start: int, end: int) -> int:
        """The end of a norm, with the mark below it."""
        found = re.compile(r"\s*_\s*").match(self.text, end)
        if found is None:
            return self.put("RNORM", "", start, end)
        below, after = self.braced(found.end())
        mark = (below_of(below) or below).strip()
        if mark not in ("1", "2", "F"):
            hint = "the norms are _1, _2 and _F"
            raise self.error(f"the norm {mark!r} is not read here", found.end(), after, hint)
        return self.put("RNORM", mark, start, after)

    def fraction(self, start: int, end: int) -> int:
        r"""``\frac``; one with ∂ above and below is a derivative."""
        text = self.text
        digits = re.compile(r"\s*([0-9])\s*(?:([0-9])|(?=\{))").match(text, end)
        if digits:
            self.put("FRAC", text[start:end], start, end)
            for k in (1, 2):
                if digits[k]:
                    self.put("NUMBER", Fraction(digits[k]), digits.start(k), digits.end(k))
            return digits.end()
        above = re.compile(r"\s*\{").match(text, end)
        close = self.braces.get(above.end() - 1) if above else None
        if above is None or close is None:
            return self.put("FRAC", text[start:end], start, end)
        below = re.compile(r"\s*\{").match(text, close + 1)
        last = self.braces.get(below.end() - 1) if below else None
        if below is not None and last is not None:
            heads = _HEAD.match(text, above.end()), _HEAD.match(text, below.end())
            if self._derivative(heads, last):
                self.derivatives += [(above.end(), heads[0].end() if heads[0] else 0)]
                self.derivatives += [(below.end(), last)]
                return self.put("DFRAC", text[start:end], start, end)
        elif digit := re.compile(r"\s*[0-9]").match(text, close + 1):
            self.single.add(digit.end() - 1)
        return self.put("FRAC", text[start:end], start, end)

    def _derivative(self, heads: tuple[re.Match[str] | None, re.Match[str] | None], end: int) -> bool:
        above, below = heads
        if above is None or below is None or (above[1] is None) != (below[1] is None):
            return False
        if above[1] is None:
            rest = self.text[below.end() : end].strip()
            plain_d = "d" in (above[2], below[2])
            return bool(re.match(r"[^\W\d_]|\\[a-zA-Z]", rest)) and not (
                plain_d and "d" in self.known
            )
        return True

    def in_derivative(self, at: int) -> bool:
        """Whether a d stands where a derivative has one."""
        if not any(start <= at < end for start, end in self.derivatives):
            return False
        return self.last in ("LBRACE", "NAME", "TOP", "RPAR", "RBRACE", "NUMBER")

    def root(self, start: int, end: int) -> int:
        found = re.compile(r"\s*\[\s*([^\]]*?)\s*\]").match(self.text, end)
        if found is None or found[1] == "2":
            return self.put("SQRT", "sqrt", start, found.end() if found else end)
        if found[1] != "3":
            hint = "write a power, as in x^{1/4}"
            raise self.error(f"a root of order {found[1]} is not read", start, found.end(), hint)
        return self.put("CBRT", "cbrt", start, found.end())

    def sign(self, name: str, start: int, end: int) -> int:
        sort = commands.SIGNS[name]
        if sort == "PARTIAL":
            return self.partial(start, end)
        return self.nabla(start, end) if sort == "NABLA" else self.put(sort, name, start, end)

    def partial(self, start: int, end: int) -> int:
        """∂ with its order."""
        found = re.compile(r"\s*\^\s*(?:\{\s*([0-9])\s*\}|([0-9]))").match(self.text, end)
        order = int(found[1] or found[2]) if found else 1
        return self.put("PARTIAL", order, start, found.end() if found else end)

    def nabla(self, start: int, end: int) -> int:
        """∇ with the variable below it, and its order."""
        text, order, below = self.text, 1, None
        while True:
            power = re.compile(r"\s*\^\s*(?:\{\s*2\s*\}|2)").match(text, end)
            under = re.compile(r"\s*_\s*").match(text, end)
            if power:
                order, end = 2, power.end()
            elif under and below is None:
                below, after = self.braced(under.end())
                span = (under.end(), after)
                end = after
            else:
                break
        if below is None:
            hint = r"as in \nabla_{\mathbf{x}} f"
            raise self.error("∇ does not say by which variable", start, end, hint)
        name = self.inner(below, *span)
        return self.put("NABLA", (order, name), start, end)

    def inner(self, below: str, start: int, end: int) -> str:
        """A single name, as it stands below a ∇."""
        lexer = Lexer(below, self.known)
        try:
            tokens = lexer.run()
        except ParseError:
            tokens = []
        if len(tokens) != 1 or tokens[0].type != "NAME":
            raise self.error("this is not the name of a variable", start, end)
        for name, mark in lexer.bold.items():
            self.bold.setdefault(name, Mark(mark.kind, start, end))
        found: str = tokens[0].value
        return found

    # what stands above

    def raised(self, at: int) -> int:
        """A transpose, an inverse, a power."""
        text = self.text
        if text.startswith("''", at):
            raise self.error("a double prime is not read", at, at + 2, "a transpose is one prime")
        for sort, pattern in _RAISED:
            found = pattern.match(text, at)
            if found:
                return self.put(sort, found[0], at, found.end())
        conjugate = _CONJUGATE.match(text, at)
        if conjugate:
            message = "conjugates are not read: variables are real"
            raise self.error(message, at, conjugate.end(), r"write ^\top for the transpose")
        label = _LABEL.match(text, at)
        if label:
            hint = "write a label below, as in W_{1}, and a power without parentheses"
            raise self.error("a power in parentheses is a label", at, label.end(), hint)
        elementwise = _ELEMENTWISE.match(text, at)
        if elementwise:
            brace = text.index("{", at)
            self.put("EPOW", "^", at, brace)
            self.stack.append(("{", brace))
            return self.put("LBRACE", "{", brace, elementwise.end())
        self.put("POW", "^", at, at + 1)
        end = at + 1
        while end < len(text) and text[end].isspace():
            end += 1
        if text[end : end + 1].isdigit():
            if text[end + 1 : end + 2].isdigit():
                raise self.error("a power of several digits stands in braces", end, end + 2,
                                 "as in x^{10}")  # fmt: skip
            return self.put("NUMBER", Fraction(text[end]), end, end + 1)
        if text[end : end + 1] in ("-", "+", "("):
            raise self.error("a power of several signs stands in braces", end, end + 1,
                             "as in x^{-1}")  # fmt: skip
        return end

    # names and numbers

    def number(self, at: int) -> int:
        text = self.text
        if at in self.single:
            return self.put("NUMBER", Fraction(text[at]), at, at + 1)
        found = _NUMBER.match(text, at)
        assert found is not None
        digits, end = found[0], found.end()
        if digits.endswith(".") and not text[end : end + 1].isdigit():
            digits, end = digits[:-1], end - 1
        if digits in ("0", "1") and text[end : end + 1] == "_":
            return self.constant(digits, at, end)
        mantissa, _, exponent = digits.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > MAX_DIGITS:
            raise LimitError(f"a number of more than {MAX_DIGITS:,} digits", span=(at, end))
        glued = self.tokens and self.tokens[-1].type == "NAME" and self.tokens[-1].end == at
        if glued:
            name = self.text[self.tokens[-1].start : end]
            hint = f"write {name[0]}_{{{digits}}} for a name, {digits} in front for a product"
            raise self.error("a number right behind a name", at, end, hint)
        return self.put("NUMBER", Fraction(digits), at, end)

    def letters(self, at: int) -> int:
        """Letters in a row: a known name, a function, or single names side by side."""
        found = _LETTERS.match(self.text, at)
        assert found is not None
        run, end = found[0], found.end()
        whole = re.compile(r"[^\W_ᵀ]*").match(self.text, end)
        assert whole is not None
        if len(run + whole[0]) > 1 and run + whole[0] in self.known:
            return self.name(run + whole[0], at, whole.end())
        if len(run) > 1 and run in SPELLINGS and self.opens(end):
            return self.function(SPELLINGS[run], at, end)
        if run[0] == "d" and self.in_derivative(at):
            return self.partial(at, at + 1)
        if run[0] == "d" and self.differentials:
            return self.differential(at, at + 1)
        return self.letter(run[0], at, at + 1)

    def opens(self, at: int) -> bool:
        r"""Whether a parenthesis comes next, as in ``\sigma(`` and ``tr\left(``."""
        return re.compile(r"\s*(?:\\(?:left|[bB]igg?l?)\s*)?(?:[(\[]|\\\{)").match(
            self.text, at
        ) is not None

    def letter(self, core: str, start: int, end: int, style: str = "") -> int:
        """A letter that is a name, with what stands below it."""
        if not style and self.scopes:
            while self.scopes and self.scopes[-1][0] <= start:
                self.scopes.pop()
            style = self.scopes[-1][1] if self.scopes else ""
        if core == "sigma" and style != "bold" and "sigma" not in self.known and self.opens(end):
            return self.put("FUNC", "sigmoid", start, end)
        if core == "I" and "I" not in self.known:
            return self.constant("I", start, end)
        if core == "pi" and not style and "pi" not in self.known:
            pi = Node("name", [], "pi", start, end)
            if not re.compile(r"\s*_").match(self.text, end):
                return self.put("ATOM", pi, start, end)
        if core == "e" and not style and "e" not in self.known:
            if re.compile(r"\s*\^").match(self.text, end):
                hint = r"write \exp(…) or \mathrm{e}^{…} for the exponential, or declare e"
                raise self.error("whether this e is a variable is not clear", start, end, hint)
        return self.name(core, start, end, style)

    def name(self, core: str, start: int, end: int, style: str = "", suffix: str = "") -> int:
        """A name with its subscript."""
        below = suffix
        linear = _FRECHET.match(self.text, start)
        if linear:
            word = "frechet" if linear[1] == "L" else "jacobian"
            return self.put("FUNC", f"{linear[2]}m_{word}", start, linear.end())
        found = re.compile(r"\s*_\s*").match(self.text, end)
        if found:
            content, after = self.braced(found.end())
            if core == "K" and re.search(r",|\\times", content) and "K" not in self.known:
                return self.commutation(found.end(), start, after)
            plain = below_of(content)
            if plain is None:
                hint = "a subscript is letters and digits, as in x_{12}"
                raise self.error("this subscript is not read", found.end(), after, hint)
            below = f"{plain}_{suffix}" if suffix else plain
            end = after
        name = self.known.find(core, below)
        self.mark(name, core, style, start, end)
        if self.tokens and self.tokens[-1].type == "DIFF" and not self._head():
            before = self.tokens.pop()
            name, start = f"d{name}", before.start
        return self.put("NAME", name, start, end)

    def _head(self) -> bool:
        """Whether the last token is the first of its statement."""
        return len(self.tokens) < 2 or self.tokens[-2].type == "END"

    def mark(self, name: str, core: str, style: str, start: int, end: int) -> None:
        if style == "bold":
            upper = core[:1].isupper()
            self.bold.setdefault(name, Mark("matrix" if upper else "vector", start, end))
        elif style == "script":
            self.bold.setdefault(name, Mark("scalar", start, end))
        else:
            self.plain.setdefault(name, Mark("", start, end))

    def function(self, name: str, start: int, end: int) -> int:
        found = re.compile(r"\s*_\s*").match(self.text, end)
        if found:
            _, after = self.braced(found.end())
            raise self.error("a function with a subscript is not read", start, after)
        return self.put("FUNC", name, start, end)

    def differential(self, start: int, end: int) -> int:
        return self.put("DIFF", "d", start, end)

    # styles

    def styled(self, command: str, start: int, end: int) -> int:
        r"""``\mathbf{x}``, ``\mathrm{tr}``, ``\hat{y}`` and what is within."""
        content, after = self.braced(end)
        if not content.strip() and command in commands.WORDS:
            return after
        styles, suffix = [command], ""
        opened = self.text.index(content, end) if content else end
        while True:
            inner = re.fullmatch(r"\s*\\([A-Za-z]+)\*?\s*(?:\{(.*)\}|([A-Za-z0-9]))\s*", content, re.S)
            if inner is None or inner[1] not in (
                commands.BOLD | commands.SCRIPT | commands.WORDS | set(commands.ACCENTS)
            ) or not _balanced(inner[2] or ""):
                break
            styles.append(inner[1])
            if len(styles) > MAX_STYLES:
                raise self.error("too many styles within each other", start, after)
            opened += inner.start(2) if inner[2] is not None else inner.start(3)
            content = inner[2] if inner[2] is not None else inner[3]
        core = content.strip()
        accents = [commands.ACCENTS[s] for s in styles if s in commands.ACCENTS]
        suffix = "_".join(reversed(accents))
        style = "bold" if commands.BOLD.intersection(styles) else ""
        style = "script" if commands.SCRIPT.intersection(styles) else style
        worded = bool(commands.WORDS.intersection(styles))
        greek = re.fullmatch(r"\\([A-Za-z]+)", core)
        if core in ("0", "1", "I") and not suffix and (style or command.startswith("mathb")):
            if core != "I" or "I" not in self.known or command.startswith("mathbb"):
                return self.constant(core, start, after)
        if command in ("mathbb", "mathbbm", "mathds"):
            raise self.error(f"'\\{command}{{{core}}}' is not read here", start, after,
                             commands.REFUSED["mathbb"])  # fmt: skip
        if greek and (greek[1] in GREEK or greek[1] == "ell"):
            return self.accented(greek[1], start, after, style, suffix)
        if re.fullmatch(r"[^\W\d_]", core) and not (worded and core in "de"):
            return self.accented(core, start, after, style, suffix)
        word = core.replace(r"\_", "_").replace(r"\,", "")
        if worded and re.fullmatch(r"[^\W\d_]\w*", word):
            return self.word(word, styles[0], start, after, suffix)
        if word in self.known and not suffix:
            return self.name(word, start, after, style)
        if suffix or not core or worded:
            raise self.error("what is styled here is not a name", start, after)
        # \mathbf{A x}: every letter within is bold
        self.scopes.append((after, style))
        if self.text[opened - 1] == "{":
            self.stack.append(("{", opened - 1))
            return self.put("LBRACE", "{", start, opened)
        return opened

    def accented(self, core: str, start: int, end: int, style: str, suffix: str) -> int:
        if suffix:
            return self.name(core, start, end, style, suffix)
        return self.letter(core, start, end, style or "upright")

    def word(self, word: str, command: str, start: int, end: int, suffix: str) -> int:
        """An upright word: a known name, a function, d or e, or a new name."""
        text = self.text
        if suffix or word in self.known:
            return self.name(word, start, end, suffix=suffix)
        if word == "d":
            if self.in_derivative(start):
                return self.partial(start, end)
            return self.differential(start, end)
        if word == "e":
            found = re.compile(r"\s*\^").match(text, end)
            if found:
                return self.put("EXP", "e", start, found.end())
        function = commands.OTHER_WORDS.get(word) or commands.FUNCTIONS.get(word)
        function = function or SPELLINGS.get(word) or SPELLINGS.get(word.lower())
        if word == "vec":
            function = "vec"
        if function is None and (command == "operatorname" or word in _CALLABLE):
            function = word
        return self.function(function, start, end) if function else self.name(word, start, end)

    # constants

    def constant(self, sign: str, start: int, end: int) -> int:
        r"""``\mathbf{I}_n``, ``\mathbf{1}``, ``\mathbf{0}_{n \times m}``."""
        sizes: list[Node] = []
        found = re.compile(r"\s*_\s*").match(self.text, end)
        if found:
            sizes, end = self.dimensions(found.end())
        if sign == "I" and len(sizes) > 1:
            raise self.error("an identity has one size", start, end, r"as in \mathbf{I}_{n}")
        if sign == "I":
            made = Node("call", sizes, "eye", start, end) if sizes else (
                Node("name", [], "eye", start, end)
            )
            return self.put("ATOM", made, start, end)
        number = Node("number", [], Fraction(sign), start, end)
        word = "matrix" if len(sizes) == 2 else "vector"
        return self.put("ATOM", Node("call", [number, *sizes], word, start, end), start, end)

    def commutation(self, at: int, start: int, end: int) -> int:
        sizes, _ = self.dimensions(at)
        return self.put("ATOM", Node("call", sizes, "commutation", start, end), start, end)

    def dimensions(self, at: int) -> tuple[list[Node], int]:
        r"""The sizes below a constant: ``n``, ``n \times m``, ``2 n, m``."""
        content, end = self.braced(at)
        offset = self.text.index(content, at)
        lexer = Lexer(content, self.known)
        sizes: list[list[Node]] = [[]]
        for token in lexer.run():
            place = (offset + token.start, offset + token.end)
            if token.type in ("NAME", "NUMBER"):
                sizes[-1].append(Node(token.type.lower(), [], token.value, *place))
            elif token.type == "COMMA" or token.value == "times":
                sizes.append([])
            elif token.type != "TIMES":
                raise self.error("a dimension is a name or a whole number", *place)
        if len(sizes) > 2 or not all(sizes):
            raise self.error("a dimension is a name or a whole number", offset, end)
        return [
            s[0] if len(s) == 1 else Node("mul", s, ["*"] * (len(s) - 1), s[0].start, s[-1].end)
            for s in sizes
        ], end


_CALLABLE = frozenset({"eye", "vector", "matrix", "commutation"})


def tokens_of(text: str, names: Iterable[str]) -> Lexer:
    """A text that has been cut into tokens."""
    lexer = Lexer(text, Names(names))
    lexer.run()
    return lexer


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


def _balanced(text: str) -> bool:
    """Whether the braces of a text close each other, without one closing too early."""
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text, re.S):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return False
    return depth == 0
