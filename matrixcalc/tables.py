"""The parsers' tables: built from the grammars once, kept beside them, loaded in milliseconds.

``python -m matrixcalc.tables`` writes ``grammar/*.json`` anew after a change of a grammar.
Tables of another grammar or of another version of Lark are not used: then the parser is built
from the grammar itself, which takes a quarter of a second.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

START = {"matrix": ["program", "kind"], "latex": ["program"]}
"""The grammars, each with its start symbols."""


def folder() -> Path:
    """Where the grammars are: in the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "grammar"
    return inside if (inside / "matrix.lark").is_file() else package.parent / "grammar"


def load(name: str, transformer: object) -> Lark:
    """A grammar's parser, which calls the methods of ``transformer`` for what it reads."""
    from lark import Lark, __version__

    grammar = _grammar(name)
    saved = folder() / f"{name}.json"
    if saved.is_file():
        tables = json.loads(saved.read_text(encoding="utf-8"), object_hook=_whole_keys)
        if tables["lark"] == __version__ and tables["grammar"] == _digest(grammar):
            parser = Lark.__new__(Lark)
            parser._load(tables["tables"], transformer=transformer)
            return parser
    return _build(name, grammar, transformer)


def tables_text(name: str) -> str:
    """What the tables' file must hold for the grammar and the Lark that are there now."""
    from lark import __version__
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    grammar = _grammar(name)
    data, memo = _build(name, grammar, None).memo_serialize([TerminalDef, Rule])
    tables = {
        "lark": __version__,
        "grammar": _digest(grammar),
        "tables": {"data": data, "memo": memo},
    }
    return json.dumps(tables, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _grammar(name: str) -> str:
    return (folder() / f"{name}.lark").read_text(encoding="utf-8")


def _build(name: str, grammar: str, transformer: Any) -> Lark:
    from lark import Lark

    start = START[name]
    return Lark(grammar, parser="lalr", lexer="contextual", start=start, transformer=transformer)


def _digest(grammar: str) -> str:
    return blake2b(grammar.replace("\r\n", "\n").encode(), digest_size=16).hexdigest()


def _whole_keys(table: dict[str, Any]) -> dict[str | int, Any]:
    # JSON has no whole numbers as keys, Lark's tables have
    return {int(key) if key.isdecimal() else key: value for key, value in table.items()}


if __name__ == "__main__":
    for grammar_name in START:
        made = tables_text(grammar_name)
        (folder() / f"{grammar_name}.json").write_text(made, encoding="utf-8")
