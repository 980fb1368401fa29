"""Claims in Markdown, and in docstrings: fenced blocks and ``>>>`` lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from matrixcalc.reading.mc import claims_in
from matrixcalc.reading.records import Found

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([\w-]*)")
_PROMPT = re.compile(r"^\s*>>>\s*(?P<text>.*?)\s*(?:#.*)?$")
_CALL = re.compile(r"""^check\(\s*(?P<q>['"])(?P<text>.*)(?P=q)\s*\)$""")


def is_claim(text: str) -> bool:
    """Whether what stands behind a prompt is a claim; a line of Python is none.

    >>> [is_claim(t) for t in ("tr(A*B) = tr(B*A)", "x = f(3)", "f(x) == 3", "f(x, key=3)")]
    [True, False, False, False]
    """
    depth, equals = 0, []
    for i, sign in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
        if sign == "=" and depth == 0:
            equals.append(i)
    if not equals or not re.search(r"[(∂]", text[: equals[0]]):
        return False
    if any(text[i - 1] in "=!<>:+-*/%&|^@" or text[i + 1 : i + 2] == "=" for i in equals):
        return False
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return True
    return False


def claims_in_markdown(text: str, file: str, first: int = 1) -> Iterator[Found]:
    """Blocks marked ``matrixcalc``, and doctest lines: a claim, or ``check("…")``.

    >>> [f.line for f in claims_in_markdown("```matrixcalc\\ntr(A) = tr(A')\\n```", "a.md")]
    [2]
    """
    fence = ""
    ours = False
    block: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), first):
        mark = _FENCE.match(line)
        if fence:
            if mark is not None and mark[2].startswith(fence) and not mark[3]:
                if ours:
                    yield from claims_in("\n".join(block), file, start)
                fence, ours, block = "", False, []
                continue
            if ours:
                block.append(line)
                continue
        elif mark is not None:
            fence, ours, start = mark[2], mark[3] == "matrixcalc", number + 1
            continue
        prompt = _PROMPT.match(line)
        if prompt is not None:
            called = _CALL.match(prompt["text"])
            if called is not None or is_claim(prompt["text"]):
                claim = (called or prompt)["text"]
                yield Found(file, number, claim, shown=claim)
    if ours:
        yield from claims_in("\n".join(block), file, start)
