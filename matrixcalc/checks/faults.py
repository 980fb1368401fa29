"""The verdict on a claim that is false: the slip, the right answer, a counterexample."""

from __future__ import annotations

from matrixcalc.cases import READINGS
from matrixcalc.checks.compare import HOLDS, against_function
from matrixcalc.checks.conditional import SHAPED
from matrixcalc.checks.counter import counterexample, without_shape
from matrixcalc.checks.limit import OutOfTime, within
from matrixcalc.checks.sides import Sample, sampled, sizes_of
from matrixcalc.checks.slips import Evidence, Slip, diagnose
from matrixcalc.checks.sought import Question, Reading
from matrixcalc.checks.verdict import Verdict
from matrixcalc.claims import Verification
from matrixcalc.derivative import Derivative
from matrixcalc.differentials import Differential

PATIENCE = 3.0
"""Seconds that the search for the slip may take: the verdict stands without it."""


def answer_in(q: Question, r: Reading) -> Derivative | Differential | None:
    """Our answer in the layout of a reading."""
    if not isinstance(q.answer, Derivative):
        return q.answer
    return q.answer.in_layout(r.layout or "numerator")


def transposed(q: Question, claim: str, r: Reading, other: Reading) -> Verdict:
    """The claim is right in a layout that was not meant."""
    answer = answer_in(q, r)
    sentence = (
        f"it is right in {other.layout} layout; in {r.layout} layout it is its transpose, {answer}"
    )
    counter = counterexample(q, r) or without_shape(q, r, other.claimed)
    return Verdict("false", claim, [], r.layout, answer, counter, "transposed", sentence)


def kinds(q: Question, claim: str, r: Reading) -> Verdict:
    """A scalar stands where a vector or a matrix belongs."""
    answer = answer_in(q, r) or q.function
    sentence = (
        f"{q.broadcast} is a scalar in a sum of terms of the size {r.shape[0]}×{r.shape[1]}: "
        f"write it times vector(1), matrix(1) or eye"
    )
    counter = without_shape(q, r, None)
    return Verdict("false", claim, [], r.layout, answer, counter, "shape", sentence)


def misfit(q: Question, claim: str) -> Verdict:
    """The claim has the shape of no layout, or not of the one that is meant."""
    r = q.readings[0]
    answer = answer_in(q, r)
    other = next((o for o in q.others if o.claimed is not None), None)
    sentence = f"the shapes do not fit: {r.misfit}"
    if other is not None:
        also = _slip(q, other)
        if also.name != "other":
            sentence += f"; transposed it fits, but {also.sentence}"
    sentence += f"; the right answer is {_right(q, answer)}"
    if isinstance(answer, Derivative) and answer.problem_dependent and answer.vjp is not None:
        sentence += f", columns stacked; given the gradient G of a later scalar, {answer.vjp}"
    counter = without_shape(q, r, None if other is None else other.claimed)
    return Verdict("false", claim, [], r.layout, answer, counter, "shape", sentence)


def wrong(q: Question, claim: str, different: list[tuple[Reading, Verification]]) -> Verdict:
    """The shapes fit, the values do not: the reading whose slip is the clearest."""
    found = [(r, outcome, _slip(q, r)) for r, outcome in different]
    r, outcome, slip = next((f for f in found if f[2].name != "other"), found[0])
    answer = answer_in(q, r)
    sentence = f"{slip.sentence}; the right answer is {_right(q, answer)}"
    counter = counterexample(q, r, outcome)
    return Verdict("false", claim, [], r.layout, answer, counter, slip.name, sentence)


def _right(q: Question, answer: object) -> str:
    return str(q.function if answer is None else answer)


def _slip(q: Question, r: Reading) -> Slip:
    linked = any(SHAPED.intersection(t.data[1]) for t in q.targets)
    if isinstance(q.answer, Derivative) and q.structured != "none":
        for reading in READINGS:
            if reading != q.structured and _right_in(q, r, reading):
                words = {
                    "none": "with the entries taken as independent",
                    "entries": "as the array of partial derivatives by the independent entries",
                    "gradient": "as the gradient in the space of such matrices",
                }
                return Slip("other", f"it is right {words[reading]}, which is not what was asked")
    elif isinstance(q.answer, Derivative) and linked:
        for reading in ("entries", "gradient"):
            if _right_in(q, r, reading):
                return Slip("other", f"it is the {reading} reading of a structured variable")
    s = sampled(q, r)
    if len(s.points) < 2:
        return Slip("other", "an entry differs")
    found = _diagnosis(q, r, s)
    if found.name in ("factor", "sign") and len(sizes_of(q, r)) > 1:
        other = sampled(q, r, other_than=s.sizes)
        if len(other.points) > 1 and _diagnosis(q, r, other) != found:
            return Slip(found.name, "it is off by a factor that depends on the size")
    return found


def _diagnosis(q: Question, r: Reading, s: Sample) -> Slip:
    assert r.claimed is not None
    ours = q.ours(r.layout)
    found = Evidence(q.function, q.targets, ours, r.claimed, s.points, s.right, s.wrong, s.sizes)
    try:
        return within(PATIENCE, lambda: diagnose(found))
    except OutOfTime:
        return Slip("other", "the two sides differ")


def _right_in(q: Question, r: Reading, structured: str) -> bool:
    return against_function(q, r, structured).status in HOLDS
