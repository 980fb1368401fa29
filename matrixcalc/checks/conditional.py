"""Conditions on the constants under which a claim holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from matrixcalc.checks.compare import HOLDS, compared
from matrixcalc.checks.points import owners_of
from matrixcalc.checks.question import pose
from matrixcalc.checks.sides import sampled
from matrixcalc.checks.sought import Question, Reading
from matrixcalc.checks.text import ClaimText
from matrixcalc.claims import Verification
from matrixcalc.expr import topological

SHAPED = frozenset({"symmetric", "positive_definite", "diagonal", "skew", "orthogonal"})
"""Properties that link the entries of a matrix."""

MOST = 24
"""So many names are tried one by one, half as many in pairs."""

_OF_SIGN = frozenset(
    {"abs", "sign", "norm1", "norm2", "relu", "step", "sqrt", "log", "cbrt", "max", "min"}
    | {"pow", "epow", "logdet"}
)


def condition(
    q: Question, read: ClaimText, r: Reading, structured: str | None
) -> tuple[list[str], Verification] | None:
    """Conditions such as ``A symmetric`` that make the claim true, and how it was found out."""
    for more in _candidates(q, r):
        if not sampled(q, r, more).agrees:
            continue
        declared = dict(q.declared)
        for name, what in more.items():
            declared[name] = f"{declared[name]} {what}"
        # declarations in the text would win over these
        bare = replace(read, program=replace(read.program, declarations=[]))
        again = pose(bare, declared, r.layout, structured)
        for other in again.readings:
            if other.claimed is None or other.layout != r.layout:
                continue
            outcome = compared(again, other)
            if outcome.status in HOLDS:
                return [f"{name} {what}" for name, what in more.items()], outcome
    return None


def _candidates(q: Question, r: Reading) -> Iterator[dict[str, str]]:
    """What to try, the mildest first."""
    assert r.claimed is not None
    owners = owners_of([q.function, r.claimed])
    names = [n for n in q.constants if n in owners]
    square = [
        n
        for n in names
        if not owners[n].is_scalar
        and owners[n].is_square
        and not SHAPED.intersection(owners[n].data[1])
    ]
    yield from _subsets(q, r, square, "symmetric")
    if any(e.op in _OF_SIGN for root in (q.function, r.claimed) for e in topological(root)):
        signed = [n for n in names if "positive" not in owners[n].data[1]]
        yield from _subsets(q, r, signed, "positive")


def _subsets(q: Question, r: Reading, names: list[str], what: str) -> Iterator[dict[str, str]]:
    """The property for one of them, for two, for all, if it helps to have it for all."""
    every = dict.fromkeys(names, what)
    if not names or not sampled(q, r, every).agrees:
        return
    for count in (1, 2):
        if count < len(names) <= MOST // count:
            for some in combinations(names, count):
                yield dict.fromkeys(some, what)
    yield every
