"""What a step says of its rule: the name, where it is found, and the rule itself."""

from __future__ import annotations

from collections.abc import Collection

from matrixcalc import build
from matrixcalc.calls import make_call
from matrixcalc.dims import ONE, SCALAR, Dim, Shape
from matrixcalc.operators import LAWS, TABLE
from matrixcalc.printers.text import to_text
from matrixcalc.templates import differential_of, substitute

_N, _M = Dim.named("n"), Dim.named("m")
_ARGUMENTS: dict[str, tuple[str, Shape]] = {
    "[]": ("abcu", SCALAR),
    "[n]": ("uvwz", (_N, ONE)),
    "[n,n]": ("AUVZ", (_N, _N)),
    "[n,m]": ("AUVZ", (_N, _M)),
    "any": ("AUVZ", (_N, _M)),
}
"""Letters for the argument of a rule and its shape, by the signature."""


def title(op: str) -> str:
    """The name of a row as it is written: ``sum(A, 1)`` for the sums of the columns.

    >>> title("colsum"), title("tr")
    ('sum(A, 1)', 'tr')
    """
    row = TABLE[op]
    return row.spelled.format(A="A") if row.spelled else row.name


def source_of(rule: str) -> str:
    """Where a rule is found, be it a law or a row of the table.

    >>> source_of("logdet"), source_of("sum(A, 1)")
    ('Petersen & Pedersen, The Matrix Cookbook (2012), (43)', 'definition')
    """
    if rule in LAWS:
        return LAWS[rule].source
    return next((row.source for op, row in TABLE.items() if title(op) == rule), "calculus")


def statement_of(rule: str, taken: Collection[str] = ()) -> str:
    """The rule itself, with a letter for its argument that is not taken; ``""`` without one.

    >>> statement_of("product rule")
    'd(A*B) = dA*B + A*dB'
    >>> statement_of("logdet"), statement_of("tanh", {"A"})
    ('d(logdet(A)) = tr(inv(A)*dA)', 'd(tanh(U)) = (1 - tanh(U).^2).*dU')
    """
    if rule in LAWS:
        return LAWS[rule].statement
    row = TABLE.get(rule)
    if row is None or not row.differential:
        return ""
    letters, shape = _ARGUMENTS[row.signature.partition(" ->")[0]]
    letter = next((a for a in letters if not {a, f"d{a}"} & set(taken)), "")
    if not letter:
        return ""
    function = make_call(rule, (build.sym(letter, shape),))
    if function.op != rule:
        return ""
    made, increment = differential_of(function)
    made = substitute(made, {increment: build.sym(f"d{letter}", shape)})
    return f"d({rule}({letter})) = {to_text(made)}"
