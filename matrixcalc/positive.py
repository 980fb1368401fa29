"""What is plainly positive."""

from __future__ import annotations

from matrixcalc.expr import Expr, topological

_POSITIVE = frozenset({"exp", "sigmoid", "softplus", "cosh", "softmax", "ones", "pi", "size"})


def is_positive(e: Expr) -> bool:
    """Whether an expression is plainly positive in every entry."""
    nodes = topological(e, lambda n: n.op in ("add", "mul", "had", "T", "sum", "pow", "epow"))
    known: dict[Expr, bool] = {}
    for n in nodes:
        if n.op in _POSITIVE:
            known[n] = True
        elif n.op == "num":
            known[n] = n.data > 0
        elif n.op == "sym":
            known[n] = "positive" in n.data[1]
        elif n.op in ("pow", "epow") and (n.is_scalar or n.op == "epow"):
            known[n] = known[n.args[0]]
        elif n.op in ("add", "mul", "had", "T", "sum"):
            known[n] = all(known[a] for a in n.args)
        else:
            known[n] = False
    return known[e]
