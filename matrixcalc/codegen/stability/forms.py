"""The function in a stable form before it is differentiated.

The derivative of log_softmax(u) divides by nothing, that of log(softmax(u)) does; and what
divides in a first derivative may be 0/0 in the second. So the forms that are functions of the
language are put into the function itself. What they replace is found by the same rules as
everywhere (:mod:`matrixcalc.codegen.stability.passes`).
"""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.build import add, mul, neg, num
from matrixcalc.calls import make_call, rebuild
from matrixcalc.codegen.stability.passes import Stabilising
from matrixcalc.expr import Expr, topological

_REPLACED = frozenset({"log", "log1p", "mul", "had", "pow", "epow"})
_NAMES = frozenset({"softplus", "logsumexp", "log_softmax", "softmax", "sigmoid", "tanh"})
_AVOIDED = frozenset({"exp", "log", "log1p", "max", "min"})
"""What would have to be stabilised again; the logarithm of a product may leave one."""


def differentiable_form(root: Expr, stable: Stabilising) -> Expr:
    """The function with log-sum-exp, log-softmax, softplus, … where they are written out.

    >>> from matrixcalc.infer import parse
    >>> differentiable_form(parse("norm2(log(exp(x)/sum(exp(x))))"), Stabilising())
    norm2(log_softmax(x))
    >>> differentiable_form(parse("exp(x) - 1"), Stabilising())
    exp(x) - 1
    """
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        plain = e if args == e.args else rebuild(e, args, e.shape)
        made[e] = _form(plain, stable) if e.op in _REPLACED else plain
    return made[root]


def _form(plain: Expr, stable: Stabilising) -> Expr:
    """The form of one node."""
    tries = [plain]
    if plain.op == "log":
        # log(1 - sigmoid(u)) has one by its operand's
        tries.append(rebuild(plain, tuple(map(stable.rule, plain.args)), plain.shape))
    for e in tries:
        form = _spoken(stable.rule(e))
        if _is_spoken(form, plain):
            return form
    return plain


def _spoken(root: Expr) -> Expr:
    """log_cosh(u) as the language has it, and what a polynomial near a point stands for."""
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        if e.op == "_near":
            made[e] = args[1]
        elif e.op == "_log_cosh":
            (u,) = args
            two = make_call("log", (num(2),))
            twice = make_call("softplus", (mul(num(2), u),))
            made[e] = add(twice, neg(u), neg(mul(two, build.ones(u.shape)) if u.order else two))
        else:
            made[e] = e if args == e.args else rebuild(e, args, e.shape)
    return made[root]


def _is_spoken(form: Expr, plain: Expr) -> bool:
    """Whether a form is not much longer, and what is new in it are names of the language.

    A quotient is none: its derivatives would have to vanish where it does.
    """
    known = set(topological(plain))
    avoided = _AVOIDED - {"log", "log1p"} if plain.op == "log" else _AVOIDED
    new = [e for e in topological(form) if e not in known]
    return (
        any(e.op in _NAMES for e in new)
        and form.cost <= 2 * plain.cost + 4
        and not any(e.op in avoided or e.op.startswith("_") or _divides(e) for e in new)
    )


def _divides(e: Expr) -> bool:
    return e.op in ("pow", "epow") and (e.args[1].number is None or e.args[1].number < 0)
