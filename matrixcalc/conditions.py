"""The conditions under which a derivative holds, read off the rows that were used."""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc.expr import (
    Expr,
    depends,
    depends_many,
    symbols,
    topological,
    topological_many,
)
from matrixcalc.operators import TABLE
from matrixcalc.positive import is_definite, is_positive
from matrixcalc.printers.text import to_text

_IMPLIED = {
    "invertible": {"positive_definite", "orthogonal"},
    "positive": {"positive"},
    "nonzero": {"positive", "nonzero"},
}


_EVERYWHERE = frozenset(
    {"abs", "sign", "step", "relu", "cbrt", "norm1", "norm2", "max", "min", "pinv"}
)
"""Functions with a value everywhere: their condition is about the derivative alone."""


def conditions_of(
    function: Expr, targets: Sequence[Expr], result: Expr | None, parts: Sequence[Expr] = ()
) -> list[str]:
    """What must be true of the arguments, without what their declarations say already.

    ``parts`` are the parts of the function as it was written: the function may be simpler,
    as a is for exp(log(a)), but it is defined only where they are.
    """
    active = depends(function, targets)
    order = topological(function)
    squared = {e.args[0] for e in order if _smooths(e)}
    plain = {a for e in order if not _smooths(e) for a in e.args} | {function}
    nodes = [
        e for e in order if e in active and e not in targets and (e not in squared or e in plain)
    ]
    if result is not None:
        nodes.extend(e for e in topological(result) if e.op == "pow" and not e.is_scalar)
        # what does not depend on the variables must have a value
        varying = depends(result, targets)
        given = [e for e in topological(result) if e not in varying]
        nodes.extend(e for e in given if e.op not in _EVERYWHERE)
    there = set(order)
    written = [e for e in topological_many(parts) if e not in there]
    reached = depends_many(written, active)
    nodes.extend(e for e in written if e in reached and e.op not in _EVERYWHERE)
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


def _is_count(exponent: Expr) -> bool:
    """Whether an exponent is a dimension, less one or so: a whole number."""
    return all(
        n.op in ("size", "add", "mul") or (n.op == "num" and n.data.denominator == 1)
        for n in topological(exponent)
    )


def _condition(e: Expr) -> str:
    where = ""
    if e.op in ("pow", "epow"):
        exponent = e.args[1]
        if e.op == "pow" and not e.is_scalar:
            where = "{A} invertible" if exponent.data < 0 else ""
        elif exponent.op == "num" and exponent.data.denominator == 1:
            where = "{A} nonzero" if exponent.data < 0 else ""
        elif not _is_count(exponent):
            where = "{A} positive"
    elif e.op in TABLE:
        where = TABLE[e.op].where
    if not where:
        return ""
    argument = e.args[0]
    if is_positive(argument) or not symbols(argument):
        # of numbers it needs no saying
        return ""
    if argument.op in ("abs", "norm1", "norm2") and where in ("{A} positive", "{A} nonzero"):
        where, argument = "{A} nonzero", argument.args[0]
    word = where.rsplit(" ", 1)[-1]
    if word == "invertible" and is_definite(argument):
        return ""
    if argument.op == "sym" and _IMPLIED.get(word, set()).intersection(argument.data[1]):
        return ""
    return where.replace("{A}", to_text(argument))
