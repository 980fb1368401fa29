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
_ROW = re.compile(r"(.*?)(?:\\\\(?:\[[^\]]*\])?|\Z)", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_HEAD = re.compile(
    r"(?:\s|[&~]|\\(?:[,;:!]|q?quad(?![a-z])))*"
    r"(?:\\[dt]?frac\s*\{\s*(?:\\partial(?![a-z])|\\mathrm\s*\{\s*d\s*\}|d(?=[^}]*\}\s*\{\s*d[\s\\a-zA-Z]))"
    r"|\\partial(?![a-z])|\\nabla(?![a-z])|\\mathrm\s*\{\s*d\s*\}|d\s*(?:\\left\s*)?\()"
)


def claims_in_latex(text: str, file: str) -> Iterator[Found]:
    r"""The claims in display maths; a row without an = continues the one above it.

    >>> text = r"\[\frac{\partial x^\top A x}{\partial x} = x^\top(A+A^\top)\]"
    >>> next(claims_in_latex(text, "a.tex")).text
    '\\frac{\\partial x^\\top A x}{\\partial x} = x^\\top(A+A^\\top)'
    """
    clean = _COMMENT.sub(lambda m: " " * len(m[0]), text)
    for display in _DISPLAY.finditer(clean):
        group = 1 if display[1] is not None else 2 if display[2] is not None else 5
        offset = display.start(group)
        claims: list[tuple[int, str]] = []
        last_is_claim = False
        for row in _ROW.finditer(display[group]):
            if "=" not in row[1]:
                if last_is_claim and row[1].strip():
                    start, above = claims[-1]
                    claims[-1] = (start, f"{above} {row[1]}")
                continue
            last_is_claim = _HEAD.match(row[1]) is not None
            if last_is_claim:
                claims.append((row.start() + len(row[1]) - len(row[1].lstrip()), row[1]))
        for start, body in claims:
            line = text.count("\n", 0, offset + start) + 1
            yield Found(file, line, body.strip().rstrip(".,; \n"), shown=" ".join(body.split()))
