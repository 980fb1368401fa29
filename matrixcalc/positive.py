"""What is plainly positive, and which matrices are plainly positive definite."""

from __future__ import annotations

from matrixcalc.build import split_number, transpose
from matrixcalc.expr import Expr, topological

_POSITIVE = frozenset({"exp", "sigmoid", "softplus", "cosh", "softmax", "ones", "pi", "size"})
_NOT_NEGATIVE = frozenset({"abs", "norm1", "norm2", "relu", "step", "zeros"})
_INNER = frozenset({"add", "mul", "had", "T", "sum", "pow", "epow"})


def is_positive(e: Expr) -> bool:
    """Whether an expression is plainly positive in every entry, wherever it is defined.

    >>> from matrixcalc.infer import parse
    >>> is_positive(parse("1 + x'*x")), is_positive(parse("x'*x"))
    (True, False)
    """
    signs: dict[Expr, int] = {}
    for n in topological(e, lambda n: n.op in _INNER and not _is_square(n)):
        signs[n] = _sign(n, signs)
    return signs[e] > 1


def _sign(n: Expr, known: dict[Expr, int]) -> int:
    """2 for positive, 1 for not negative, 0 for what may be anything."""
    if n.op in _POSITIVE or (n.op == "det" and is_definite(n.args[0])):
        return 2
    if n.op in _NOT_NEGATIVE or _is_square(n):
        return 1
    if n.op == "num":
        return 2 if n.data > 0 else int(n.data == 0)
    if n.op == "sym":
        return 2 if "positive" in n.data[1] else 0
    if n.op in ("pow", "epow") and (n.is_scalar or n.op == "epow"):
        k = n.args[1].number
        if k is not None and k.denominator == 1 and k % 2 == 0:
            return max(known[n.args[0]], 1)
        return known[n.args[0]]
    signs = [known[a] for a in n.args] if n.op in _INNER else []
    if n.op == "add" and min(signs) > 0:
        return max(signs)
    return min(signs, default=0)


def _is_square(n: Expr) -> bool:
    """Whether a scalar is v'*v, or v'*A*v for a definite matrix A."""
    if n.op != "mul" or not n.is_scalar or n.args[0].is_scalar:
        return False
    middle = n.args[1:-1]
    plain = not middle or (len(middle) == 1 and _declared_definite(middle[0]))
    return plain and transpose(n.args[0]).key == n.args[-1].key


def _declared_definite(e: Expr) -> bool:
    if e.op == "pow":
        e = e.args[0]
    return e.op == "sym" and "positive_definite" in e.data[1]


def is_definite(e: Expr) -> bool:
    """Whether a matrix is plainly positive definite, as eye + X'*X is."""
    terms = e.args if e.op == "add" else (e,)
    ranks = [_definiteness(t) for t in terms]
    return min(ranks) > 0 and max(ranks) > 1


def _definiteness(t: Expr) -> int:
    """2 for positive definite, 1 for semidefinite, 0 for what may be anything."""
    number, rest = split_number(t)
    if number <= 0:
        return 0
    factors = rest.args if rest.op == "mul" else (rest,)
    scalars = [f for f in factors if f.is_scalar]
    if not all(map(is_positive, scalars)):
        return 0
    chain = list(factors[len(scalars) :])
    if len(chain) == 1:
        core = chain[0]
        if core.op == "diag":
            return 2 if is_positive(core.args[0]) else 0
        return 2 if core.op == "eye" or _declared_definite(core) else 0
    while len(chain) > 1 and transpose(chain[0]).key == chain[-1].key:
        chain = chain[1:-1]
    if len(chain) < 2:
        return int(not chain or chain[0].op == "eye" or _declared_definite(chain[0]))
    return 0
