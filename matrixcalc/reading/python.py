"""Claims in the docstrings of Python files, which are read and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from matrixcalc.reading.markdown import claims_in_markdown
from matrixcalc.reading.records import Found


def claims_in_python(text: str, file: str) -> Iterator[Found]:
    """Fenced blocks and claims behind ``>>>`` in docstrings."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line, reason = getattr(error, "lineno", None) or 1, getattr(error, "msg", str(error))
        yield Found(file, line, "", problem=f"this is no Python: {reason}")
        return
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found: list[Found] = []
    for node in ast.walk(tree):
        if not isinstance(node, kinds) or not node.body:
            continue
        first = node.body[0]
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        ):
            found.extend(claims_in_markdown(first.value.value, file, first.lineno))
    yield from sorted(found, key=lambda f: f.line)
