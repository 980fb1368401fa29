r"""Claims in LaTeX: ``\frac{\partial …}{\partial …} = …`` in display maths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matrixcalc.reading.records import Found

_DISPLAY = re.compile(
    r"\\\[(.*?)\\\]|\$\$(.*?)\$\$|\\begin\{(equation|align|gather|multline|displaymath)(\*?)\}"
    r"(.*?)\\end\{\3\4\}",
    re.DOTALL,
)
_ROW = re.compile(r"(.*?)(?:\\\\|\Z)", re.DOTALL)
_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec)\s*(?:\{\s*([a-g])\s*\}|([a-g])(?![a-z]))")
_OPERATOR = re.compile(r"^\s*¶(2?)\(\)/(\([^)]*\))(.*?)=", re.DOTALL)
_HEAD = re.compile(r"\\[dt]?frac\s*\{\s*(?:\\partial|\\mathrm\{d\}|d)")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_STYLE = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathrm|mathit|mathsf|vec|hat|bar)\s*")
_DROPPED = re.compile(
    r"\\(?:left|right|bigg?[lr]?|Bigg?[lr]?|,|;|!|:|quad|qquad|displaystyle"
    r"|nonumber|notag)(?![a-zA-Z])"
    r"|\\label\{[^}]*\}|&"
)
_FUNCTION = re.compile(
    r"\\(?:operatorname\*?\s*\{\s*(\w+)\s*\}"
    r"|(log|exp|sin|cos|tan|det|sinh|cosh|tanh|tr|ln|Tr)(?![a-zA-Z]))"
)
_NAMES = {"Tr": "tr", "trace": "tr", "ln": "log", "diag": "diag", "vec": "vec"}
_GREEK_NAMES = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta"),
    *("iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi"),
    *("chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma"),
    *("Phi", "Psi", "Omega"),
)
_GREEK = re.compile(rf"\\({'|'.join(_GREEK_NAMES)})(?![a-zA-Z])")
_PLAIN_WORD = re.compile(r"[A-Za-z]+$")
_KEPT = {*_GREEK_NAMES, "vector", "eye"}
_TOKEN = re.compile(r"\s*(?:([A-Za-z_]\w*|\d+(?:\.\d+)?)|(\.\*|\./|\.\^|.))", re.DOTALL)


def claims_in_latex(text: str, file: str) -> Iterator[Found]:
    r"""The claims in display maths.

    >>> text = r"\[\frac{\partial x^\top A x}{\partial x} = x^\top(A+A^\top)\]"
    >>> next(claims_in_latex(text, "a.tex")).text
    "d(x'*A*x)/(dx) = x'*(A+A')"
    """
    clean = _COMMENT.sub(lambda m: " " * len(m[0]), text)
    for display in _DISPLAY.finditer(clean):
        body = display[1] or display[2] or display[5] or ""
        offset = display.start(1 if display[1] else 2 if display[2] else 5)
        for row in _ROW.finditer(body):
            if not _HEAD.search(row[1]) or "=" not in row[1]:
                continue
            head = row.start() + len(row[1]) - len(row[1].lstrip())
            line = text.count("\n", 0, offset + head) + 1
            shown = " ".join(row[1].split())
            yield Found(file, line, to_language(row[1]), shown=shown)


def to_language(tex: str) -> str:
    r"""A formula of LaTeX in the input language.

    >>> to_language(r"2\,\mathbf{A}^\top(\mathbf{A}\mathbf{x} - b)")
    "2*A'*(A*x-b)"
    """
    s = _DROPPED.sub(" ", tex)
    s = re.sub(r"\\[dt]frac", r"\\frac", s).strip().rstrip(".,; ")
    # a bold letter is a vector, whatever its name alone would tell
    s = _BOLD.sub(lambda m: f" v_{m[1] or m[2]} ", s)
    s = _unstyled(s)
    s = re.sub(r"\\(?:lVert|rVert|Vert|\|)", "‖", s).replace("\\|", "‖")
    s = re.sub(r"‖(.*?)‖\s*(?:_\s*\{?[2F]\}?)?", r" norm2§(\1) ", s)
    s = re.sub(
        r"\^\s*(?:\{\s*(?:\\top|\\intercal|\\mathsf\s*T|T|')\s*\}|\\top|\\intercal|T(?![a-z]))",
        "' ",
        s,
    )
    s = re.sub(r"\^\s*\{?\s*-\s*\\top\s*\}?|\^\s*\{\s*-\s*T\s*\}", "^(-1)' ", s)
    s = _FUNCTION.sub(lambda m: f" {_NAMES.get(m[1] or m[2], m[1] or m[2])}§", s)
    s = _GREEK.sub(r" \1 ", s)
    s = re.sub(r"\\(?:odot|circ)(?![a-z])", " .* ", s)
    s = re.sub(r"\\otimes(?![a-z])", " ⊗ ", s)
    s = re.sub(r"\\(?:cdot|times)(?![a-z])", " * ", s)
    s = re.sub(r"\\(?:mathbb\{?1\}?|one)", " vector(1) ", s)
    s = _OPERATOR.sub(r"¶\1(\3)/\2 =", _fractions(s))
    s = s.replace("\\partial", "∂").replace("[", "(").replace("]", ")")
    s = re.sub(r"_\s*\{(\w+)\}", r"_\1", s)
    s = s.replace("{", "(").replace("}", ")")
    return _with_products(s)


def _unstyled(s: str) -> str:
    while True:
        found = _STYLE.search(s)
        if found is None:
            return s
        if s[found.end() : found.end() + 1] == "{":
            end = _closing(s, found.end())
            s = s[: found.start()] + " " + s[found.end() + 1 : end] + " " + s[end + 1 :]
        else:
            s = s[: found.start()] + " " + s[found.end() :]


def _closing(s: str, start: int) -> int:
    depth = 0
    for i in range(start, len(s)):
        depth += {"{": 1, "}": -1}.get(s[i], 0)
        if depth == 0:
            return i
    return len(s) - 1


def _fractions(s: str) -> str:
    while True:
        at = s.rfind("\\frac")
        if at < 0:
            return s
        rest = at + 5
        parts = []
        for _ in range(2):
            while rest < len(s) and s[rest].isspace():
                rest += 1
            if s[rest : rest + 1] == "{":
                end = _closing(s, rest)
                parts.append(s[rest + 1 : end])
                rest = end + 1
            else:
                parts.append(s[rest : rest + 1])
                rest += 1
        top, bottom = (p.strip() for p in parts)
        s = f"{s[:at]} {_quotient(top, bottom)} {s[rest:]}"


def _quotient(top: str, bottom: str) -> str:
    head = re.match(r"(?:\\partial|d)\s*(\^\s*\{?2\}?)?\s*(.*)$", top, re.DOTALL)
    below = re.findall(r"(?:\\partial|d)\s*([A-Za-z]\w*)\s*(?:\^\s*\{?(2)\}?)?\s*('?)", bottom)
    if head is None or not re.match(r"\\partial|d\s*[A-Za-z]", bottom) or not below:
        return f"(({top})/({bottom}))"
    names = [n for n, twice, _ in below for _ in range(2 if twice else 1)]
    order = "2" if len(names) == 2 else ""
    of = head[2].strip()
    return f"¶{order}({of})/({' '.join('¶' + n for n in names)})"


def _with_products(s: str) -> str:
    """Names and numbers that stand side by side are multiplied."""
    out: list[str] = []
    ends = False
    for match in _TOKEN.finditer(s):
        word, sign = match[1], match[2]
        token = (word or sign or "").strip()
        if not token:
            continue
        if word is not None and _PLAIN_WORD.match(word) and word not in _KEPT:
            after = match.string[match.end() : match.end() + 1]
            word = word if after == "§" else "*".join("eye" if c == "I" else c for c in word)
            token = word
        starts = word is not None or token == "("
        glued = bool(out) and (out[-1] in ("§", "¶", "¶2"))
        if starts and ends and not glued and out[-1] != "vector":
            out.append("*")
        if word is not None and out and out[-1] == "¶" and word == "2":
            out[-1] = "¶2"
            ends = False
            continue
        out.append(token)
        ends = word is not None or token in (")", "'")
    text = "".join(out).replace("§", "").replace("vector*(1)", "vector(1)")
    text = re.sub(r"^¶(2?)\(", r"d\1(", text)
    text = text.replace("¶", "d").replace("=", " = ").replace("∂", "d")
    return _grouped_calls(text)


def _grouped_calls(text: str) -> str:
    """``tr A`` is written ``tr(A)``."""
    return re.sub(r"\b(tr|log|exp|det|vec|diag|logdet)\*?(?=[A-Z]\b)([A-Z]\w*)", r"\1(\2)", text)
