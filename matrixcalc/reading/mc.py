"""Plain claim files: one claim a line, ``#`` comments, declarations.

A declaration (``A: matrix(n, n)``) and an equation with a name on its left (``q = W*x``) hold
for the lines below, until it is made anew, or until an empty line after a claim; ``layout: mixed``
and ``structured: entries`` too. ``#! false: sign`` at the end of a claim says that it must be
found false, by that slip (or by one of several: ``sign or factor``); ``#! true_if: A symmetric``
that it needs a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matrixcalc.reading.records import LAYOUTS, READINGS, Found

_DECLARATION = re.compile(r"^[^\W\d]\w*\s*:\s*\w")
_EQUATION = re.compile(r"^[^\W\d]\w*\s*=(?!=)")
_EXPECTED = re.compile(r"#!\s*(true_if|true|false|undecided)\b\s*(?::\s*(\w[\w ]*\w))?")
_DECLARED = re.compile(r"(?:^|;)\s*([^\W\d]\w*)\s*:\s*[a-z]")
_SETTING = re.compile(r"^(layout|structured)\s*:\s*(\w+)$")
_SETTINGS = {"layout": LAYOUTS, "structured": READINGS}


def _holds_on(line: str) -> bool:
    if "=" not in line:
        return _DECLARATION.match(line) is not None
    return ";" not in line and _EQUATION.match(line) is not None


def _others(before: list[str], line: str) -> list[str]:
    """The declarations that a line does not make anew."""
    again = set(_DECLARED.findall(line))
    return [b for b in before if not again.intersection(_DECLARED.findall(b))]


def claims_in(text: str, file: str, first: int = 1) -> Iterator[Found]:
    """The claims of a text; ``first`` is the number of its first line.

    >>> [found.text for found in claims_in("A: matrix(n, n)\\ntr(A) = tr(A')", "a.mc")]
    ["A: matrix(n, n); tr(A) = tr(A')"]
    """
    before: list[str] = []
    settings: dict[str, str] = {}
    used = False
    for number, raw in enumerate(text.splitlines(), first):
        line, _, comment = raw.partition("#")
        line = line.strip().rstrip(";")
        if not line:
            if not raw.strip() and used:
                before, settings, used = [], {}, False
            continue
        setting = _SETTING.match(line)
        if setting is not None:
            name, value = setting.groups()
            if value not in _SETTINGS[name]:
                known = ", ".join(_SETTINGS[name])
                problem = f"there is no {name} {value!r}; there are {known}"
                yield Found(file, number, line, problem=problem, shown=line)
                continue
            settings[name] = value
        elif _holds_on(line):
            parts = [line] if "=" in line else [p.strip() for p in line.split(";")]
            for part in parts:
                before = [*_others(before, part), part]
        else:
            used = True
            expected = _EXPECTED.search(raw)
            yield Found(
                file,
                number,
                "; ".join([*_others(before, line), line]),
                settings.get("layout"),
                expected[1] if expected else "true",
                (expected[2] or "") if expected else "",
                shown=line,
                structured=settings.get("structured"),
                note=_EXPECTED.sub("", f"#{comment}").strip("# "),
            )
