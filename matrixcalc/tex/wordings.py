"""What is said about a formula in LaTeX whose signs do not fit together."""

from __future__ import annotations

from matrixcalc.errors import ParseError
from matrixcalc.tex.tokens import Token

_OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "OVER", "HAD", "HADOVER", "KRON"})
_OPEN = frozenset({"LPAR", "LBRACE", "LBAR", "LNORM", "LANGLE"})
_CLOSE = frozenset({"RPAR", "RBRACE", "RBAR", "RNORM", "RANGLE"})
_RAISED = frozenset({"TOP", "INVTOP", "PINV", "POW", "EPOW"})
_TAKING = frozenset({"FRAC", "DFRAC", "SQRT", "CBRT"})


def unclear_sign(word: str, at: int) -> ParseError:
    r"""The error for a sign with a word behind it that two notations read, each in its way."""
    return ParseError(
        rf"whether this \ solves, as in A\b, or begins \{word} of LaTeX is not clear",
        span=(at, at + 1 + len(word)),
        hint=rf"write \ {word} with blanks around the sign to solve, \cdot \{word} for a product",
    )


def explain(text: str, tokens: list[Token], found: Token | None) -> ParseError:
    r"""The error for a formula whose reading stopped at a token, or at its end.

    >>> from matrixcalc.tex.lexer import tokens_of
    >>> made = tokens_of(r"\mathbf{x} + ", [])
    >>> print(explain(made.text, made.tokens, None).message)
    the formula ends after '+'
    """
    index = len(tokens) if found is None else next(
        k for k, token in enumerate(tokens) if token is found
    )
    before = tokens[index - 1] if index else None
    span = (len(text.rstrip()), len(text.rstrip()) + 1)
    if found is not None:
        span = (found.start, found.end)
    shown = text[span[0] : span[1]].strip()
    behind = text[before.start : before.end].strip() if before else ""
    message, hint = _wording(before, found, behind, shown)
    return ParseError(message, span=span, hint=hint, text=text)


def _wording(before: Token | None, found: Token | None, behind: str, shown: str) -> tuple[str, str]:
    sort = "" if found is None else found.type
    last = "END" if before is None else before.type
    if before is None and found is None:
        return "there is no expression", ""
    if sort in ("PARTIAL", "DFRAC", "DIFF", "NABLA"):
        if sort == "DIFF" and last not in _OPERATORS | _OPEN | {"END", "EQUALS"}:
            return "a differential d stands in front of a name", r"as in \mathrm{d}\mathbf{x}"
        return "a derivative can stand only at the head of a claim", (
            r"as in \frac{\partial f}{\partial \mathbf{x}} = …"
        )
    if last in _TAKING:
        return f"'{behind}' lacks an argument in braces", rf"as in {_example(last)}"
    if last == "FUNC":
        return f"the argument of '{behind}' is missing", "write it in parentheses behind it"
    if last in ("POW", "EPOW"):
        return "the power is missing", "as in x^{2}"
    if last in ("PARTIAL", "DIFF"):
        return f"what stands behind '{behind}' is not a variable", ""
    if sort in _RAISED and last in _RAISED | {"NUMBER"}:
        return f"'{shown}' cannot be read here", "use braces to say what it belongs to"
    if sort == "EQUALS" and last not in _OPERATORS | {"END", "EQUALS"}:
        return "a second '=' in one statement, or one within parentheses", (
            "separate equations by ; or by \\\\"
        )
    if sort == "COMMA":
        return "',' can stand only between the arguments of a function", (
            "separate statements by ; or by \\\\"
        )
    if found is None or sort == "END":
        return f"the formula ends after '{behind}'", "an operand is missing"
    if last in _OPERATORS | {"EQUALS", "COMMA"} and sort in _OPERATORS | _CLOSE | {"EQUALS"}:
        return f"there is nothing between '{behind}' and '{shown}'", "an operand is missing"
    if last in _OPEN and sort in _CLOSE:
        return f"there is nothing between '{behind}' and '{shown}'", ""
    if last in _OPEN | {"END"}:
        return f"there is nothing before '{shown}'", "an operand is missing"
    return f"'{shown}' cannot be read here", ""


def _example(sort: str) -> str:
    return r"\sqrt{a}" if sort in ("SQRT", "CBRT") else r"\frac{a}{b}"
