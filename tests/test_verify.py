"""The check itself: right derivatives pass, wrong ones are caught, and it says what it did."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest
from test_elementwise import CASES

from matrixcalc.build import HALF, MINUS, add, call, eye, had, mul, num, power, sub, sym, transpose
from matrixcalc.dims import ONE, Dim
from matrixcalc.engine import derivative, value_of
from matrixcalc.errors import VerificationError
from matrixcalc.expr import Expr
from matrixcalc.forward import differential
from matrixcalc.index import Term
from matrixcalc.operators import TABLE
from matrixcalc.templates import substitute
from matrixcalc.verify import Claim, Place, compare, placement, verify

n, m = Dim.named("n"), Dim.named("m")
x, y, a, b = (sym(name, (n, ONE)) for name in "xyab")
z = sym("z", (m, ONE))
A = sym("A", (n, n))
W = sym("W", (n, m))
X = sym("X", (n, n))
T = transpose
ROW, POINT = placement([], [0]), placement([], [])
JACOBIAN, TURNED = placement([0], [1]), placement([1], [0])


def inv(e: Expr) -> Expr:
    return power(e, MINUS)


RIGHT: list[tuple[str, Expr, tuple[Expr, ...], Expr, Place]] = [
    ("quadratic form", mul(T(x), A, x), (x,), mul(T(x), add(A, T(A))), ROW),
    ("its Hessian", mul(T(x), A, x), (x, x), add(A, T(A)), JACOBIAN),
    ("linear map", mul(W, z), (z,), W, JACOBIAN),
    ("bilinear form", mul(T(x), W, z), (W,), mul(z, T(x)), TURNED),
    ("mixed second", mul(T(x), W, z), (x, z), W, JACOBIAN),
    ("inverse", mul(T(a), inv(X), b), (X,), mul(MINUS, inv(X), b, T(a), inv(X)), TURNED),
    ("determinant", call("det", X), (X,), call("adj", X), TURNED),
    ("logdet", call("logdet", X), (X,), inv(X), TURNED),
    ("norm", call("norm2", x), (x,), mul(T(x), inv(call("norm2", x))), ROW),
    ("exp", call("exp", x), (x,), call("diag", call("exp", x)), JACOBIAN),
    ("trace of expm", call("tr", call("expm", X)), (X,), call("expm", X), TURNED),
    (
        "softmax",
        call("softmax", x),
        (x,),
        sub(call("diag", call("softmax", x)), mul(call("softmax", x), T(call("softmax", x)))),
        JACOBIAN,
    ),
    ("product in vec form", mul(A, W), (W,), call("kron", eye(m), A), placement([0, 1], [2, 3])),
    ("max", call("max", x), (x,), T(sub(num(1), call("sign", sub(call("max", x), x)))), ROW),
]


@pytest.mark.parametrize("case", RIGHT, ids=[c[0] for c in RIGHT])
def test_right_derivatives_pass(case: tuple[str, Expr, tuple[Expr, ...], Expr, Place]) -> None:
    _, function, targets, claim, place = case
    assert verify(function, targets, Claim(claim, place)).status in ("proved", "sampled")


@pytest.mark.parametrize("case", RIGHT, ids=[c[0] for c in RIGHT])
@pytest.mark.parametrize("slip", [num(2), MINUS, num(HALF), num(Fraction(1001, 1000))], ids=str)
def test_a_wrong_factor_is_caught(
    case: tuple[str, Expr, tuple[Expr, ...], Expr, Place], slip: Expr
) -> None:
    _, function, targets, claim, place = case
    assert compare(function, targets, Claim(mul(slip, claim), place)).status == "failed"


WRONG = [
    ("not symmetrised", mul(T(x), A, x), (x,), mul(num(2), T(x), A), ROW),
    ("transposed sum", mul(T(x), A, x), (x,), mul(T(x), sub(A, T(A))), ROW),
    ("transposed inverse", mul(T(a), inv(X), b), (X,), mul(MINUS, inv(X), a, T(b), inv(X)), TURNED),
    ("sign of inverse", mul(T(a), inv(X), b), (X,), mul(inv(X), b, T(a), inv(X)), TURNED),
    ("square of inverse", mul(T(a), inv(X), b), (X,), mul(MINUS, b, T(a), inv(X), inv(X)), TURNED),
    ("no transpose", call("det", X), (X,), T(call("adj", X)), TURNED),
    ("transposed logdet", call("logdet", X), (X,), T(inv(X)), TURNED),
    ("square instead of root", call("norm2", x), (x,), T(x), ROW),
    ("swapped operands", mul(T(a), A, A, b), (A,), mul(A, b, T(a)), TURNED),
    ("swapped in trace", call("tr", mul(A, X, X)), (X,), add(mul(X, A), mul(X, A)), TURNED),
    ("missing term", call("softmax", x), (x,), call("diag", call("softmax", x)), JACOBIAN),
    ("swapped kron", mul(A, W), (W,), call("kron", A, eye(m)), placement([0, 1], [2, 3])),
    ("sum for product", had(x, y), (x,), call("diag", add(x, y)), JACOBIAN),
    ("turned Jacobian", mul(A, x), (x,), T(A), JACOBIAN),
    ("last digit", call("sin", x), (x,), call("diag", call("exp", x)), JACOBIAN),
    ("shape", mul(W, z), (z,), T(W), JACOBIAN),
]


@pytest.mark.parametrize("case", WRONG, ids=[c[0] for c in WRONG])
def test_wrong_derivatives_are_caught(
    case: tuple[str, Expr, tuple[Expr, ...], Expr, Place],
) -> None:
    _, function, targets, claim, place = case
    assert compare(function, targets, Claim(claim, place)).status == "failed"
    with pytest.raises(VerificationError, match=r"the derivative .*wrong"):
        verify(function, targets, Claim(claim, place))


DERIVED = [
    c for c in CASES if not c[0].endswith(("_frechet", "_jacobian")) and not TABLE[c[0]].definition
]


@pytest.mark.parametrize(("name", "args"), DERIVED, ids=[f"{c[0]}-{c[1][0].kind}" for c in DERIVED])
def test_every_row_is_right_in_a_random_direction(name: str, args: tuple[Expr, ...]) -> None:
    t = sym("t")
    move = {e: sym(f"d{e.name}", e.shape) for e in args}
    moved = {e: add(e, mul(t, move[e])) for e in args}
    slope = substitute(differential(call(name, *args), move), moved)
    function = call(name, *(moved[e] for e in args))
    axes = range(function.order)
    place = placement([0], [1]) if function.order == 2 else placement(axes, [])
    if function.kind == "row":
        place = placement([], [0])
    assert verify(function, [t], Claim(slope, place)).status in ("proved", "sampled")
    if slope.op not in ("zeros", "num"):
        wrong = Claim(mul(num(Fraction(9, 10)), slope), place)
        assert compare(function, [t], wrong).status == "failed"


def test_index_form() -> None:
    i, j, s = 0, 1, 2
    dims = {i: n, j: n, s: m}
    right = Term((), ((eye(n), (i, j)), (z, (s,))), (i, j, s))
    claim = Claim(terms=[right], dims=dims)
    assert verify(mul(W, z), [W], claim).status == "proved"
    delta = Claim(terms=[Term((), ((z, (s,)),), (i, i, s))], dims=dims)
    assert verify(mul(W, z), [W], delta).status == "proved"
    wrong = Claim(terms=[Term((num(2),), right.factors, right.free)], dims=dims)
    assert compare(mul(W, z), [W], wrong).status == "failed"


S = sym("S", (n, n), ["symmetric"])
FORM = mul(T(a), S, b)
OUTER = mul(b, T(a))


def test_structured_variables() -> None:
    gradient = Claim(mul(num(HALF), add(OUTER, T(OUTER))), TURNED)
    entries = Claim(sub(add(OUTER, T(OUTER)), call("diag", had(a, b))), TURNED)
    free = Claim(OUTER, TURNED)
    for claim, right in ((gradient, "gradient"), (entries, "entries"), (free, "none")):
        for structured in ("gradient", "entries", "none"):
            status = compare(FORM, [S], claim, structured).status
            assert status == ("proved" if structured == right else "failed")
    outside = compare(FORM, [S], free, "gradient").mismatch
    assert outside is not None
    assert outside.space


@pytest.mark.parametrize("kind", ["positive_definite", "diagonal", "orthogonal", "skew"])
def test_points_have_the_declared_properties(kind: str) -> None:
    P = sym("P", (n, n), [kind])
    relation = {
        "positive_definite": sub(P, T(P)),
        "diagonal": sub(P, call("diag", call("diagonal", P))),
        "orthogonal": sub(mul(P, T(P)), eye(n)),
        "skew": add(P, T(P)),
    }[kind]
    function = add(mul(T(x), P, x), call("sum", mul(relation, y)))
    claim = mul(T(x), add(P, T(P)))
    assert verify(function, [x], Claim(claim, ROW)).status == "proved"


def test_it_says_what_it_did() -> None:
    polynomial = verify(mul(T(x), A, x), [x], Claim(mul(T(x), add(A, T(A))), ROW))
    assert polynomial.status == "proved"
    assert polynomial.detail == "identity of polynomials in the entries, at n = 3"
    rational = verify(inv(sym("t")), [sym("t")], Claim(mul(MINUS, power(sym("t"), num(-2))), POINT))
    assert rational.detail == "equal in exact rational arithmetic at 2 random points"
    s, t = sym("s"), sym("t")
    formal = verify(call("exp", t), [t], Claim(call("exp", t), POINT))
    assert (formal.status, formal.points) == ("proved", 4)
    assert formal.detail == (
        "identity of rational functions in the entries and the values of functions, modulo "
        "2^127 - 1 at 4 random points; equal in 60-digit arithmetic at 3 random points"
    )
    # this one needs exp(s + t) = exp(s)*exp(t), which no rational function knows
    product = mul(call("exp", s), call("exp", t))
    sampled = verify(call("exp", add(s, t)), [t], Claim(product, POINT))
    assert (sampled.status, sampled.points) == ("sampled", 3)
    assert sampled.detail == "equal in 60-digit arithmetic at 3 random points"


def functions_of(e: Expr) -> dict[str, Expr]:
    names = ("exp", "log", "sin", "cos", "tan", "tanh", "arcsin", "arccos", "arctan", "erf")
    more = ("sigmoid", "softplus", "relu", "abs", "norm2", "softmax", "logsumexp", "norm1")
    return {name: call(name, e) for name in (*names, *more)} | {
        "sqrt": power(add(mul(T(e), e), num(1)), num(HALF)),
    }


@pytest.mark.parametrize("name", functions_of(x))
def test_values_of_functions_as_variables(name: str) -> None:
    """A right derivative is proved, one that is a little off fails."""
    f = functions_of(mul(A, x))[name]
    function = f if f.is_scalar else mul(T(y), f)
    gradient = derivative(value_of(function), x).natural
    assert gradient is not None
    claim = T(gradient)
    assert verify(function, [x], Claim(claim, ROW)).status == "proved"
    wrong = add(claim, mul(num(Fraction(1, 10**9)), T(y)))
    assert compare(function, [x], Claim(wrong, ROW)).status == "failed"



def test_skipped_where_it_cannot_be_done() -> None:
    huge = sym("v", (Dim.number(10**6), ONE))
    outcome = verify(mul(T(huge), huge), [huge], Claim(mul(num(2), T(huge)), ROW))
    assert outcome.status == "skipped"
    assert "too much work" in outcome.detail
    nowhere = call("log", sub(num(-1), power(sym("t"), num(2))))
    outcome = verify(nowhere, [sym("t")], Claim(nowhere, POINT))
    assert outcome.status == "skipped"
    assert "real" in outcome.detail


def test_rounding_is_not_taken_for_a_mistake() -> None:
    e = call("sum", call("softplus", x))
    zero = sub(sub(e, call("sum", call("softplus", mul(MINUS, x)))), call("sum", x))
    assert verify(zero, [x], Claim(mul(num(0), T(x)), ROW)).status == "proved"


def test_a_counterexample_of_small_numbers() -> None:
    outcome = compare(mul(T(x), A, x), [x], Claim(mul(num(2), T(x), A), ROW), span=3)
    assert outcome.mismatch is not None
    numbers = [v for row in outcome.mismatch.values["A"] for v in row]
    assert all(abs(v) <= 3 for v in numbers)


def test_the_same_check_has_the_same_outcome() -> None:
    claim = Claim(mul(num(2), T(x), A), ROW)
    assert compare(mul(T(x), A, x), [x], claim) == compare(mul(T(x), A, x), [x], claim)


def test_importing_does_not_import_sympy() -> None:
    code = "import sys, matrixcalc.verify; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
