"""The parser's tables: built from the grammar once, kept beside it, loaded in milliseconds.

``python -m matrixcalc.tables`` writes ``grammar/matrix.json`` anew after a change of
``grammar/matrix.lark``. Tables of another grammar or of another version of Lark are not used:
then the parser is built from the grammar itself, which takes a quarter of a second.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

START = ["program", "kind"]


def folder() -> Path:
    """Where the grammar is: in the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "grammar"
    return inside if (inside / "matrix.lark").is_file() else package.parent / "grammar"


def load(transformer: object) -> Lark:
    """The parser, which calls the methods of ``transformer`` for what it reads."""
    from lark import Lark, __version__

    place = folder()
    grammar = (place / "matrix.lark").read_text(encoding="utf-8")
    saved = place / "matrix.json"
    if saved.is_file():
        tables = json.loads(saved.read_text(encoding="utf-8"), object_hook=_whole_keys)
        if tables["lark"] == __version__ and tables["grammar"] == _digest(grammar):
            parser = Lark.__new__(Lark)
            parser._load(tables["tables"], transformer=transformer)
            return parser
    return _build(grammar, transformer)


def tables_text() -> str:
    """What ``matrix.json`` must hold for the grammar and the Lark that are there now."""
    from lark import __version__
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    grammar = (folder() / "matrix.lark").read_text(encoding="utf-8")
    data, memo = _build(grammar, None).memo_serialize([TerminalDef, Rule])
    tables = {
        "lark": __version__,
        "grammar": _digest(grammar),
        "tables": {"data": data, "memo": memo},
    }
    return json.dumps(tables, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _build(grammar: str, transformer: Any) -> Lark:
    from lark import Lark

    return Lark(grammar, parser="lalr", lexer="contextual", start=START, transformer=transformer)


def _digest(grammar: str) -> str:
    return blake2b(grammar.replace("\r\n", "\n").encode(), digest_size=16).hexdigest()


def _whole_keys(table: dict[str, Any]) -> dict[str | int, Any]:
    # JSON has no whole numbers as keys, Lark's tables have
    return {int(key) if key.isdecimal() else key: value for key, value in table.items()}


if __name__ == "__main__":
    (folder() / "matrix.json").write_text(tables_text(), encoding="utf-8")
