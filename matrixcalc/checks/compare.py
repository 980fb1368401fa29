"""A claim compared with the function itself, and once more at many points."""

from __future__ import annotations

from dataclasses import replace

from matrixcalc.checks.sides import search
from matrixcalc.checks.sought import Question, Reading
from matrixcalc.claims import Claim, Verification
from matrixcalc.verify import compare

SPAN = 3
HOLDS = ("proved", "sampled")


def compared(q: Question, r: Reading) -> Verification:
    """What comes of a reading: it must hold entry by entry, and at all other sizes and signs."""
    outcome = against_function(q, r)
    if outcome.status == "failed":
        return outcome
    found = search(q, r)
    if found.apart is not None:
        # equal at one size or for one sign alone, or too large to be written out
        return Verification("failed", outcome.sizes, "the two sides differ at other points")
    if found.partly:
        return replace(outcome, detail=f"{outcome.detail}, where the right side has a value")
    return outcome


def against_function(q: Question, r: Reading, structured: str | None = None) -> Verification:
    """The claim against the function, differentiated entry by entry."""
    assert r.claimed is not None
    claim = Claim(r.claimed, r.place)
    return compare(q.function, q.targets, claim, structured or q.structured, span=SPAN)
