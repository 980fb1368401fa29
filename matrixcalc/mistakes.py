"""The mistakes in a text and what is said of each: one row for a mistake.

The rows are tried in order; the first that fits the place where reading stopped is used.
Each carries an example, and the tests hold that the example gets exactly its row.
"""

from __future__ import annotations

from dataclasses import dataclass

from matrixcalc.operators import SPELLINGS


@dataclass(frozen=True, slots=True)
class Wording:
    """A mistake and what is said about it.

    Attributes:
        example: a text with the mistake.
        found: a pattern for the text at the place where reading stopped.
        after: what stands before the place, any of the letters of ``wordings.Place``.
        message: with ``{found}`` for what matched, ``{before}`` for the sign that precedes
            it, and the names of other groups of the patterns.
        hint: the likely fix.
        inside: True only within parentheses, False only outside, None anywhere.
        at_open: whether to point at the parenthesis that is open.
        before: a pattern for the end of the text before the place; a group ``start`` in it
            is where to begin to point.
        declaring: True only where the kind of a variable is told.
    """

    example: str
    found: str
    after: str
    message: str
    hint: str = ""
    inside: bool | None = None
    at_open: bool = False
    before: str = ""
    declaring: bool | None = None


_CLOSE = r"(?P<found>\))"
_WORD = r"[^\W\d_⁰¹²³⁴-⁹ᵀ][^\W⁰¹²³⁴-⁹ᵀ]*"
_NAME = rf"(?P<found>{_WORD})"
_NUMBER = r"(?P<found>\.?\d[\w.]*)"
_OPERATOR = r"(?P<found>\*\*|\.\*\*|\.[*/^]|[-+*/\\@^⊙⊘⊗])"
_END = r"(?P<found>)\Z"
_FUNCTION = rf"\b(?P<function>{'|'.join(sorted(SPELLINGS))})"
_NO_WORD = "'{found}' is not of the language"
_KINDS = "the kinds are scalar, vector(n), row(n) and matrix(n, m)"
_CASES = "for a distinction of cases there are step(x), sign(x), relu(x) and abs(x)"
_ALONE = "give the expression alone, and the variables by their names"

