r"""Names, words and constants: ``\mathbf{x}_1``, ``\mathrm{tr}``, ``\mathbf{I}_n``."""

from __future__ import annotations

import re
from fractions import Fraction

from matrixcalc.errors import ParseError
from matrixcalc.operators import SPELLINGS
from matrixcalc.syntax import Node
from matrixcalc.tex import commands
from matrixcalc.tex.names import GREEK, below_of
from matrixcalc.tex.tokens import BELOW, Mark, Tokens

MAX_STYLES = 8
"""Styles and accents on one name, at most."""

_CALLABLE = frozenset({"eye", "vector", "matrix", "commutation"})
_LETTERS = re.compile(r"[^\W\d_ᵀ]+")
_REST = re.compile(r"[^\W_ᵀ]*")
_RAISED = re.compile(r"\s*\^")
_STYLED = re.compile(r"\s*\\([A-Za-z]+)\*?\s*(?:\{(.*)\}|([A-Za-z0-9]))\s*", re.S)
_STYLES = commands.BOLD | commands.SCRIPT | commands.WORDS | set(commands.ACCENTS)
_FRECHET = re.compile(
    r"([LK])\s*_\s*\{\s*\\(exp|log|sqrt)\s*(?:\{\s*\})?\s*\}"
    r"(?=\s*(?:\\left\s*|\\[bB]igg?l?\s*)?\()"
)


class Words(Tokens):
    """Reads what is made of letters."""

    def letters(self, at: int) -> int:
        """Letters in a row: a known name, a function, or single names side by side."""
        found = _LETTERS.match(self.text, at)
        assert found is not None
        run, end = found[0], found.end()
        whole = _REST.match(self.text, end)
        assert whole is not None
        if len(run + whole[0]) > 1 and run + whole[0] in self.known:
            return self.name(run + whole[0], at, whole.end())
        if len(run) > 1 and run in SPELLINGS and self.opens(end):
            return self.function(SPELLINGS[run], at, end)
        while at < end:
            letter = self.text[at]
            if letter == "d" and self.in_derivative(at):
                at = self.partial(at, at + 1)
            elif letter == "d" and self.differentials:
                at = self.differential(at, at + 1)
            else:
                at = self.letter(letter, at, at + 1)
        return at

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
            if not BELOW.match(self.text, end):
                return self.put("ATOM", pi, start, end)
        raised = _RAISED.match(self.text, end) is not None
        if core == "e" and raised and not style and "e" not in self.known:
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
        found = BELOW.match(self.text, end)
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

    def styled(self, command: str, start: int, end: int) -> int:
        r"""``\mathbf{x}``, ``\mathrm{tr}``, ``\hat{y}`` and what is within."""
        content, after = self.braced(end)
        if not content.strip() and command in commands.WORDS:
            return after
        styles, suffix = [command], ""
        opened = self.text.index(content, end) if content else end
        while True:
            inner = _STYLED.fullmatch(content)
            if inner is None or inner[1] not in _STYLES or not _balanced(inner[2] or ""):
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
        hollow = command in ("mathbb", "mathbbm", "mathds")
        free = core in ("0", "1") or (core == "I" and (hollow or "I" not in self.known))
        if free and not suffix and (style or hollow):
            return self.constant(core, start, after)
        if hollow:
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
            found = _RAISED.match(text, end)
            if found:
                return self.put("EXP", "e", start, found.end())
        function = commands.OTHER_WORDS.get(word) or commands.FUNCTIONS.get(word)
        function = function or SPELLINGS.get(word) or SPELLINGS.get(word.lower())
        if word == "vec":
            function = "vec"
        if function is None and (command == "operatorname" or word in _CALLABLE):
            function = word
        return self.function(function, start, end) if function else self.name(word, start, end)

    def constant(self, sign: str, start: int, end: int) -> int:
        r"""``\mathbf{I}_n``, ``\mathbf{1}``, ``\mathbf{0}_{n \times m}``."""
        sizes: list[Node] = []
        found = BELOW.match(self.text, end)
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
        lexer = type(self)(content, self.known)
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

    def inner(self, below: str, start: int, end: int) -> str:
        """A single name, as it stands below a ∇."""
        lexer = type(self)(below, self.known)
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


def _balanced(text: str) -> bool:
    """Whether the braces of a text close each other, without one closing too early."""
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text, re.S):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return False
    return depth == 0
