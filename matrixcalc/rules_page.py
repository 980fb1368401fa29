"""The page docs/rules.md, made from the rule table.

``python -m matrixcalc.rules_page > docs/rules.md`` writes it anew.
"""

from __future__ import annotations

import sys

from matrixcalc.operators import CONTRACTIONS, DEFINED, ELEMENTWISE, FUNCTIONS, LAWS, Operator
from matrixcalc.report import rule_of, spelling

_GROUPS: tuple[tuple[str, str, tuple[Operator, ...]], ...] = (
    (
        "Elementwise functions",
        "They act on each entry of a scalar, vector or matrix. `dA` is the differential of the "
        "argument `A`.",
        ELEMENTWISE,
    ),
    (
        "Functions that are replaced by their definition",
        "They are abbreviations: what they stand for is differentiated.",
        DEFINED,
    ),
    (
        "Contractions",
        "They are linear and given by their indices (`ii ->` sums the diagonal), from which the "
        "derivative follows mechanically.",
        CONTRACTIONS,
    ),
    (
        "Functions with a differential of their own",
        "`B` is the second argument.",
        FUNCTIONS,
    ),
)

_HEADER = ("function", "also", "signature", "rule", "where", "source", "example")


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`" if text else ""


def _row(row: Operator) -> tuple[str, ...]:
    return (
        _code(spelling(row)),
        ", ".join(_code(alias) for alias in row.aliases),
        _code(row.signature),
        _code(rule_of(row)),
        row.where.format(A="A"),
        row.source,
        _code(row.example),
    )


def page() -> str:
    """The whole page, as Markdown.

    >>> print(page().splitlines()[0])
    # The rule table
    """
    lines = [
        "# The rule table",
        "",
        "Made from `matrixcalc/operators.py` by `python -m matrixcalc.rules_page > docs/rules.md`.",
        "`matrixcalc rules --verify` checks the rows.",
        "",
        "In signatures `any` is a scalar, vector, row or matrix, `[]` a scalar, `[n]` a vector or",
        "row, `[n,m]` a matrix, and `same` has the shape of the first argument.",
    ]
    for title, prose, rows in _GROUPS:
        lines += ["", f"## {title}", "", prose, ""]
        lines += [f"| {' | '.join(_HEADER)} |", "|" + " --- |" * len(_HEADER)]
        lines += [f"| {' | '.join(_row(row))} |" for row in rows]
    lines += [
        "",
        "## Laws",
        "",
        "The other rules that a derivation names; `matrixcalc rules --verify` checks them too.",
        "",
        "| law | statement | where | source |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {law.name} | {_code(law.statement)} | {law.where} | {law.source} |"
        for law in LAWS.values()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
