"""The function in a stable form before it is differentiated.

The derivative of log_softmax(u) divides by nothing, that of log(softmax(u)) does; and what
divides in a first derivative may be 0/0 in the second. So the forms that are functions of the
language are put into the function itself. What they replace is found by the same rules as
everywhere (:mod:`matrixcalc.codegen.stability.passes`).
"""

from __future__ import annotations

from collections.abc import Callable

from matrixcalc import build
from matrixcalc.build import add, mul, neg, num
from matrixcalc.calls import make_call, rebuild
from matrixcalc.codegen.stability.logs import spread, upright
from matrixcalc.codegen.stability.passes import Stabilising
from matrixcalc.expr import Expr, topological

_REPLACED = frozenset({"log", "log1p", "mul", "had", "pow", "epow"})
_AVOIDED = frozenset({"exp", "log", "log1p", "max", "min", "logdet"})
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
        if plain.op == "add":
            plain = _hyperbolic(plain)
        made[e] = _form(plain, stable) if plain.op in _REPLACED else plain
    return made[root]


def _hyperbolic(e: Expr) -> Expr:
    """exp(u) + exp(-u) as 2*cosh(u), exp(u) - exp(-u) as 2*sinh(u): one function of u each.

    >>> from matrixcalc.infer import parse
    >>> _hyperbolic(parse("a*b + 3*exp(-x) - 3*exp(x)"))
    a*b - 6*sinh(x)
    """
    left = list(e.args)
    pairs: list[Expr] = []
    for t in e.args:
        k, rest = build.split_number(t)
        if rest.op != "exp" or t not in left:
            continue
        other = make_call("exp", (neg(rest.args[0]),))
        for name, partner in (("cosh", mul(num(k), other)), ("sinh", mul(num(-k), other))):
            if partner in left and partner is not t:
                u = upright(rest.args[0])
                sign = -1 if name == "sinh" and u is not rest.args[0] else 1
                pairs.append(mul(num(2 * sign * k), make_call(name, (u,))))
                left = [f for f in left if f is not t and f is not partner]
                break
    return add(*left, *pairs) if pairs else e


def _form(plain: Expr, stable: Stabilising) -> Expr:
    """The form of one node."""
    tries = [plain]
    if plain.op == "log":
        # log(1 - sigmoid(u)) has one by its operand's
        tries.append(rebuild(plain, tuple(map(stable.of, plain.args)), plain.shape))
    for e in tries:
        form = stable.rule(e)
        if form is not plain and _is_spoken(form, plain):
            return _spoken(form)
    return plain


def _is_spoken(form: Expr, plain: Expr) -> bool:
    """Whether a form is not much longer, and what is new in it can be said in the language.

    A quotient is none: its derivatives would have to vanish where it does.
    """
    known = set(topological(plain))
    avoided = _AVOIDED - {"log"} if plain.op == "log" else _AVOIDED
    return form.cost <= 2 * plain.cost + 4 and not any(
        e.op in avoided
        or (e.op.startswith("_") and e.op not in {*_WRITTEN, *_BY_COLUMNS})
        or (e.op in ("pow", "epow") and not (e.args[1].number or 0) > 0)
        or (e.op in ("softmax", "log_softmax", "logsumexp") and e.args[0].order == 2)
        for e in topological(form)
        if e not in known
    )


def _spoken(root: Expr) -> Expr:
    """A stable form in functions of the language."""
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        if e.op == "T" and e.args[0].op in _BY_COLUMNS:
            made[e] = _BY_COLUMNS[e.args[0].op](build.transpose(made[e.args[0].args[0]]), "rowsum")
        elif e.op in _BY_COLUMNS:
            made[e] = _BY_COLUMNS[e.op](args[0], "colsum")
        elif e.op in _WRITTEN:
            made[e] = _WRITTEN[e.op](*args)
        else:
            made[e] = e if args == e.args else rebuild(e, args, e.shape)
    return made[root]


def _log_cosh(u: Expr) -> Expr:
    two = spread(make_call("log", (num(2),)), u.shape)
    return add(make_call("softplus", (mul(num(2), u),)), neg(u), neg(two))


def _logsumexp(u: Expr, total: str) -> Expr:
    return make_call("log", (make_call(total, (make_call("exp", (u,)),)),))


def _log_softmax(u: Expr, total: str) -> Expr:
    return add(u, neg(spread(_logsumexp(u, total), u.shape)))


def _softmax(u: Expr, total: str) -> Expr:
    return make_call("exp", (_log_softmax(u, total),))


_BY_COLUMNS: dict[str, Callable[[Expr, str], Expr]] = {
    "_logsumexp_columns": _logsumexp,
    "_log_softmax_columns": _log_softmax,
    "_softmax_columns": _softmax,
}
"""Each by columns, with ``colsum``, or by rows, where it stands under a transpose."""

_WRITTEN: dict[str, Callable[..., Expr]] = {
    "_near": lambda t, plain, *series: plain,
    "_log_cosh": _log_cosh,
}
"""The other functions of generated code that the language can say."""
