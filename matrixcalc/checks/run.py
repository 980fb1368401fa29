"""The check of a claim: is it right, under which condition, and if not, why not?"""

from __future__ import annotations

from collections.abc import Mapping

from matrixcalc.cases import READINGS
from matrixcalc.checks.compare import HOLDS, compared
from matrixcalc.checks.conditional import condition
from matrixcalc.checks.faults import answer_in, kinds, misfit, transposed, wrong
from matrixcalc.checks.limit import OutOfTime, within
from matrixcalc.checks.question import pose
from matrixcalc.checks.sought import Reading
from matrixcalc.checks.text import ClaimText, read_claim
from matrixcalc.checks.verdict import Verdict
from matrixcalc.claims import Verification
from matrixcalc.errors import LimitError, MatrixCalcError, UnsupportedError
from matrixcalc.infer import names_of
from matrixcalc.layouts import check_layout

TIMEOUT = 10.0


def check(
    claim: str,
    vars: Mapping[str, str] | None = None,
    layout: str | None = None,
    structured: str | None = None,
    timeout: float | None = TIMEOUT,
) -> Verdict:
    r"""Whether a claim is right.

    Args:
        claim: such as ``d(x'*A*x)/dx = x'*(A + A')``, ``grad(f, X) = …``, ``hessian(f, x) = …``,
            ``d(inv(X)) = -inv(X)*dX*inv(X)`` or ``tr(A*B) = tr(B*A)``; declarations and
            equations may stand before it. LaTeX is read too:
            ``\frac{\partial f}{\partial \mathbf{x}} = …``.
        vars: declarations, as for :func:`matrixcalc.derive`.
        layout: the layout it is meant in; without one, any layout in which it is right will do.
        structured: for a variable with a property, as for :func:`matrixcalc.derive`.
        timeout: seconds after which the verdict is ``"undecided"``; None sets no limit.

    Raises:
        ParseError, ShapeError, UnknownNameError: the claim cannot be read.
        UnsupportedError: there is no such layout, or no derivative.

    >>> check("d(x'*A*x)/dx = x'*(A + A')").status
    'true'
    >>> verdict = check("d(x'*A*x)/dx = 2*A*x")
    >>> verdict.status, verdict.condition, verdict.layout
    ('true_if', 'A symmetric', 'denominator')
    >>> check("d(norm2(y - X*b)^2)/db = 2*X'*(y - X*b)", {"b": "vector(n)"}).slip
    'sign'
    """
    if layout is not None:
        check_layout(layout)
    if structured is not None and structured not in READINGS:
        raise UnsupportedError(
            f"no reading {structured!r} of a structured variable",
            hint=f"the readings are {', '.join(READINGS)}",
        )
    try:
        return within(
            timeout,
            lambda: _decide(
                read_claim(claim, names_of(vars)), claim, dict(vars or {}), layout, structured
            ),
        )
    except OutOfTime:
        return Verdict("undecided", claim, diagnosis=f"it took more than {timeout:g} s")
    except (RecursionError, MemoryError):
        raise LimitError("the claim is too deep or too large") from None
    except MatrixCalcError as error:
        if isinstance(claim, str):
            error.with_text(claim)
        raise


def _decide(
    read: ClaimText,
    claim: str,
    given: dict[str, str],
    layout: str | None,
    structured: str | None,
) -> Verdict:
    q = pose(read, given, layout, structured)
    fits = [r for r in q.readings if r.claimed is not None]
    if q.broadcast and fits:
        return kinds(q, claim, fits[0])
    unsure = ""
    different: list[tuple[Reading, Verification]] = []
    for r in fits:
        outcome = compared(q, r)
        if outcome.status in HOLDS:
            return Verdict(
                "true_if" if q.conditions else "true",
                claim,
                list(q.conditions),
                r.layout,
                answer_in(q, r),
                detail=f"{outcome.status}: {outcome.detail}",
            )
        if outcome.status == "failed":
            different.append((r, outcome))
        else:
            unsure = outcome.detail
    if unsure:
        r = fits[0]
        return Verdict(
            "undecided", claim, layout=r.layout, derivative=answer_in(q, r), diagnosis=unsure
        )
    for r, _ in different:
        found = condition(q, read, r, structured)
        if found is not None:
            conditions, outcome = found
            return Verdict(
                "true_if",
                claim,
                [*conditions, *q.conditions],
                r.layout,
                answer_in(q, r),
                detail=f"{outcome.status}: {outcome.detail}",
            )
    for other in q.others:
        if other.claimed is not None and compared(q, other).status in HOLDS:
            return transposed(q, claim, q.readings[0], other)
    if not different:
        return misfit(q, claim)
    return wrong(q, claim, different)
