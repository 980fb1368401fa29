"""Rows of the rule table proved, each through the check that any claim goes through.

The row's differential, ``d(inv(A)) = …``, and its example, ``d(exp(x))/dx = diag(exp(x))``,
are claims; the identities of the simplifier are too (:mod:`matrixcalc.identities`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from matrixcalc.checks.run import check
from matrixcalc.derive import derive
from matrixcalc.errors import MatrixCalcError, UnsupportedError, VerificationError
from matrixcalc.identities import IDENTITIES
from matrixcalc.operators import LAWS, Law, Operator
from matrixcalc.steps import signature


class Verdict(NamedTuple):
    """What came of a row: ``proved``, ``sampled``, ``skipped`` or ``failed``, and how."""

    status: str
    detail: str


def claims_of(row: Operator) -> list[str]:
    """The claims that a row makes.

    >>> from matrixcalc.operators import TABLE
    >>> claims_of(TABLE["logdet"])
    ['A: matrix(n, n); d(logdet(A)) = tr(inv(A)*dA)', 'd(logdet(X))/dX = inv(X)']
    """
    claims = [row.example] if row.example else []
    if row.differential:
        axes = signature(row.signature)[0][0]
        kind = "matrix(n, m)"
        if axes is not None:
            kind = f"vector({axes[0]})" if len(axes) == 1 else f"matrix({', '.join(axes)})"
        name = row.spelled.format(A="A") if row.spelled else f"{row.name}(A)"
        claims.insert(0, f"A: {kind}; d({name}) = {row.differential}")
    return claims


def check_rule(row: Operator) -> Verdict:
    """Check a row by its claims, or by a function that needs it where it has none.

    >>> from matrixcalc.operators import TABLE
    >>> check_rule(TABLE["tr"]).status
    'proved'
    """
    try:
        claims = claims_of(row)
        if not claims:
            return _by_use(row)
        found = [check_claim(claim) for claim in claims]
    except VerificationError as error:
        return Verdict("failed", " ".join(str(error).split()))
    return max(found, key=lambda verdict: _STRENGTH.index(verdict.status))


def _by_use(row: Operator) -> Verdict:
    """A row without claims, checked by a derivative that needs it."""
    one = len(signature(row.signature)[0]) == 1
    use = f"h'*{row.name}(A)*k" if one else f"h'*{row.name}(A, B)*k"
    try:
        made = derive(use, "A" if one else "B").verification
    except UnsupportedError as error:
        return Verdict("skipped", error.message)
    return Verdict(made.status, made.detail)


def check_claim(claim: str, constants: Collection[str] = ()) -> Verdict:
    """What the check says of one claim, in the words of the table's check.

    It may hold under the conditions that some things are constant.
    """
    try:
        made = check(claim, timeout=60)
    except MatrixCalcError as error:
        return Verdict("failed", f"{claim} is no claim: {' '.join(str(error).split())}")
    if made.status == "undecided":
        return Verdict("skipped", made.diagnosis)
    if made.status == "true_if" and {f"{c} constant" for c in constants} >= {*made.conditions}:
        made = replace(made, status="true")
    if made.status != "true":
        return Verdict("failed", f"{claim} is {' '.join(str(made).split())}")
    status, _, detail = made.detail.partition(": ")
    return Verdict(status, detail)


def law_claim(law: Law) -> str:
    """The claim that a law makes.

    >>> from matrixcalc.operators import LAWS
    >>> law_claim(LAWS["exponent rule"])
    'c: scalar positive; d(c^a) = c^a*log(c)*da'
    """
    return f"{law.declared}; {law.statement}" if law.declared else law.statement


def check_identities() -> list[tuple[str, Verdict]]:
    """Every identity of the simplifier, and every law of the derivations, checked."""
    found = {text: check_claim(text) for text in IDENTITIES}
    for law in LAWS.values():
        constants = law.where.removesuffix(" constant").split(" and ")
        found[law_claim(law)] = check_claim(law_claim(law), constants)
    return list(found.items())


_STRENGTH = ("proved", "sampled", "skipped", "failed")
