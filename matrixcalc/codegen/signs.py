"""What is known of signs: of entries for square roots, of matrices for Cholesky's factor."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.expr import Expr, topological

_POSITIVE = frozenset(
    {"exp", "sigmoid", "softplus", "softmax", "abs", "cosh", "step", "relu", "norm1", "norm2",
     "ones", "eye", "pi", "size", "_sech2", "_softmax_rest", "_softmax_columns", "_log_cosh"}
)


def nonnegative(root: Expr) -> bool:
    """Whether every entry is known to be at least zero.

    >>> from matrixcalc.infer import parse
    >>> nonnegative(parse("y.^2.*exp(z)")), nonnegative(parse("y.*exp(z)"))
    (True, False)
    """
    known: dict[Expr, bool] = {}
    for e in topological(root):
        below = [known[a] for a in e.args]
        if e.op == "num":
            found = e.data >= 0
        elif e.op == "sym":
            found = "positive" in e.data[1]
        elif e.op in ("epow", "pow"):
            number = e.args[1].number
            even = number is not None and number.denominator == 1 and number.numerator % 2 == 0
            found = (even and (e.op == "epow" or e.is_scalar)) or (
                below[0] and (e.op == "epow" or e.is_scalar)
            )
        elif e.op == "add":
            found = all(below) or _complement(e)
        elif e.op in ("mul", "had", "sum", "T", "diag", "rowsum", "colsum"):
            found = all(below)
        else:
            found = e.op in _POSITIVE
        known[e] = found
    return known[root]


def _complement(e: Expr) -> bool:
    """1 - sigmoid(u), 1 - tanh(u)^2 and the like."""
    if len(e.args) != 2 or not any(a.op in ("ones", "num") for a in e.args):
        return False
    if any(a.op == "num" and a.data != 1 for a in e.args):
        return False
    other = next((a for a in e.args if a.op not in ("ones", "num")), None)
    if other is None or other.op != "mul" or len(other.args) != 2 or other.args[0].op != "num":
        return False
    if other.args[0].data != -1:
        return False
    inner = other.args[1]
    if inner.op in ("epow", "pow") and inner.args[1].number == 2:
        return inner.args[0].op in ("tanh", "sin", "cos", "erf")
    return inner.op in ("sigmoid", "softmax")


def semidefinite(root: Expr) -> bool:
    """Whether a square matrix is known to be positive semidefinite.

    One that has an inverse too is positive definite, and so has Cholesky's factor.

    >>> from matrixcalc.infer import parse
    >>> semidefinite(parse("X'*diag(exp(y))*X + 2*eye")), semidefinite(parse("X'*X - A"))
    (True, False)
    """
    known: dict[Expr, bool] = {}
    for e in topological(root):
        if e.order != 2:
            found = False
        elif e.op == "sym":
            found = "positive_definite" in e.data[1]
        elif e.op == "diag":
            found = nonnegative(e.args[0])
        elif e.op == "T":
            found = known[e.args[0]]
        elif e.op == "pow":
            number = e.args[1].number
            even = number is not None and number % 2 == 0
            found = known[e.args[0]] or (even and build.transpose(e) is e)
        elif e.op in ("add", "kron"):
            found = all(known[a] for a in e.args)
        elif e.op == "mul":
            found = _congruence(e, known)
        else:
            found = e.op == "eye"
        known[e] = found and e.is_square
    return known[root]


def _congruence(e: Expr, known: dict[Expr, bool]) -> bool:
    """X'*X or X'*S*X times numbers that are not negative."""
    chain = [a for a in e.args if not a.is_scalar]
    if not all(nonnegative(a) for a in e.args if a.is_scalar):
        return False
    while len(chain) > 1 and chain[0] is build.transpose(chain[-1]):
        chain = chain[1:-1]
    return not chain or (len(chain) == 1 and known[chain[0]])
