"""Products of matrices, and of scalars with them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

from matrixcalc import build
from matrixcalc.constructors.atoms import MINUS, ONE, UNIT, is_zero, num, zeros
from matrixcalc.constructors.factors import (
    base_and_exponent,
    divides,
    has_scalars,
    is_form,
    is_reciprocal,
    mutually_inverse,
    without_signs,
)
from matrixcalc.constructors.neighbours import merged
from matrixcalc.constructors.powers import power
from matrixcalc.constructors.transposes import is_skew, pair, transpose
from matrixcalc.dims import SCALAR, Shape
from matrixcalc.errors import LimitError
from matrixcalc.expr import Expr, node

MAX_FACTORS = 10_000


@lru_cache(maxsize=512)
def mul(*factors: Expr) -> Expr:
    """The matrix product; scalar factors scale it.

    What was made last is remembered: a sum is tried in many ways, of the same few products.
    """
    if UNIT in factors:
        factors = tuple(f for f in factors if f is not UNIT)
    if len(factors) == 1:
        return factors[0]
    number = ONE
    scalars: dict[bytes, tuple[Expr, Expr]] = {}
    chain: list[Expr] = []
    zero = False
    stack = list(reversed(factors))
    while stack:
        f = stack.pop()
        if f.op == "mul" and not is_form(f):
            stack.extend(reversed(f.args))
        elif f.op == "num":
            number = f.data if number is ONE else number * f.data
        elif f.is_scalar:
            base, exponent = base_and_exponent(f)
            known = scalars.get(base.key)
            if known is not None:
                base, exponent = known[0], _sum_of_exponents(known[1], exponent)
            scalars[base.key] = (base, exponent)
        else:
            zero = zero or f.op == "zeros"
            chain.append(f)
            if len(chain) > MAX_FACTORS:
                raise LimitError(f"a product of more than {MAX_FACTORS:,} factors arises")
    if zero or not number:
        return zeros(_outer_shape(chain))
    if scalars and without_signs(scalars):
        return mul(num(number), *(power(b, x) for b, x in scalars.values()), *chain)
    if len(chain) > 1:
        front, chain = _chain(chain)
        if chain and is_zero(chain[0]):
            return chain[0]
        if front:
            powers = [power(b, x) for b, x in scalars.values()]
            return mul(num(number), *powers, *front, *chain)
    parts: list[Expr] = []
    for base, exponent in scalars.values():
        p = power(base, exponent)
        if p.op == "num":
            number *= p.data
        elif p.op == "mul" and not is_form(p):
            # a power of a product came apart: start again with the pieces
            rest = [power(b, x) for b, x in scalars.values()]
            return mul(num(number), *rest, *chain)
        else:
            parts.append(p)
    if parts and chain:
        _inverse_from_adjugate(parts, chain)
    if chain and chain[0].op == "ones":
        # x - (a + b) rather than x + (-a - b)
        for i, p in enumerate(parts):
            if p.op == "add" and split_sign(p.args[0]) < 0:
                parts[i], number = build.neg(p), -number
    if any(map(_place, parts)):
        parts.sort(key=_place)
    parts.extend(chain)
    if not number:
        return zeros(_outer_shape(chain))
    if number is not ONE and number != 1:
        if len(parts) == 1 and parts[0].op == "add" and number == -1:
            return build.add(*(mul(MINUS, t) for t in parts[0].args))
        parts.insert(0, num(number))
    if not parts:
        return UNIT
    if len(parts) == 1:
        return parts[0]
    return _product(tuple(parts))


def _place(p: Expr) -> int:
    """Where a scalar factor stands: dimensions first, bilinear forms after the others;
    divisors last, in the same order."""
    base = p.args[0] if p.op == "pow" else p
    order = -1 if base.op == "size" else int(base.op == "mul")
    return order + 3 * divides(p)


def _outer_shape(chain: Sequence[Expr]) -> Shape:
    return (chain[0].shape[0], chain[-1].shape[1]) if chain else SCALAR


def _inverse_from_adjugate(scalars: list[Expr], chain: list[Expr]) -> None:
    """adj(A)/det(A) is inv(A); changes both lists in place."""
    for i, f in enumerate(chain):
        core = f.args[0] if f.op == "T" else f
        if core.op != "adj":
            continue
        for j, s in enumerate(scalars):
            base, exponent = base_and_exponent(s)
            divided = base.op == "det" and divides(s)
            if divided and base.args[0] in (core.args[0], transpose(core.args[0])):
                inverse = power(core.args[0], MINUS)
                chain[i] = transpose(inverse) if f.op == "T" else inverse
                left = power(base, num(exponent.data + 1))
                scalars[j : j + 1] = [] if left is UNIT else [left]
                return


def _chain(chain: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Normal form of a product of non-scalars, as (scalar factors, the rest)."""
    front: list[Expr] = []
    out: list[Expr] = []
    pending = list(reversed(chain))
    while pending:
        f = pending.pop()
        if f.op == "mul":
            pending.extend(reversed(f.args))
            continue
        if f.is_scalar:
            front.append(f)
            continue
        if f.op == "eye" and (out or pending):
            continue
        if out:
            made, used = merged(out, f)
            if made is not None:
                del out[-used:]
                if is_zero(made):
                    return [], [zeros(_outer_shape(chain))]
                pending.append(made)
                continue
        out.append(f)
    if len(out) > 1 and out[0].op == "eye":
        out.pop(0)
    if len(out) > 1 and _turned_signs(out) % 2:
        front.append(MINUS)
    # between two places of width one stands a scalar
    places = [i for i, f in enumerate(out) if f.rows.is_one]
    if out and out[-1].cols.is_one:
        places.append(len(out))
    if len(places) < 2:
        return front, out
    for begin, end in pairwise(places):
        front.append(_bilinear(out[begin:end]))
    return front, out[: places[0]] + out[places[-1] :]


