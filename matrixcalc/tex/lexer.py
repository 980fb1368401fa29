r"""The tokens of a formula in LaTeX.

What a sign means depends on what is around it: ``|`` opens or closes, ``d`` may be a
differential, ``\mathrm{tr}`` is a function and ``\mathrm{loss}`` a name. All that is settled
here, so that the grammar sees structure alone. Positions are those of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from matrixcalc.errors import LimitError
from matrixcalc.syntax import MAX_DIGITS, MAX_TOKENS, SUPERSCRIPTS
from matrixcalc.tex import commands
from matrixcalc.tex.names import GREEK, Names, below_of
from matrixcalc.tex.tokens import BELOW, COMMAND, Token
from matrixcalc.tex.words import Words

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
_BLANK = re.compile(r"(?:\s|%[^\n]*|[~&$]|\\[,;:!>() /\[\]])+")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
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
Heads = tuple[re.Match[str] | None, re.Match[str] | None]
_SUPERSCRIPT = re.compile(r"[⁺⁻]?[⁰¹²³⁴-⁹]{1,9}")
_DIGITS = frozenset("0123456789")
_DOTTED = {".*": "HAD", "./": "HADOVER"}


class Lexer(Words):
    """Reads one text."""

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

    def next(self, at: int) -> int:
        """Read what stands at a place; where it ends."""
        text, sign = self.text, self.text[at]
        if text.startswith("\\\\", at):
            return self.separator(at, at + 2)
        if sign == "\\":
            return self.command(at)
        if sign in "^'ᵀ":
            return self.raised(at)
        superscript = _SUPERSCRIPT.match(text, at)
        if superscript:
            self.put("POW", "^", at, at)
            value = Fraction(int(superscript[0].translate(SUPERSCRIPTS)))
            return self.put("NUMBER", value, at, superscript.end())
        if sign == "_":
            raise self.error("a subscript belongs to a name", at, at + 1, "as in x_{1}")
        if sign in "([{)]}|‖⟨⟩":
            return self.delimiter(sign, at, at + 1)
        if sign in _DIGITS or (sign == "." and text[at + 1 : at + 2] in _DIGITS):
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

    def command(self, at: int) -> int:
        """What a backslash begins."""
        text = self.text
        environment = _ENVIRONMENT.match(text, at)
        if environment:
            return environment.end()
        word = COMMAND.match(text, at)
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
        word = COMMAND.match(text, end)
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
        found = BELOW.match(self.text, end)
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

    def _derivative(self, heads: Heads, end: int) -> bool:
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

    def root(self, start: int, end: int) -> int:
        found = re.compile(r"\s*\[\s*([^\]]{1,20}?)\s*\]").match(self.text, end)
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

    def nabla(self, start: int, end: int) -> int:
        """∇ with the variable below it, and its order."""
        text, order, below = self.text, 1, None
        while True:
            power = re.compile(r"\s*\^\s*(?:\{\s*2\s*\}|2)").match(text, end)
            under = BELOW.match(text, end)
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
        if text[end : end + 1] in _DIGITS:
            if text[end + 1 : end + 2] in _DIGITS:
                raise self.error("a power of several digits stands in braces", end, end + 2,
                                 "as in x^{10}")  # fmt: skip
            return self.put("NUMBER", Fraction(text[end]), end, end + 1)
        if text[end : end + 1] in ("-", "+", "("):
            raise self.error("a power of several signs stands in braces", end, end + 1,
                             "as in x^{-1}")  # fmt: skip
        return end

    def number(self, at: int) -> int:
        text = self.text
        if at in self.single:
            return self.put("NUMBER", Fraction(text[at]), at, at + 1)
        found = _NUMBER.match(text, at)
        assert found is not None
        digits, end = found[0], found.end()
        if digits.endswith(".") and text[end : end + 1] not in _DIGITS:
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


def tokens_of(text: str, names: Iterable[str]) -> Lexer:
    """A text that has been cut into tokens."""
    lexer = Lexer(text, Names(names))
    lexer.run()
    return lexer
