"""The likely slip behind a wrong claim, found by trying the usual ones.

Each trial is made in floating point at a few points: the right answer, with the slip put
in, must give what is claimed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy

from matrixcalc.checks.slips import chain, order, terms
from matrixcalc.checks.slips.evidence import Evidence, Slip
from matrixcalc.errors import MatrixCalcError

__all__ = ["Evidence", "Slip", "diagnose"]


def diagnose(evidence: Evidence) -> Slip:
    """The most specific slip that explains the claim."""
    for trial in _TRIALS:
        if trial in _OF_DERIVATIVES and not evidence.targets:
            continue
        try:
            found = trial(evidence)
        except (MatrixCalcError, ArithmeticError, ValueError, TypeError, AssertionError):
            found = None
        except numpy.linalg.LinAlgError:
            found = None
        if found is not None:
            return found
    return Slip("other", "none of the usual slips gives this formula")


Trial = Callable[[Evidence], Slip | None]
_TRIALS: tuple[Trial, ...] = (
    terms.zero,
    terms.scaled,
    terms.turned,
    terms.combination,
    chain.entrywise,
    chain.without_slope,
    terms.combination_expanded,
    order.order,
    order.one_transposed,
    order.inside,
    terms.corrected,
    chain.scalar_function,
    chain.dropped,
    chain.outer_only,
    chain.weights,
    terms.varying,
    terms.fewer,
    chain.itself,
    chain.by_factors,
)
_OF_DERIVATIVES = frozenset(
    {chain.entrywise, chain.without_slope, chain.scalar_function, chain.dropped}
    | {chain.outer_only, chain.weights, terms.varying, chain.itself, chain.by_factors}
)
"""Trials that mean nothing for an identity."""
