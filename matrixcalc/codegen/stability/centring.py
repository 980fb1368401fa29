"""Differences from a mean: what the derivatives of softmax and of log-sum-exp consist of.

With s = softmax(u), (diag(s) - s*s')*A is diag(s)*C for the rows C of A less their mean s'*A, and
A'*(diag(s) - s*s')*A is their variance C'*diag(s)*C. Where one entry of s is near 1 its row is
near the mean; that difference is then the sum of the others, in which nothing cancels.
"""

from __future__ import annotations

from collections.abc import Sequence

from matrixcalc import build
from matrixcalc.build import add, had, mul, neg, num
from matrixcalc.calls import make_call, rebuild
from matrixcalc.codegen.stability.logs import terms
from matrixcalc.expr import Expr, topological

_FEW = 3
"""Longer sums are not multiplied out."""


def centred(root: Expr) -> Expr:
    """The expression with every sum in its centred form.

    That is found before weights and what they weigh become one exponential.
    """
    made: dict[Expr, Expr] = {}
    for e in topological(root):
        args = tuple(made[a] for a in e.args)
        plain = e if args == e.args else rebuild(e, args, e.shape)
        made[e] = centred_sum(plain) if plain.op == "add" else plain
    return made[root]


def centred_product(e: Expr) -> Expr:
    """A chain with diag(s) - s*s' in it.

    >>> from matrixcalc.infer import parse
    >>> jacobian = centred_sum(parse("diag(softmax(x)) - softmax(x)*softmax(x)'"))
    >>> centred_product(build.mul(parse("B"), jacobian, parse("A")))
    B*softmax_times(A, softmax(x))
    """
    scalars = [a for a in e.args if a.is_scalar]
    chain = [a for a in e.args if not a.is_scalar]
    for i, f in enumerate(chain):
        if f.op != "_softmax_jacobian":
            continue
        for k in (i - 1, i + 1):
            terms = chain[k].args if 0 <= k < len(chain) and chain[k].op == "add" else ()
            if 0 < len(terms) <= _FEW and any(map(_is_cheap, terms)):
                parts = (mul(*scalars, *chain[:k], t, *chain[k + 1 :]) for t in terms)
                return add(*(centred_product(t) if t.op == "mul" else t for t in parts))
        before, after = _parted(chain[:i], chain[i + 1 :])
        made = _by_rows(f.args[0], before[-1:], after[:1])
        if made is not None:
            return mul(*scalars, *before[:-1], made, *after[1:])
    return e


def _parted(before: list[Expr], after: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The chains beside a matrix, each as one factor where that is a vector."""
    left, right = mul(*before), mul(*after)
    return ([left] if left.order == 1 else before), ([right] if right.order == 1 else after)


def _is_cheap(t: Expr) -> bool:
    """Whether a term is diagonal or of rank one."""
    return t.op == "diag" or (t.op == "mul" and (t.args[-1].op == "diag" or t.args[-1].order == 1))


def _by_rows(s: Expr, before: list[Expr], after: list[Expr]) -> Expr | None:
    """The product of diag(s) - s*s' and what is beside it, unless that is diagonal."""
    left = before[0] if before else None
    right = after[0] if after else None
    if right is None or right.op == "diag":
        if left is None or left.op == "diag":
            return None
        others = [] if right is None else [build.transpose(right)]
        turned = _by_rows(s, others, [build.transpose(left)])
        return None if turned is None else build.transpose(turned)
    rows = _centred(right, s)
    if left is build.transpose(right):
        return mul(build.transpose(rows), make_call("diag", (s,)), rows)
    weighted = make_call("_softmax_times", rows.args)
    return weighted if left is None else mul(left, weighted)


def _centred(v: Expr, s: Expr) -> Expr:
    """v less its mean, from what differs from v by a number: log_softmax(u) is as good as u."""
    plain = [build.zeros(v.shape)]
    for t in terms(v) if v.order == 1 else ():
        number, rest = build.split_number(t)
        if rest.op == "log_softmax":
            t = mul(num(number), rest.args[0])
        if rest.op != "ones" and not (rest.op == "mul" and rest.args[-1].op == "ones"):
            plain.append(t)
    return make_call("_centred", (add(*plain) if plain[1:] else v, s))


def centred_sum(e: Expr) -> Expr:
    """A sum with v less its mean in it, or with diag(s) - s*s'.

    >>> from matrixcalc.infer import parse
    >>> centred_sum(parse("y - softmax(x)'*y"))
    centred(y, softmax(x))
    """
    for t in e.args:
        whole = t.args[-1] if t.op == "mul" else t
        if whole.op == "diag" and is_distribution(whole.args[0]):
            s = whole.args[0]
            scale = mul(*t.args[:-1]) if t.op == "mul" else build.UNIT
            square = mul(build.MINUS, scale, s, build.transpose(s))
            if scale.is_scalar and square in e.args:
                others = [a for a in e.args if a is not t and a is not square]
                made = mul(scale, make_call("_softmax_jacobian", (s,)))
                return add(build.zeros(e.shape), *others, made)
    for t in e.args:
        found = _mean(t, e)
        if found is None:
            continue
        s, v, scale = found
        own = neg(mul(scale, v))
        if own in e.args:
            others = [a for a in e.args if a is not t and a is not own]
            made = mul(build.MINUS, scale, _centred(v, s))
            return add(build.zeros(e.shape), *others, made)
    return e


def _mean(t: Expr, e: Expr) -> tuple[Expr, Expr, Expr] | None:
    """The s and the v of a repeated number scale*(s'*v), as long as v."""
    if t.op != "mul" or e.order != 1 or e.kind != "vector":
        return None
    scalars = [a for a in t.args if a.is_scalar]
    rest = [a for a in t.args if not a.is_scalar]
    if len(rest) != 1 or rest[0].op != "ones":
        return None
    for i, f in enumerate(scalars):
        pair = _pair(f)
        if pair is None:
            continue
        for s, v in (pair, pair[::-1]):
            if is_distribution(s) and v.shape == e.shape:
                return s, v, mul(*scalars[:i], *scalars[i + 1 :])
    return None


def _pair(f: Expr) -> Sequence[Expr] | None:
    """The s and the v of s'*v, however it is written."""
    if f.op == "sum" and f.args[0].op == "had":
        factors = f.args[0].args
        s = next((a for a in factors if is_distribution(a)), None)
        return None if s is None else (s, had(*(a for a in factors if a is not s)))
    if f.op != "mul" or len(f.args) != 2 or any(a.is_scalar for a in f.args):
        return None
    return build.transpose(f.args[0]), f.args[1]


def is_distribution(s: Expr) -> bool:
    """Whether the entries are positive, with sum 1."""
    return s.op == "softmax" and s.kind == "vector"
