"""What is remembered on the way changes no result: it is what would be found anew."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matrixcalc import derive, parse, simplify
from matrixcalc.build import mul, num
from matrixcalc.codegen.stability import logs
from matrixcalc.codegen.stability.logs import canonical, scaled, terms
from matrixcalc.expr import Expr
from matrixcalc.simplify import Trials, simplify_sum

FUNCTIONS = [
    ("0.5*(tr(inv(T)*S) + (u - m)'*inv(T)*(u - m) + logdet(T))", "T"),
    ("(c + sigmoid(d))/(sigmoid(c) + (c + d)^2)", "c"),
    ("(x'*A*x)/(x'*x)", "x"),
    ("tr((A*X - B)'*C*(A*X - B))*tr(X)^2", "X"),
    ("exp(-0.5*(x - m)'*inv(S)*(x - m))/sqrt(det(S))", "S"),
]


def forget() -> None:
    simplify.remembered.clear()
    mul.cache_clear()


def results() -> dict[str, list[str]]:
    return {f: [str(derive(f, *(x,) * k, verify=False)) for k in (1, 2)] for f, x in FUNCTIONS}


def test_a_derivative_is_the_same_whatever_was_derived_before() -> None:
    alone = {}
    for f, x in FUNCTIONS:
        for k in (1, 2):
            forget()
            alone.setdefault(f, []).append(str(derive(f, *(x,) * k, verify=False)))
    assert results() == alone
    assert results() == alone


SUMS = [
    "u*u' - u*m' - m*u' + m*m' + S",
    "A*B*C + A*B*D - E*C - E*D",
    "c*d/(c + d)^2 + c/(c + d) - d^2*c/(c + d)^3 + 2*c",
    "V*inv(T)*u*u' - V*inv(T)*u*m' - V*inv(T)*m*u' + V*inv(T)*m*m' - V + u*u'*inv(T)*V",
]


@pytest.mark.parametrize("text", SUMS)
@pytest.mark.parametrize("left", [*range(1, 20), 40])
def test_trials_are_counted_as_if_nothing_were_remembered(text: str, left: int) -> None:
    e = parse(text)
    forget()
    cold = Trials(left)
    first = simplify_sum(e.args, cold)
    for before in (1, 4, 200):
        # what was found with fewer trials, or with more, is found again with as many as there are
        simplify_sum(e.args, Trials(before))
        warm = Trials(left)
        assert simplify_sum(e.args, warm) is first
        assert warm.left == cold.left


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplify, "REMEMBERED", 3)
    forget()
    for name in "abcdefgh":
        simplify_sum([parse(f"{name}*tr(X)"), parse(f"{name}*tr(Y)")])
        assert len(simplify.remembered) <= 3


def length(log: Expr) -> tuple[int, Fraction]:
    parts = [abs(logs.build.split_number(t)[0]) for t in terms(log)]
    return len(parts), sum(parts, Fraction(0))


@pytest.mark.parametrize(
    ("log", "u"),
    [
        ("a - 2*b + 3*c", "a - b"),
        ("softplus(a) - a + b", "b - softplus(b)"),
        ("2*a - softplus(b - a)", "softplus(-a) - a"),
        ("c + 2*d - exp(a)", "c - d + exp(a)"),
    ],
)
def test_the_shortest_logarithm_is_told_without_being_made(log: str, u: str) -> None:
    e, v = canonical(parse(log)), canonical(parse(u))
    tries = [Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 2), Fraction(-3)]
    made = [length(canonical(logs.add(e, scaled(-j, v)))) for j in tries]
    shortest = logs._shortening(e, v, tries)
    assert made[tries.index(shortest)] == min(made)


def test_what_a_number_multiplies_is_the_product_without_it() -> None:
    for text in ("3*c*d", "-A*B*x", "2*(x + y)", "0.5*x'*A*x", "-x"):
        e = parse(text)
        for _ in range(2):
            number, rest = logs.build.split_number(e)
            assert mul(num(number), rest) is e
