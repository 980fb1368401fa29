"""Claims in Markdown, and in docstrings: fenced blocks and ``>>>`` lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matrixcalc.reading.mc import claims_in
from matrixcalc.reading.records import Found

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([\w-]*)")
_PROMPT = re.compile(r"^\s*>>>\s*(?:check\(\s*)?(?P<q>['\"]?)(?P<text>.*?)(?P=q)\s*\)?\s*(?:#.*)?$")
_CLAIM = re.compile(r"^(?:(?:d\d?|∂²?)\s*\(.*=|(?:grad|gradient|jacobian|hessian)\(.*=|∂)")


def claims_in_markdown(text: str, file: str, first: int = 1) -> Iterator[Found]:
    """Blocks marked ``matrixcalc``, and doctest lines that are claims.

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
        if prompt is not None and _CLAIM.match(prompt["text"]):
            yield Found(file, number, prompt["text"], shown=prompt["text"])
    if ours:
        yield from claims_in("\n".join(block), file, start)
