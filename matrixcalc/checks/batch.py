"""Many claims checked, in one process or in several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from matrixcalc.checks.run import TIMEOUT, check
from matrixcalc.checks.verdict import Verdict
from matrixcalc.errors import MatrixCalcError
from matrixcalc.reading.records import Found


@dataclass(frozen=True)
class Outcome:
    """What came of a claim in a file.

    ``status`` is that of the verdict, or ``unreadable``; ``good`` whether it is what the
    file says; ``reason`` why, in one line.
    """

    found: Found
    status: str
    reason: str
    good: bool
    verdict: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        head = {
            "file": self.found.file,
            "line": self.found.line,
            "claim": self.found.shown or self.found.text,
            "status": self.status,
            "expected": self.found.expected,
            "ok": self.good,
            "reason": self.reason,
        }
        return {**head, **{k: v for k, v in (self.verdict or {}).items() if k not in head}}


@dataclass(frozen=True)
class Options:
    """How every claim is checked; as for :func:`matrixcalc.check`."""

    vars: Mapping[str, str] | None = None
    layout: str | None = None
    timeout: float | None = TIMEOUT
    structured: str | None = None


def check_found(found: Found, options: Options) -> Outcome:
    """Check one claim of a file; raises nothing that is the claim's fault."""
    if found.problem:
        return Outcome(found, "unreadable", found.problem, False)
    layout = found.layout or options.layout
    try:
        structured = found.structured or options.structured
        verdict = check(found.text, options.vars, layout, structured, options.timeout)
    except MatrixCalcError as error:
        reason = error.message + (f" ({error.hint})" if error.hint else "")
        return Outcome(found, "unreadable", reason, False)
    why = verdict.condition if verdict.status == "true_if" else verdict.slip
    named = not found.why or why == found.why or why in found.why.split(" or ")
    good = verdict.status == found.expected and named
    return Outcome(found, verdict.status, reason_of(verdict, found), good, verdict.to_dict())


def reason_of(verdict: Verdict, found: Found) -> str:
    """The verdict in one line."""
    how = verdict.detail.partition(":")[0]
    where = f"{verdict.layout} layout, " if verdict.layout else ""
    if verdict.status == "true":
        line = f"{where}{how if where else verdict.detail}"
    elif verdict.status == "true_if":
        line = f"holds if {verdict.condition} ({where}{how})"
    elif verdict.status == "false":
        line = f"{verdict.slip}: {verdict.diagnosis}"
    else:
        line = verdict.diagnosis
    if found.expected != "true" and verdict.status != found.expected:
        line += f"; the file says it is {found.expected}"
    return " ".join(line.split())


def check_all(claims: Sequence[Found], options: Options, jobs: int = 1) -> Iterator[Outcome]:
    """The outcomes, in the order of the claims."""
    if jobs <= 1 or len(claims) < 2:
        yield from (check_found(found, options) for found in claims)
        return
    with ProcessPoolExecutor(min(jobs, len(claims))) as pool:
        size = max(1, min(16, len(claims) // (4 * jobs)))
        yield from pool.map(check_found, claims, [options] * len(claims), chunksize=size)


def failed(outcome: Outcome) -> bool:
    """Whether an outcome makes the run fail: a claim is wrong, or not what its file says."""
    if outcome.status == "unreadable":
        return False
    if outcome.found.expected == "true":
        return outcome.status == "false"
    return not outcome.good