WORDINGS = (
    # declarations
    Wording(
        "x: ; x", r"(?P<found>[;,]|\Z)", "", "the kind is missing after ':'", _KINDS,
        before=r":", declaring=True, inside=False,
    ),
    Wording(
        "x: (n, m)", r"(?P<found>\()", "", "the kind is missing before '('", "write matrix(n, m)",
        before=r":", declaring=True,
    ),
    Wording(
        "x: vector(n), y: vector(n); x", r"(?P<found>,)(?=[^;\n]*:)", "",
        "a ',' between declarations", "separate them by ';'", inside=False, declaring=True,
    ),
    Wording(
        "A: matrix(n, n) symmetric, positive; A", r"(?P<found>,)", "", "a ',' in a declaration",
        "properties are separated by blanks: matrix(n, n) symmetric positive",
        inside=False, declaring=True,
    ),
    Wording(
        "A: matrix(n, n) positive-definite; A", r"(?P<found>-)\s*definite", "",
        "'-' cannot stand in a declaration", "write positive_definite", declaring=True,
        before=r"positive",
    ),
    Wording(
        "A: symmetric matrix(n, n); A", r"(?P<found>\()", "w",
        "a kind comes first, then properties",
        "write {kind}(…) {property}", declaring=True, inside=False,
        before=rf":?\s*(?P<start>(?P<property>{_WORD}))\s+(?P<kind>vector|row|matrix)",
    ),
    Wording(
        "x: vector(n) y: vector(n); x", r"(?P<found>:)", "v", "a second ':' in one statement",
        "separate declarations by ';'", inside=False, declaring=True,
    ),
    Wording(
        "x: vector[n]; x", r"(?P<found>[\[{<])", "", "a '{found}' in a declaration",
        "dimensions stand in parentheses: vector(n), matrix(n, m)", declaring=True,
    ),
    Wording(
        "x: matrix(n by m); x", rf"(?P<found>{_WORD})", "w",
        "an operator or ',' is missing between '{before}' and '{found}'",
        "dimensions are separated by ',': matrix(n, m)", inside=True, declaring=True,
    ),
    Wording(
        "x: vector(n) = z", r"(?P<found>=)", "v", "'=' cannot stand in a declaration",
        "separate the declaration from the equation by ';'", inside=False, declaring=True,
    ),
    Wording(
        "x: vector(n) x'*x", r"(?P<found>\*\*|\.[*/^]|[-+*/\\@^'(⊙⊘⊗ᵀ])", "",
        "'{found}' cannot stand in a declaration", f"{_KINDS}; statements are separated by ';'",
        inside=False, declaring=True,
    ),
    Wording(
        "x, y: vector(n); x'*y", r"(?P<found>,)(?=[^;()\n]*:)", "w",
        "one name for each declaration", "write x: vector(n); y: vector(n)", inside=False,
    ),
    # words and signs of other languages
    Wording(
        "lambda x: x", rf"(?P<found>{_WORD})(?=[\w, ]*:)", "w",
        "'lambda' is not of the language: no functions are defined", _ALONE,
        before=r"(?P<start>\blambda)",
    ),
    Wording(
        "function f(x) = x", _NAME, "w",
        "'{word}' is not of the language: no functions are defined",
        _ALONE, before=r"(?P<start>\b(?P<word>def|function|let|return|import))",
    ),
    Wording(
        "x y: vector(n); x'*y", rf"(?P<found>{_WORD})(?=\s*:(?!=))", "w",
        "one name for each declaration", "write x: vector(n); y: vector(n)", inside=False,
    ),
    Wording(
        "x and z", r"(?P<found>(?:and|or|not|if|else|mod|in|is|for|where)\b)", "wnv", _NO_WORD,
        "expressions are made of + - * / ^ ' and functions",
    ),
    Wording(
        "\\foo(x)", r"(?P<found>\\[A-Za-z]+)", "soc,",
        "'{found}' is no command of LaTeX that is read here",
    ),
    Wording(
        "{x}", r"(?P<found>[{}])", "", "a brace '{found}' is not of the language", "write ( and )",
    ),
    Wording(
        "Tr[Q]", r"(?P<found>\[)", "wv",
        "a bracket '[' is not of the language: there are no entries by index",
        "a function is called by f(x); for an entry, multiply by a unit vector",
    ),
    Wording(
        "[1, 2]*x", r"(?P<found>[\[\]])", "",
        "a bracket '{found}' is not of the language: there are no lists",
        "write ( and ) to group, and a name for a vector or matrix; its numbers come later",
    ),
    Wording(
        "A(:, 1)", r"(?P<found>:)", "",
        "a ':' within parentheses: there are no ranges and no entries",
        "for a column or an entry, multiply by unit vectors", inside=True,
    ),
    Wording(
        "|a|", r"(?P<found>\|)", "", "a bar '|' is not of the language",
        "write abs(a) for an absolute value, norm2(x) for a norm, det(X) for a determinant",
    ),
    Wording(
        "x -> x'*x", r"(?P<found>>)", "",
        "'{sign}>' is not of the language: no functions are defined",
        _ALONE, before=r"(?P<start>(?P<sign>[-=]))",
    ),
    Wording(
        "x != z", r"(?P<found>!=|~=)", "",
        "'{found}' is not of the language: there are no comparisons", _CASES,
    ),
    Wording("a!", r"(?P<found>!)", "", "'!' is not of the language"),
    Wording(
        'x*"y"', r"(?P<found>[\"“”«»])", "", "a quotation mark is not of the language",
        "for a transpose write x'",
    ),
    Wording(
        "x <- z", r"(?P<found><-|:=)", "", "'{found}' is not of the language",
        "write name = expression",
    ),
    Wording(
        "x := z", r"(?P<found>=)", "", "':=' is not of the language", "write name = expression",
        before=r"(?P<start>:)",
    ),
    Wording(
        "x == z", r"(?P<found>=)", "", "'==' is not of the language: there are no comparisons",
        "an equation or a claim has a single =", before=r"(?P<start>=)",
    ),
    Wording(
        "x <= z", r"(?P<found>[<>]=?|≤|≥|≠|≈)", "",
        "'{found}' is not of the language: there are no comparisons", _CASES,
    ),
    Wording(
        "a // 2", r"(?P<found>/)", "o", "'//' is not of the language",
        "write / to divide; a comment begins with #", before=r"(?P<start>/)",
    ),
    Wording(
        "/* c */ x", r"(?P<found>/[/*])", "sc,", "'{found}' is not of the language",
        "a comment begins with #",
    ),
    Wording(
        "x.+z", r"(?P<found>\.[-+])", "", "'{found}' is not an operator",
        "+ and - work element by element as they are: leave out the dot",
    ),
    Wording(
        "x.dot(z)", rf"(?P<found>\.{_WORD})", "v",
        "'{found}' is not of the language: names have no parts",
        "call functions by their own names, as in dot(x, y) and inv(X); a transpose is x' or x.T",
    ),
    Wording(
        "∇x", r"(?P<found>∇)", "", "'∇' is not of the language",
        "write d(f)/dx in a claim; for a gradient, differentiate the expression by its variable",
    ),
    Wording(
        "2*∂x", r"(?P<found>∂)", "",
        "a derivative can stand only at the head of a claim: d(f)/dx = …",
    ),
    Wording("∑x", r"(?P<found>[∑∏∫])", "", _NO_WORD, "write sum(x) for a sum"),
    Wording("√x", r"(?P<found>[√∛])", "", _NO_WORD, "write sqrt(x), cbrt(x)"),
    Wording("‖x‖", r"(?P<found>[‖∥])", "", _NO_WORD, "write norm2(x) for a norm"),
    Wording("⟨x, z⟩", r"(?P<found>[⟨⟩〈〉])", "", _NO_WORD, "write x'*y for an inner product"),
    Wording(
        "X†", r"(?P<found>[†‡])", "", _NO_WORD,
        "write pinv(X) for a pseudoinverse, x' for a transpose",
    ),
    Wording("x ∈ z", r"(?P<found>∈)", "", _NO_WORD, "a declaration is written x: vector(n)"),
    Wording("x ↦ z", r"(?P<found>[→↦⇒⟶])", "", _NO_WORD, _ALONE),
    # primes
    Wording(
        "x: vector('n'); x", rf"(?P<found>'{_WORD}')", "soc,",
        "a text in quotes is not of the language", "write the name without quotes", declaring=True,
    ),
    Wording(
        "norm(X, 'fro')", rf"(?P<found>'{_WORD}')", "soc,",
        "a text in quotes is not of the language",
        "norm2 is the Frobenius norm of a matrix, norm1 the sum of absolute values",
    ),
    Wording("'x*x", r"(?P<found>')", "soc,", "a transpose ' stands after its operand", "write x'"),
    # parentheses
    Wording(
        "x'*x)", _CLOSE, "vsoc", "this ')' closes nothing",
        "leave it out, or open a '(' before it", inside=False,
    ),
    Wording("(x'*x", _END, "v", "this '(' is never closed", "add a ')'", at_open=True, inside=True),
    Wording(
        "(x; y)", r"(?P<found>;)", "",
        "';' separates statements and cannot stand within parentheses",
        "separate arguments by ','", inside=True,
    ),
    Wording(
        "sum(X, axis=0)", r"(?P<found>=)", "", "arguments have no names here",
        "sum(X, 1) is down the columns, a row; sum(X, 2) along the rows, a column",
        inside=True, before=r"(?P<start>\b(?:axis|dim))",
    ),
    Wording("(x = y)", r"(?P<found>=)", "", "'=' cannot stand within parentheses", inside=True),
    Wording(
        "()", _CLOSE, "c", "there is nothing between these parentheses", at_open=True, inside=True
    ),
    # commas
    Wording(
        "x, y", r"(?P<found>,)", "v", "',' can stand only between the arguments of a function",
        "separate statements by ';'", inside=False,
    ),
    Wording(", x", r"(?P<found>,)", "soc,", "there is nothing before this ','", inside=False),
    Wording(
        "(x, y)", r"(?P<found>,)", "v", "',' can stand only between the arguments of a function",
        "a vector or matrix is written as one name, its numbers come later", inside=True,
    ),
    Wording(
        "dot(x,,y)", r"(?P<found>,)", "c,", "an argument is missing before this ','", inside=True
    ),
    Wording("dot(x,)", _CLOSE, ",", "an argument is missing before this ')'", inside=True),
    # operands without an operator
    Wording(
        "1_000*a", r"(?P<found>_\d[\d_]*)", "n", "'_' cannot stand within a number",
        "write the digits together",
    ),
    Wording(
        "2x", _NAME, "n", "an operator is missing between '{before}' and '{found}'",
        "write {before}*{found}",
    ),
    Wording(
        "1.2.3*a", r"(?P<found>\.[\w.]*)", "n",
        "an operator is missing between '{before}' and '{found}'", "a number has one point",
    ),
    Wording("2 3", _NUMBER, "n", "an operator is missing between '{before}' and '{found}'"),
    Wording(
        "sin x", rf"(?P<found>{_WORD}|[0-9.]+)", "w",
        "the argument of {function} stands in parentheses", "write {function}({found})",
        before=_FUNCTION,
    ),
    Wording(
        "sin^2(x)", r"(?P<found>\()", "v", "'{function}' is a function; its argument is missing",
        "write {function}(x){power} for the power of its value",
        before=rf"(?P<start>{_FUNCTION}\s*(?P<power>(?:\.?\^|\*\*)\s*-?\d+|'|[⁻⁰¹²³⁴-⁹]+))",
    ),
    Wording(
        "x 2", _NUMBER, "w", "an operator is missing between '{before}' and '{found}'",
        "write {before}*{found} or {before}^{found}",
    ),
    Wording(
        "Q x", _NAME, "w", "an operator is missing between '{before}' and '{found}'",
        "write {before}*{found}",
    ),
    Wording(
        "x'y", r"(?P<found>[^\W_]\w*)", "v", "an operator is missing before '{found}'",
        "for a product write *",
    ),
    Wording(
        "(x)(y)", r"(?P<found>\()", "v", "an operator is missing before this '('",
        "for a product write *",
    ),
    Wording(
        "d(f)/y", _NAME, "o", "'{found}' does not say by what the derivative is taken",
        "write dx after the / of a derivative by x",
    ),
    # operators without an operand
    Wording(
        "x %*% z", r"(?P<found>%[*ox/]*%)", "v", _NO_WORD,
        "write * for a product, outer(x, y) for an outer product",
    ),
    Wording(
        "x +/ y", _OPERATOR, "o", "there is nothing between '{before}' and '{found}'",
        "an operand is missing, or one operator is too many",
    ),
    Wording("*x", _OPERATOR, "sc,", "there is nothing before '{found}'", "an operand is missing"),
    Wording(
        "(x + )", _CLOSE, "o", "there is nothing between '{before}' and ')'",
        "an operand is missing",
    ),
    Wording("x +", _END, "o", "the text ends after '{before}'", "an operand is missing"),
    Wording(
        "x +; y", r"(?P<found>;)", "o", "there is nothing between '{before}' and ';'",
        "an operand is missing",
    ),
    Wording(
        "x += y", r"(?P<found>=)", "o", "'{before}=' is not of the language",
        "write another name on the left, as in y = x + z", before=r"(?P<start>[-+*/^@])",
    ),
    Wording(
        "= y", r"(?P<found>=)", "so", "there is nothing before '='",
        "an equation or a claim has a single =",
    ),
    Wording("norm2(", _END, "c,", "this '(' is never closed", "add a ')'", at_open=True),
    Wording(
        "x =", _END, "s", "the text ends where an expression is expected",
    ),
    Wording(
        "x²^3", r"(?P<found>\*\*|\.?\^|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", "v", "a power after a power",
        "write parentheses to say which comes first",
    ),
    # statements
    Wording(
        "x = y = z", r"(?P<found>=)", "v", "a second '=' in one statement",
        "separate equations by ';'",
    ),
    Wording(
        "x + y: vector(n)", r"(?P<found>:)", "", "':' stands in declarations, after a name",
        "write x: vector(n)",
    ),
    # characters
    Wording(
        "x...", r"(?P<found>\.\.+)", "", "'{found}' is not of the language",
        "an operator at the end of a line continues it in the next; the dotted ones are .* ./ .^",
    ),
    Wording(
        "x. z", r"(?P<found>\.)", "", "a '.' that belongs to no number and no operator",
        "the dotted operators are .* ./ and .^",
    ),
    Wording("x $ y", r"(?P<found>\$)", "", "'$' is not of the language", "write the formula alone"),
    Wording("x % y", r"(?P<found>%)", "", "'%' is not of the language", "a comment begins with #"),
    Wording("_x", r"(?P<found>_\w*)", "", "'{found}': a name begins with a letter"),
    Wording(
        "xᴴ", r"(?P<found>\ufffd)", "", "the character {character} is not of the language",
        "write x' for a transpose, x_i for a name with an index, 1/2 for a fraction",
    ),
    Wording("x*😀", r"(?P<found>\S)", "", "the character {character} is not of the language"),
)
"""Every wording, the first that fits being used."""

LAST = Wording("", r"(?P<found>)", "", "this cannot be read")
EMPTY = "there is no expression"
