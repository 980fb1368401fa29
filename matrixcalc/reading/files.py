"""A file's claims, by its suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from matrixcalc.reading.latex import claims_in_latex
from matrixcalc.reading.markdown import claims_in_markdown
from matrixcalc.reading.mc import claims_in
from matrixcalc.reading.python import claims_in_python
from matrixcalc.reading.records import Found


def claims_of(path: Path) -> list[Found]:
    """The claims in a file; one with a ``problem`` where it cannot be read."""
    name = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        return [Found(name, 1, "", problem=(error.strerror or str(error)).lower())]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [Found(name, line, "", problem=f"this is no UTF-8 text (byte {error.start})")]
    return list(_READERS.get(path.suffix.lower(), claims_in)(text, name))


_READERS: dict[str, Callable[[str, str], Iterable[Found]]] = {
    ".md": claims_in_markdown,
    ".markdown": claims_in_markdown,
    ".py": claims_in_python,
    ".tex": claims_in_latex,
    ".mc": claims_in,
}
SUFFIXES = tuple(_READERS)
