"""A claim compared with the function itself, and once more at many points."""

from __future__ import annotations

from collections.abc import Mapping

from matrixcalc.checks.sides import differ_at
from matrixcalc.checks.sought import Question, Reading
from matrixcalc.claims import Claim, Verification
from matrixcalc.verify import compare

SPAN = 3
HOLDS = ("proved", "sampled")


def compared(q: Question, r: Reading, more: Mapping[str, str] | None = None) -> Verification:
    """What comes of a reading: it must hold entry by entry, and at all other sizes and signs."""
    outcome = against_function(q, r)
    if outcome.status != "failed" and differ_at(q, r, more) is not None:
        # equal at one size or for one sign alone, or too large to be written out
        return Verification("failed", outcome.sizes, "the two sides differ at other points")
    return outcome


def against_function(q: Question, r: Reading, structured: str | None = None) -> Verification:
    """The claim against the function, differentiated entry by entry."""
    assert r.claimed is not None
    claim = Claim(r.claimed, r.place)
    return compare(q.function, q.targets, claim, structured or q.structured, span=SPAN)
