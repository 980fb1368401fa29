"""Derivatives checked entry by entry, with SymPy's rationals, polynomials and functions.

The function is written out in scalars and differentiated there, independently of the
rules by which the derivative was found; every entry is compared with the claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc.claims import SKIPPED, Claim, Mismatch, Place, Verification, placement
from matrixcalc.comparing import Check
from matrixcalc.errors import VerificationError
from matrixcalc.expr import Expr

__all__ = [
    "SKIPPED",
    "Claim",
    "Mismatch",
    "Place",
    "Verification",
    "compare",
    "placement",
    "verify",
]

_READABLE = 9


def verify(
    function: Expr, targets: Sequence[Expr], claim: Claim, structured: str = "gradient"
) -> Verification:
    """Check a derivative against the function itself, entry by entry.

    Args:
        function: what is differentiated.
        targets: the variables, one for each differentiation; one may stand there again.
        claim: the derivative.
        structured: what the derivative by a variable with properties is: ``"none"`` takes
            its entries as independent, ``"gradient"`` lies in the space that the properties
            leave, ``"entries"`` is by the entries that remain independent.

    Returns:
        A :class:`Verification` with status ``"proved"``, ``"sampled"`` or ``"skipped"``.

    Raises:
        VerificationError: the claim is wrong.

    >>> from matrixcalc.build import mul, num, sym, transpose
    >>> from matrixcalc.dims import ONE, Dim
    >>> x = sym("x", (Dim.named("n"), ONE))
    >>> claim = Claim(mul(num(2), transpose(x)), placement([], [0]))
    >>> verify(mul(transpose(x), x), [x], claim).status
    'proved'
    """
    outcome = compare(function, targets, claim, structured, span=_READABLE)
    if outcome.status != "failed":
        return outcome
    m = outcome.mismatch
    raise VerificationError(
        f"the derivative is wrong: {outcome.detail}"
        if m is None
        else f"the derivative in {m.form} is wrong in entry {m.entry}: "
        f"{m.found} instead of {m.expected}",
        hint="This is a defect of matrixcalc: please report it with the input.",
    )


def compare(
    function: Expr,
    targets: Sequence[Expr],
    claim: Claim,
    structured: str = "gradient",
    *,
    span: int | None = None,
) -> Verification:
    """As :func:`verify`, but a wrong claim gives the status ``"failed"`` and where it fails.

    ``span`` bounds the whole numbers of a counterexample to rational functions, so that it
    can be read; whether the claim is right never rests on them.

    >>> from matrixcalc.build import mul, sym, transpose
    >>> from matrixcalc.dims import ONE, Dim
    >>> x = sym("x", (Dim.named("n"), ONE))
    >>> compare(mul(transpose(x), x), [x], Claim(transpose(x), placement([], [0]))).status
    'failed'
    """
    return Check(function, tuple(targets), claim, structured, span).run()
