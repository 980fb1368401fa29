"""The conditions under which a derivative holds, read off the rows that were used."""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc.expr import Expr, depends, topological
from matrixcalc.operators import TABLE
from matrixcalc.printers.text import to_text

_IMPLIED = {
    "invertible": {"positive_definite", "orthogonal"},
    "positive": {"positive"},
    "nonzero": {"positive", "nonzero"},
}


def conditions_of(function: Expr, targets: Sequence[Expr], result: Expr | None) -> list[str]:
    """What must be true of the arguments, without what their declarations say already."""
    active = depends(function, targets)
    order = topological(function)
    squared = {e.args[0] for e in order if _smooths(e)}
    plain = {a for e in order if not _smooths(e) for a in e.args} | {function}
    nodes = [
        e for e in order if e in active and e not in targets and (e not in squared or e in plain)
    ]
    if result is not None:
        nodes.extend(e for e in topological(result) if e.op == "pow" and not e.is_scalar)
    found: dict[str, None] = {}
    for e in nodes:
        condition = _condition(e)
        if condition:
            found[condition] = None
    return list(found)


def _smooths(e: Expr) -> bool:
    """Whether a node is an even power of a norm, which has a derivative everywhere."""
    if e.op != "pow" or e.args[0].op != "norm2":
        return False
    exponent = e.args[1]
    return exponent.op == "num" and exponent.data > 0 and exponent.data % 2 == 0


_POSITIVE = frozenset({"exp", "sigmoid", "softplus", "cosh", "softmax", "ones", "pi", "size"})


def is_positive(e: Expr) -> bool:
    """Whether an expression is plainly positive in every entry."""
    nodes = topological(e, lambda n: n.op in ("add", "mul", "had", "T", "sum", "pow", "epow"))
    known: dict[Expr, bool] = {}
    for n in nodes:
        if n.op in _POSITIVE:
            known[n] = True
        elif n.op == "num":
            known[n] = n.data > 0
        elif n.op == "sym":
            known[n] = "positive" in n.data[1]
        elif n.op in ("pow", "epow") and (n.is_scalar or n.op == "epow"):
            known[n] = known[n.args[0]]
        elif n.op in ("add", "mul", "had", "T", "sum"):
            known[n] = all(known[a] for a in n.args)
        else:
            known[n] = False
    return known[e]


def _condition(e: Expr) -> str:
    where = ""
    if e.op in ("pow", "epow"):
        exponent = e.args[1]
        if e.op == "pow" and not e.is_scalar:
            where = "{A} invertible" if exponent.data < 0 else ""
        elif exponent.op != "num" or exponent.data.denominator != 1:
            where = "{A} positive"
        elif exponent.data < 0:
            where = "{A} nonzero"
    elif e.op in TABLE:
        where = TABLE[e.op].where
    if not where:
        return ""
    argument = e.args[0]
    if is_positive(argument):
        return ""
    word = where.rsplit(" ", 1)[-1]
    if argument.op == "sym" and _IMPLIED.get(word, set()).intersection(argument.data[1]):
        return ""
    return where.replace("{A}", to_text(argument))
