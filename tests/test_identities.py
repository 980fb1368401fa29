"""The table proves itself: its rows, and the identities that constructors and simplifier use."""

from __future__ import annotations

from importlib import import_module

import oracle
import pytest

from matrixcalc import calls
from matrixcalc.identities import IDENTITIES, USED
from matrixcalc.operators import TABLE
from matrixcalc.rules_check import check_claim, claims_of

SOLID = ("proved", "sampled")


@pytest.mark.parametrize("text", IDENTITIES)
def test_the_identities_hold(text: str) -> None:
    assert check_claim(text).status in SOLID


@pytest.mark.parametrize("text", [t for t in IDENTITIES if "m_frechet(P" not in t])
def test_they_hold_where_nothing_is_simplified(text: str) -> None:
    """The package may make both sides of an identity one expression before it compares them."""
    claim, kinds, layout = oracle.apart(text, None)
    assert oracle.verdict(claim, kinds, layout) == "true"


@pytest.mark.parametrize("place", USED)
def test_the_places_are_there(place: str) -> None:
    module, _, name = place.rpartition(".")
    known = name in calls.SIMPLIFIERS if module == "calls" else False
    assert known or hasattr(import_module(f"matrixcalc.{module}"), name)


def test_every_simplifier_of_a_function_is_covered() -> None:
    assert {f"calls.{name}" for name in calls.SIMPLIFIERS} <= set(USED)


@pytest.mark.parametrize("name", TABLE)
def test_the_claims_of_the_rules_hold(name: str) -> None:
    for claim in claims_of(TABLE[name]):
        assert check_claim(claim).status in SOLID, claim
