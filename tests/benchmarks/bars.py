"""How many times faster than JAX's best each derivative must be, in one thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

TIE = 0.7
"""A ratio that still counts as a tie above n = 500."""
TIE_FROM = 500
CALL = 2e-6
"""Seconds that our checks of the arguments may take."""


@dataclass(frozen=True)
class Bar:
    """At least so many ``times`` as fast as JAX."""

    problem: str
    kind: str
    n: int
    times: float


BARS = (
    Bar("0.5*x'*A*x", "hessian", 1000, 30),
    Bar("softmax(A*x)", "jacobian", 1000, 25),
    Bar("A*exp(x)", "jacobian", 1000, 50),
    Bar("x.*(A*x)", "jacobian", 1000, 35),
    Bar("matrix factorisation", "hessian", 200, 100),
    Bar("matrix factorisation", "structured", 200, 5000),
    Bar("matrix factorisation", "hvp", 1000, 35),
    Bar("tr(A*X'*B*X*C)", "hessian", 40, 40),
    Bar("logistic regression", "hessian", 1000, 2.5),
    Bar("least squares", "hessian", 1000, 2.5),
    Bar("logistic regression", "joint", 1000, 3.5),
    Bar("10-layer ReLU net, by W1", "hessian", 20, 10),
    Bar("10-layer ReLU net, by W1", "hessian", 40, 15),
    Bar("10-layer ReLU net, by W5", "hessian", 20, 10),
    Bar("10-layer ReLU net, by W5", "hessian", 40, 15),
    Bar("Gaussian log-likelihood", "gradient", 1000, 2.5),
    Bar("logdet(X'*X)", "gradient", 1000, 2),
    Bar("a'*inv(X)*b", "gradient", 300, 5),
    Bar("a'*inv(X)*b", "gradient", 1000, 5),
    Bar("tr(A*X'*B*X*C)", "gradient", 300, 1.3),
    Bar("tr(A*X'*B*X*C)", "gradient", 1000, 1.3),
    Bar("0.5*x'*A*x, A symmetric", "gradient", 10, 10),
    Bar("0.5*x'*A*x, A symmetric", "gradient", 100, 8),
    Bar("0.5*x'*A*x, A symmetric", "gradient", 1000, 2.5),
)
_OF = {(bar.problem, bar.kind, bar.n): bar.times for bar in BARS}


def least(problem: str, kind: str, n: int) -> float | None:
    """The bar of a cell; every gradient and Hessian-vector product has one."""
    if (problem, kind, n) in _OF:
        return _OF[problem, kind, n]
    if kind in ("gradient", "hvp"):
        return TIE if n > TIE_FROM else 1.0
    return None


# Results


def of(cell: dict[str, Any], name: str, mode: str = "") -> list[dict[str, Any]]:
    """The times of all modes of a version."""
    return [t for t in cell["times"] if t["name"] == name and mode in ("", t["mode"])]


def fastest(times: Sequence[dict[str, Any]], what: str = "min") -> dict[str, Any] | None:
    return min(times, key=lambda t: float(t[what]), default=None)


def ours(cell: dict[str, Any], what: str = "min", suffix: str = "") -> dict[str, Any] | None:
    """Our best of the NumPy and JAX targets, by which the bars judge."""
    jax = of(cell, "ours" + suffix, "jax") or of(cell, "ours", "jax")
    return fastest([*of(cell, "ours", "numpy"), *jax], what)


def ratio(cell: dict[str, Any], name: str, what: str = "min", suffix: str = "") -> float | None:
    """How many times faster our best is than that version; with the dispatch of the
    ``suffix`` for both."""
    mine, other = ours(cell, what, suffix), fastest(of(cell, name + suffix), what)
    return other[what] / mine[what] if mine and other else None


def compared(times: float, n: int) -> str:
    """The word for a ratio."""
    if n > TIE_FROM and TIE <= times <= 1 / TIE:
        return "tie"
    return "faster" if times >= 1.0 else "slower"


def judged(cell: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What is asked of a cell, and whether it is met; judged by minima."""
    for note in cell["notes"]:
        if note["wrong"]:
            yield f"{note['name']} {note['mode']}: {note['why']}", False
    if cell["threads"] != 1:
        return
    bar, times = least(cell["problem"], cell["kind"], cell["n"]), ratio(cell, "JAX")
    if bar is not None and times is not None:
        yield f"{times:.2g}× JAX, at least {bar:g}×", times >= bar
    mine, plain = fastest(of(cell, "ours")), fastest(of(cell, "plain"))
    if mine and plain and cell["kind"] != "structured":
        slack = 1 / TIE if cell["n"] > TIE_FROM else 1.1
        met = mine["min"] <= plain["min"] * slack + CALL
        yield f"{plain['min'] / mine['min']:.2g}× plain NumPy", met