def _turned_signs(chain: list[Expr]) -> int:
    """Turn a - b into -(b - a) where b - a stands before it, so that like factors look alike.

    Changes the factors in place; tells how many it turned.
    """
    cores = [f.args[0] if f.op == "T" else f for f in chain]
    sums = [(i, core) for i, core in enumerate(cores) if core.op == "add"]
    if len(sums) < 2:
        return 0
    count = 0
    for k, (i, core) in enumerate(sums):
        turned = build.neg(core) if k else core
        if any(turned.key in (other.key, transpose(other).key) for _, other in sums[:k]):
            chain[i] = transpose(turned) if chain[i].op == "T" else turned
            count += 1
    return count


def _bilinear(parts: list[Expr]) -> Expr:
    """The scalar that a row times … times a column is."""
    if len(parts) == 1:
        return parts[0]
    if parts[0].op == "ones":
        return build.call("sum", mul(*parts[1:]))
    if parts[-1].op == "ones":
        return build.call("sum", transpose(mul(*parts[:-1])))
    return _product(tuple(parts))


def _product(parts: tuple[Expr, ...]) -> Expr:
    """The node for factors in normal form."""
    scalars = 0
    cost = len(parts) - 1
    lean = 0
    for p in parts:
        if p.is_scalar:
            scalars += 1
            if p.op == "pow" and is_reciprocal(p):
                cost += p.cost - 2
            else:
                cost += p.cost
        else:
            cost += p.cost
            lean += p.lean
    if parts[0] is MINUS:
        cost -= 1
    if scalars == len(parts) and all(map(divides, parts)):
        cost += 2
    chain = parts[scalars:]
    projectors = [(a, b) for a, b in pairwise(chain) if mutually_inverse(a, b)]
    lean -= sum(a.lean + b.lean for a, b in projectors)
    shape = _outer_shape(chain)
    if shape[0].is_one and shape[1].is_one:
        if not scalars:
            return _form(parts, cost, lean)
        return node("mul", parts, None, SCALAR, cost, 0)
    made = node("mul", parts, None, shape, cost, lean)
    if projectors:
        # X*pinv(X) is its own transpose, whatever stands around it
        made.flipped = made if len(chain) == 2 else made.flipped
        return made
    if lean == 0 and made.flipped is None and not any(map(is_skew, chain)):
        turned = tuple(transpose(p) for p in reversed(chain))
        if made.flipped is None and not any(map(has_scalars, turned)):
            flipped = (*parts[:scalars], *turned)
            pair(made, node("mul", flipped, None, shape[::-1], cost, 0))
    return made


def _form(parts: tuple[Expr, ...], cost: int, lean: int) -> Expr:
    """A scalar x'*A*y; its transpose y'*A'*x is the same and has the same key."""
    other = tuple(transpose(p) for p in reversed(parts))
    mine = b"".join(p.key for p in parts)
    theirs = b"".join(p.key for p in other)
    key = blake2b(b"form" + min(mine, theirs), digest_size=16).digest()
    if lean < 0:
        return node("mul", other, None, SCALAR, cost + lean, 0, key)
    return node("mul", parts, None, SCALAR, cost, 0, key)


def _sum_of_exponents(a: Expr, b: Expr) -> Expr:
    return num(a.data + b.data) if a.op == b.op == "num" else build.add(a, b)


def split_number(e: Expr) -> tuple[Fraction, Expr]:
    """An expression as number times rest; the rest of a plain number is 1."""
    if e.op == "num":
        return e.data, UNIT
    if e.op == "mul" and e.args[0].op == "num":
        if e.rest is None:
            rest = e.args[1:]
            e.rest = rest[0] if len(rest) == 1 else _product(rest)
        return e.args[0].data, e.rest
    return ONE, e


def split_sign(e: Expr) -> int:
    """-1 for an expression that is written with a minus sign in front, else 1."""
    factor = e.data if e.op == "num" else e.args[0].data if e.op == "mul" else 1
    return -1 if isinstance(factor, Fraction) and factor.numerator < 0 else 1
