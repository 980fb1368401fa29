"""A finished derivative, handed to the SymPy check as the user sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matrixcalc.claims import Claim, Place, Verification, placement
from matrixcalc.engine import Tensor
from matrixcalc.expr import Expr
from matrixcalc.index import explicit
from matrixcalc.layouts import flips
from matrixcalc.verify import verify


def verify_result(
    function: Expr,
    targets: Sequence[Expr],
    tensor: Tensor,
    result: Expr | None,
    layout: str,
    structured: str,
    declared: Sequence[Expr] = (),
) -> Verification:
    """Check the printed result, and the index form where it stands for itself.

    ``declared`` are the variables with the properties that the result may have used.
    Raises VerificationError where an entry is wrong.
    """
    claim = replace(claim_of(tensor, result, layout), declared=declared)
    return verify(function, targets, claim, structured)


def claim_of(tensor: Tensor, result: Expr | None, layout: str) -> Claim:
    """What a derivative claims: its result where it has one, the terms where it has not."""
    terms = None
    if tensor.natural is None:
        terms = [explicit(t, tensor.indices) for t in tensor.terms]
    place = None if result is None else _place(tensor, layout)
    return Claim(result, place, terms, tensor.indices.dims)


def _place(tensor: Tensor, layout: str) -> Place:
    orders = tensor.orders
    axes = list(range(tensor.order))
    cut = sum(orders[:-1]) if tensor.order > 2 else 1
    rows, cols = axes[:cut], axes[cut:]
    if tensor.natural is not None and tensor.natural.kind == "row":
        rows, cols = [], axes
    flip = flips(layout, sum(orders[:-1]), orders[-1])
    return placement(cols, rows) if flip else placement(rows, cols)
