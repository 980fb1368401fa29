"""A file's claims, by its suffix."""

from __future__ import annotations

from pathlib import Path

from matrixcalc.reading.latex import claims_in_latex
from matrixcalc.reading.markdown import claims_in_markdown
from matrixcalc.reading.mc import claims_in
from matrixcalc.reading.python import claims_in_python
from matrixcalc.reading.records import Found

SUFFIXES = (".md", ".markdown", ".py", ".tex", ".mc")


def claims_of(path: Path) -> list[Found]:
    """The claims in a file; one with a ``problem`` where it cannot be read."""
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [Found(name, 1, "", problem=f"cannot be read: {error}")]
    if path.suffix in (".md", ".markdown"):
        return list(claims_in_markdown(text, name))
    if path.suffix == ".py":
        return list(claims_in_python(text, name))
    if path.suffix == ".tex":
        return list(claims_in_latex(text, name))
    return list(claims_in(text, name))
