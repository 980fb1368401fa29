"""Constructors of expressions: the only way to make a node, always in normal form.

Normal form is light: it keeps sums whole and what the user wrote in its order. It
merges what is plainly the same (like terms, powers of one base, ``eye`` and zeros),
puts a product's number and scalars first, and moves transposes inside products.
Operands must fit: shapes are checked by :mod:`matrixcalc.infer`, not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

from matrixcalc.dims import SCALAR, Dim, Shape
from matrixcalc.errors import LimitError, UnsupportedError
from matrixcalc.expr import Expr, node

MAX_NUMBER_BITS = 4096
MAX_FACTORS = 10_000

HALF = Fraction(1, 2)

SYMMETRIC = frozenset({"symmetric", "positive_definite", "diagonal"})

def num(value: Fraction | int) -> Expr:
    """A number."""
    parts = value.as_integer_ratio()
    known = _COMMON.get(parts)
    if known is not None:
        return known
    value = Fraction(value)
    made = _number(value)
    if value.denominator < 10 and abs(value.numerator) < 100:
        _COMMON[parts] = made
    return made


_COMMON: dict[tuple[int, int], Expr] = {}
"""Small numbers, which are asked for again and again."""

ONE = Fraction(1)


def _number(value: Fraction) -> Expr:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_NUMBER_BITS:
        raise LimitError(f"a number of more than {MAX_NUMBER_BITS} bits arises")
    return node("num", (), value, SCALAR, 1, 0)


ZERO = num(0)
UNIT = num(1)
MINUS = num(-1)
PI = node("pi", (), None, SCALAR, 1, 0)


def sym(name: str, shape: Shape = SCALAR, properties: Iterable[str] = ()) -> Expr:
    """A variable."""
    props = tuple(sorted(properties))
    scalar = shape == SCALAR
    flat = scalar or "skew" in props or bool(SYMMETRIC.intersection(props))
    return node("sym", (), (name, props), shape, 1, 0 if flat else 1)


def size(dim: Dim) -> Expr:
    """A dimension, used as a number."""
    if dim.is_number:
        return num(dim.factor)
    parts = [node("size", (), Dim.named(name), SCALAR, 1, 0) for name in dim.names]
    return mul(num(dim.factor), *parts)


def eye(dim: Dim) -> Expr:
    """The identity matrix."""
    return UNIT if dim.is_one else node("eye", (), None, (dim, dim), 1, 0)


def ones(shape: Shape) -> Expr:
    """The array of ones: ``vector(1)``, its transpose, or ``matrix(1)``."""
    if shape == SCALAR:
        return UNIT
    row = shape[0].is_one
    return node("ones", (), None, shape, 3 if row else 2, _lean_by_shape(shape))


def commutation(rows: Dim, cols: Dim) -> Expr:
    """The matrix that takes vec(A) to vec(A'), for A of this size (Magnus & Neudecker, 3.7)."""
    if rows.is_one or cols.is_one:
        return eye(rows * cols)
    dim = rows * cols
    return node("commutation", (), (rows, cols), (dim, dim), 3, 0)


def zeros(shape: Shape) -> Expr:
    """The array of zeros."""
    if shape == SCALAR:
        return ZERO
    return node("zeros", (), None, shape, 2, _lean_by_shape(shape))


def _lean_by_shape(shape: Shape) -> int:
    return -1 if shape[0].is_one else 1 if shape[1].is_one else 0


def is_zero(e: Expr) -> bool:
    return e is ZERO or e.op == "zeros"


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


# Sums


def add(*terms: Expr) -> Expr:
    """The sum; a scalar beside vectors or matrices is added to each entry."""
    shape = next((t.shape for t in terms if not t.is_scalar), SCALAR)
    numbers: dict[bytes, Fraction] = {}
    rests: dict[bytes, Expr] = {}
    alone: dict[bytes, Expr] = {}
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        if shape is not SCALAR and term.is_scalar and term is not ZERO:
            term = mul(term, ones(shape))
        if term.op == "add":
            stack.extend(reversed(term.args))
            continue
        if is_zero(term):
            continue
        factor, rest = split_number(term)
        known = numbers.get(rest.key)
        if known is None:
            numbers[rest.key] = factor
            rests[rest.key] = rest
            alone[rest.key] = term
        else:
            numbers[rest.key] = known + factor
            alone.pop(rest.key, None)
    parts = [
        alone.get(key) or mul(num(numbers[key]), rest)
        for key, rest in rests.items()
        if numbers[key]
    ]
    if not parts:
        return zeros(shape)
    if len(parts) == 1:
        return parts[0]
    return _sum(tuple(parts))


def _sum(parts: tuple[Expr, ...]) -> Expr:
    shape = parts[0].shape
    lean = sum(p.lean for p in parts)
    if lean < 0:
        flipped = tuple(transpose(p) for p in parts)
        if any(p.op == "add" for p in flipped):
            return transpose(add(*flipped))
        # where signs of skew factors changed the terms, neither way may be upright
        upright = sum(p.lean for p in flipped) >= 0
        return transpose(_sum(flipped) if upright else _sum_node(flipped, 1))
    made = _sum_node(parts, min(lean, 1))
    if lean == 0 and shape != SCALAR and made.flipped is None:
        flipped = tuple(transpose(p) for p in parts)
        if not any(p.op == "add" for p in flipped):
            _pair(made, _sum_node(flipped, 0))
    return made


def _sum_node(parts: tuple[Expr, ...], lean: int) -> Expr:
    """The node for terms that are unlike, a positive one put first."""
    first = next((i for i, p in enumerate(parts) if split_sign(p) > 0), 0)
    if parts[first].lean < 0:
        # A + A' rather than A' + A
        plain = transpose(parts[first])
        first = next((i for i, p in enumerate(parts) if p is plain), first)
    parts = (parts[first], *parts[:first], *parts[first + 1 :])
    cost = len(parts) - 1
    for i, p in enumerate(parts):
        cost += p.cost if p.is_scalar else _cost_in_sum(p)
        if i and p.op == "mul" and p.args[0] is MINUS:
            cost -= 1
    return node("add", parts, None, parts[0].shape, cost, lean)


def _cost_in_sum(p: Expr) -> int:
    """The cost of a term: a scalar stands beside a vector without its ones."""
    if p.op == "ones":
        return 1
    if p.op != "mul" or p.args[-1].op != "ones" or not p.args[-2].is_scalar:
        return p.cost
    return 2 if p.args[0] is MINUS and len(p.args) == 2 else p.cost - 1 - p.args[-1].cost


def sub(a: Expr, b: Expr) -> Expr:
    return add(a, neg(b))


def neg(e: Expr) -> Expr:
    return mul(MINUS, e)


def _pair(e: Expr, transposed: Expr) -> Expr:
    """Note that two nodes are each other's transpose; the same key makes them one.

    A transpose that came out simpler keeps its own: A*inv(A)' must not become that of eye.
    """
    if e.key == transposed.key:
        transposed = e
    e.flipped = transposed
    mirrored = e.op == transposed.op and transposed.cost == e.cost + e.lean
    if transposed.flipped is None and (mirrored or "T" in (e.op, transposed.op)):
        transposed.flipped = e
    return transposed


def _turned_to(e: Expr, transposed: Expr) -> Expr:
    """As :func:`_pair`, but one way alone where the transpose came out simpler.

    What is simpler is no longer the transpose of ``e`` as it is written: it would be spelled
    by ``e`` wherever it is turned, and simplified again, for ever.
    """
    inner = transposed.args[0] if transposed.op == "T" else transposed
    if inner.op == e.op and len(inner.args) == len(e.args):
        return _pair(e, transposed)
    e.flipped = transposed
    return transposed


# Products


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
        if f.op == "mul" and not _is_form(f):
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
    if scalars and _without_signs(scalars):
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
        elif p.op == "mul" and not _is_form(p):
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
                parts[i], number = neg(p), -number
    if any(map(_place, parts)):
        parts.sort(key=_place)
    parts.extend(chain)
    if not number:
        return zeros(_outer_shape(chain))
    if number is not ONE and number != 1:
        if len(parts) == 1 and parts[0].op == "add" and number == -1:
            return add(*(mul(MINUS, t) for t in parts[0].args))
        parts.insert(0, num(number))
    if not parts:
        return UNIT
    if len(parts) == 1:
        return parts[0]
    return _product(tuple(parts))


def _without_signs(bases: dict[bytes, tuple[Expr, Expr]]) -> bool:
    """sign(a)*abs(a)^k is a^k for odd k, sign(a)*a^k is abs(a)*a^(k-1) and step(a)*relu(a)^k is
    relu(a)^k for positive k.

    Changes the factors in place; tells whether there was something to change.
    """
    for sign, exponent in bases.values():
        core = sign.args[0] if sign.op == "T" else sign
        if core.op not in ("sign", "step") or exponent is not UNIT:
            continue
        a = transpose(core.args[0]) if sign.op == "T" else core.args[0]
        if core.op == "step":
            if _whole(bases.get(call("relu", a).key)) > 0:
                del bases[sign.key]
                return True
            continue
        size_of_a = call("abs", a)
        k = _whole(bases.get(size_of_a.key))
        if k % 2 == 1:
            del bases[sign.key], bases[size_of_a.key]
            _times(bases, a, k)
            return True
        if _whole(bases.get(a.key)) > 0:
            del bases[sign.key]
            _times(bases, a, -1)
            _times(bases, size_of_a, 1)
            return True
    return False


def _whole(factor: tuple[Expr, Expr] | None) -> int:
    """The exponent of a factor where it is a whole number, else 0."""
    k = factor[1].number if factor else None
    return int(k) if k is not None and k.denominator == 1 else 0


def _times(bases: dict[bytes, tuple[Expr, Expr]], a: Expr, k: int) -> None:
    known = bases.get(a.key, (a, ZERO))
    bases[a.key] = (known[0], add(known[1], num(k)))


def _divides(p: Expr) -> bool:
    """Whether a factor is printed behind a division sign."""
    if p.op == "T":
        p = p.args[0]
    if p.op == "pow" and not p.is_scalar:
        return False
    return p.op in ("pow", "epow") and p.args[1].op == "num" and is_reciprocal(p)


def _place(p: Expr) -> int:
    """Where a scalar factor stands: dimensions first, bilinear forms after the others;
    divisors last, in the same order."""
    base = p.args[0] if p.op == "pow" else p
    order = -1 if base.op == "size" else int(base.op == "mul")
    return order + 3 * _divides(p)


def _outer_shape(chain: Sequence[Expr]) -> Shape:
    return (chain[0].shape[0], chain[-1].shape[1]) if chain else SCALAR


def _is_form(e: Expr) -> bool:
    """Whether a scalar product is a bilinear form such as x'*A*y: one whole."""
    return e.is_scalar and not e.args[0].is_scalar


def _sum_of_exponents(a: Expr, b: Expr) -> Expr:
    return num(a.data + b.data) if a.op == b.op == "num" else add(a, b)


def base_and_exponent(f: Expr) -> tuple[Expr, Expr]:
    if f.op == "pow" and f.is_scalar:
        return f.args[0], f.args[1]
    return f, UNIT


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
    if scalars == len(parts) and all(map(_divides, parts)):
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
    if lean == 0 and made.flipped is None and not any(map(_is_skew, chain)):
        turned = tuple(transpose(p) for p in reversed(chain))
        if made.flipped is None and not any(map(_has_scalars, turned)):
            flipped = (*parts[:scalars], *turned)
            _pair(made, node("mul", flipped, None, shape[::-1], cost, 0))
    return made


def mutually_inverse(a: Expr, b: Expr) -> bool:
    """Whether one of the two is the pseudo-inverse of the other: then a*b is symmetric."""
    return (a.op == "pinv" and a.args[0] is b) or (b.op == "pinv" and b.args[0] is a)


def _has_scalars(e: Expr) -> bool:
    return e.op == "mul" and e.args[0].is_scalar


def _form(parts: tuple[Expr, ...], cost: int, lean: int) -> Expr:
    """A scalar x'*A*y; its transpose y'*A'*x is the same and has the same key."""
    other = tuple(transpose(p) for p in reversed(parts))
    mine = b"".join(p.key for p in parts)
    theirs = b"".join(p.key for p in other)
    key = blake2b(b"form" + min(mine, theirs), digest_size=16).digest()
    if lean < 0:
        return node("mul", other, None, SCALAR, cost + lean, 0, key)
    return node("mul", parts, None, SCALAR, cost, 0, key)


def is_reciprocal(p: Expr) -> bool:
    """Whether a power is divided by: its exponent is a negative number."""
    exponent = p.args[1]
    return exponent.op == "num" and exponent.data.numerator < 0


def _chain(chain: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Normal form of a product of non-scalars, as (scalar factors, the rest)."""
    from matrixcalc.neighbours import merged

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
        turned = neg(core) if k else core
        if any(turned.key in (other.key, transpose(other).key) for _, other in sums[:k]):
            chain[i] = transpose(turned) if chain[i].op == "T" else turned
            count += 1
    return count


def _bilinear(parts: list[Expr]) -> Expr:
    """The scalar that a row times … times a column is."""
    if len(parts) == 1:
        return parts[0]
    if parts[0].op == "ones":
        return call("sum", mul(*parts[1:]))
    if parts[-1].op == "ones":
        return call("sum", transpose(mul(*parts[:-1])))
    return _product(tuple(parts))


def _inverse_from_adjugate(scalars: list[Expr], chain: list[Expr]) -> None:
    """adj(A)/det(A) is inv(A); changes both lists in place."""
    for i, f in enumerate(chain):
        core = f.args[0] if f.op == "T" else f
        if core.op != "adj":
            continue
        for j, s in enumerate(scalars):
            base, exponent = base_and_exponent(s)
            divided = base.op == "det" and _divides(s)
            if divided and base.args[0] in (core.args[0], transpose(core.args[0])):
                inverse = power(core.args[0], MINUS)
                chain[i] = transpose(inverse) if f.op == "T" else inverse
                left = power(base, num(exponent.data + 1))
                scalars[j : j + 1] = [] if left is UNIT else [left]
                return


# Elementwise products and powers


def had(*factors: Expr) -> Expr:
    """The elementwise (Hadamard) product; scalar factors scale it."""
    front: list[Expr] = []
    bases: dict[bytes, tuple[Expr, Expr]] = {}
    shape: Shape | None = None
    zero = False
    stack = list(reversed(factors))
    while stack:
        f = stack.pop()
        if f.is_scalar:
            front.append(f)
            continue
        shape = f.shape
        if f.op == "had":
            stack.extend(reversed(f.args))
        elif f.op == "mul" and f.args[0].is_scalar:
            scalars = [a for a in f.args if a.is_scalar]
            front.extend(scalars)
            stack.append(mul(*f.args[len(scalars) :]))
        elif f.op == "T" and f.args[0].op == "had":
            stack.extend(transpose(a) for a in reversed(f.args[0].args))
        elif f.op == "ones":
            continue
        elif f.op == "zeros":
            zero = True
        else:
            base, exponent = elementwise_base(f)
            known = bases.get(base.key)
            if known is not None:
                base, exponent = known[0], add(known[1], exponent)
            bases[base.key] = (base, exponent)
    if shape is None:
        return mul(*front)
    if zero:
        return zeros(shape)
    if _without_signs(bases):
        return had(*front, *(epower(b, x) for b, x in bases.values()))
    parts = [p for p in (epower(b, x) for b, x in bases.values()) if p.op != "ones"]
    scalars = [p for p in parts if p.op == "mul" and p.args[0].is_scalar]
    if scalars:
        return mul(*front, had(*parts))
    if any(map(_divides, parts)):
        parts.sort(key=_divides)
    spine = next((p for p in parts if p.op == "diag"), None)
    if spine is not None and len(parts) > 1:
        rest = had(*(p for p in parts if p is not spine))
        inner = had(spine.args[0], call("diagonal", rest))
        return mul(*front, call("diag", inner))
    if not parts:
        made = ones(shape)
    elif len(parts) == 1:
        made = parts[0]
    else:
        made = _hadamard(tuple(parts))
    return mul(*front, made) if front else made


def elementwise_base(f: Expr) -> tuple[Expr, Expr]:
    """A factor as elementwise power (base, exponent)."""
    if f.op == "epow":
        return f.args[0], f.args[1]
    if f.op == "T" and f.args[0].op == "epow":
        base, exponent = f.args[0].args
        return transpose(base), transpose(exponent)
    return f, UNIT


def _hadamard(parts: tuple[Expr, ...]) -> Expr:
    if any(p.op == "eye" for p in parts):
        return _diagonal_part(parts)
    lean = sum(p.lean for p in parts)
    if lean < 0:
        flipped = tuple(transpose(p) for p in parts)
        signed = any(map(_has_scalars, flipped))
        return transpose(had(*flipped) if signed else _hadamard(flipped))
    cost = len(parts) - 1
    for i, p in enumerate(parts):
        reciprocal = i and p.op == "epow" and is_reciprocal(p)
        cost += p.cost - 2 if reciprocal else p.cost
    made = node("had", parts, None, parts[0].shape, cost, min(lean, 1))
    if lean == 0 and made.flipped is None and not any(map(_is_skew, parts)):
        flipped = tuple(transpose(p) for p in parts)
        if not any(map(_has_scalars, flipped)):
            _pair(made, node("had", flipped, None, made.shape[::-1], cost, 0))
    return made


def _diagonal_part(parts: tuple[Expr, ...]) -> Expr:
    """eye.*A, which is symmetric: eye.*A' is the same."""
    upright = tuple(transpose(p) if p.lean < 0 else p for p in parts)
    cost = len(parts) - 1 + sum(p.cost for p in upright)
    if len(parts) == 2:
        spine = call("diag", call("diagonal", next(p for p in upright if p.op != "eye")))
        if spine.cost < cost:
            return spine
    made = node("had", upright, None, parts[0].shape, cost, 0)
    made.flipped = made
    return made


def epower(base: Expr, exponent: Expr) -> Expr:
    """The elementwise power; one of base and exponent may be a scalar."""
    if base.is_scalar and exponent.is_scalar:
        return power(base, exponent)
    if exponent.op == "num":
        k = exponent.data
        if k == 0:
            return ones(base.shape)
        if k == 1 or base.op == "ones":
            return base
        whole = k.denominator == 1
        if base.op == "eye" and k > 0:
            return base
        if base.op == "zeros":
            if k < 0:
                raise UnsupportedError("division by zero")
            return base
        if base.op == "epow" and whole:
            return epower(base.args[0], mul(base.args[1], exponent))
        if base.op == "mul" and whole and base.args[0].is_scalar:
            scalars = [a for a in base.args if a.is_scalar]
            rest = mul(*base.args[len(scalars) :])
            return mul(*(power(s, exponent) for s in scalars), epower(rest, exponent))
        if base.op == "had" and whole:
            return had(*(epower(a, exponent) for a in base.args))
        if base.op == "abs" and whole and k % 2 == 0:
            return epower(base.args[0], exponent)
        if base.lean < 0:
            return transpose(epower(transpose(base), exponent))
        cost = base.cost + 1 if k == HALF else base.cost + 2
        return _same_lean(node("epow", (base, exponent), None, base.shape, cost, 1), base)
    if exponent.op == "zeros":
        return ones(exponent.shape)
    if exponent.op == "ones":
        return mul(base, exponent) if base.is_scalar else base
    if exponent.op == "mul" and exponent.args[-1].op == "ones" and exponent.args[-2].is_scalar:
        raised = epower(base, mul(*exponent.args[:-1]))
        return mul(raised, exponent.args[-1]) if base.is_scalar else raised
    if base.is_scalar:
        base = mul(base, ones(exponent.shape))
    if base.lean + exponent.lean < 0:
        return transpose(epower(transpose(base), transpose(exponent)))
    cost = base.cost + exponent.cost + 1
    lean = min(base.lean + exponent.lean, 1)
    return node("epow", (base, exponent), None, base.shape, cost, lean)


def _same_lean(made: Expr, inner: Expr) -> Expr:
    """For f with f(A') = f(A)': f leans as its argument where that stands upright."""
    if made.flipped is not None or made.order == 0 or inner.lean != 0:
        return made
    # a sign that the transpose brings would have to come out of f
    if split_sign(transpose(inner)) == split_sign(inner):
        made.lean = 0
        if inner.flipped is inner:
            made.flipped = made
    return made


def power(base: Expr, exponent: Expr) -> Expr:
    """A scalar to a scalar power, or a square matrix to a whole power."""
    if not base.is_scalar:
        return _matrix_power(base, int(exponent.data))
    if exponent is UNIT:
        return base
    if exponent.op == "num":
        k = exponent.data
        if not k:
            return UNIT
        whole = k.denominator == 1
        if base.op == "num":
            made = _number_power(base.data, k)
            if made is not None:
                return made
        elif base.op == "pow" and (whole or base.args[0].op == "pi"):
            return power(base.args[0], mul(base.args[1], exponent))
        elif base.op == "mul" and not _is_form(base) and whole:
            return mul(*(power(a, exponent) for a in base.args))
        elif base.op == "abs" and whole and k % 2 == 0:
            return power(base.args[0], exponent)
        cost = base.cost + (1 if k == HALF else 2)
        if k.numerator < 0 and exponent is not MINUS:
            cost += 2
        return node("pow", (base, exponent), None, SCALAR, cost, 0)
    if base is UNIT:
        return UNIT
    return node("pow", (base, exponent), None, SCALAR, base.cost + exponent.cost + 1, 0)


def _number_power(base: Fraction, k: Fraction) -> Expr | None:
    if base == 0:
        if k < 0:
            raise UnsupportedError("division by zero")
        return ZERO
    if base == 1:
        return UNIT
    if k.denominator == 1:
        bits = (base.numerator.bit_length() + base.denominator.bit_length()) * abs(k)
        if bits > MAX_NUMBER_BITS:
            return None
        return num(base ** int(k))
    if k.denominator == 2 and base > 0 and abs(k) < 64:
        top, bottom = _whole_root(base.numerator), _whole_root(base.denominator)
        if top is not None and bottom is not None:
            return num(Fraction(top, bottom) ** int(2 * k))
    return None


def _whole_root(value: int) -> int | None:
    from math import isqrt

    root = isqrt(value)
    return root if root * root == value else None


def _matrix_power(base: Expr, k: int) -> Expr:
    if k == 0:
        return eye(base.rows)
    if k == 1 or base.op == "eye":
        return base
    if base.op == "pow":
        return _matrix_power(base.args[0], int(base.args[1].data) * k)
    if base.lean < 0:
        return transpose(_matrix_power(transpose(base), k))
    if base.op == "mul" and base.args[0].is_scalar:
        scalars = [a for a in base.args if a.is_scalar]
        rest = mul(*base.args[len(scalars) :])
        return mul(*(power(s, num(k)) for s in scalars), _matrix_power(rest, k))
    if base.op == "diag":
        return call("diag", epower(base.args[0], num(k)))
    if base.op == "sqrtm" and k % 2 == 0:
        return _matrix_power(base.args[0], k // 2)
    if base.op == "kron" and base.args[0].is_square and base.args[1].is_square:
        return call("kron", *(_matrix_power(a, k) for a in base.args))
    if base.op == "sym" and k < 0 and "orthogonal" in base.data[1]:
        return transpose(_matrix_power(base, -k))
    if base.op == "zeros" and k > 0:
        return base
    if base.op in ("zeros", "ones"):
        if k < 0:
            raise UnsupportedError("the inverse of a matrix that is never invertible")
        if base.op == "ones":
            return mul(power(size(base.rows), num(k - 1)), base)
    cost = base.cost + (1 if k == -1 else 2)
    if _is_skew(base):
        made = node("pow", (base, num(k)), None, base.shape, cost, 0)
        made.flipped = made.flipped if k % 2 else made
        return made
    return _same_lean(node("pow", (base, num(k)), None, base.shape, cost, 1), base)


# Transposes


def transpose(e: Expr) -> Expr:
    """The transpose, moved inside products."""
    if e.is_scalar:
        return e
    if e.flipped is not None:
        return e.flipped
    op = e.op
    if op == "T":
        return _pair(e, e.args[0])
    if op in ("eye", "diag"):
        return _pair(e, e)
    if op == "ones":
        return _pair(e, ones(e.shape[::-1]))
    if op == "commutation":
        return _pair(e, commutation(e.data[1], e.data[0]))
    if op == "zeros":
        return _pair(e, zeros(e.shape[::-1]))
    if e.flipped is None and _is_skew(e):
        e.flipped = node("mul", (MINUS, e), None, e.shape, e.cost + 1, 0)
        e.flipped.flipped = e
        return e.flipped
    if op == "sym":
        properties = e.data[1]
        if SYMMETRIC.intersection(properties):
            return _pair(e, e)
    if op == "mul":
        scalars = [a for a in e.args if a.is_scalar]
        chain = [transpose(a) for a in reversed(e.args[len(scalars) :])]
        return _turned_to(e, mul(*scalars, *chain))
    if op == "kron" or (op == "had" and e.lean == 0):
        return _turned(e)
    if op == "add" and e.lean == 0:
        return _turned_to(e, add(*(transpose(a) for a in e.args)))
    if e.lean == 0 and e.args:  # f(A') for f(A)', as short
        inner = transpose(e.args[0])
        if op == "epow":
            return _pair(e, epower(inner, transpose(e.args[1])))
        if op == "pow":
            return _pair(e, power(inner, e.args[1]))
        return _pair(e, function(op, (inner,), e.shape[::-1], True))
    return _pair(e, node("T", (e,), None, e.shape[::-1], e.cost + 1, -1))


def _turned(e: Expr) -> Expr:
    """The transpose of a product that is transposed factor by factor.

    Skew factors bring their sign in front: e' = -f, and with it f' = -e, noted at once, for
    the node of a product asks for the transposes of its factors.
    """
    pieces = [split_number(transpose(a)) for a in e.args]
    if e.flipped is not None:
        return e.flipped
    sign = Fraction(1)
    for number, _ in pieces:
        sign *= number
    rests = [rest for _, rest in pieces]
    made = call("kron", *rests) if e.op == "kron" else had(*rests)
    if sign == 1:
        return _pair(e, made)
    negative = node("mul", (MINUS, made), None, made.shape, made.cost + 1, made.lean)
    back = node("mul", (MINUS, e), None, e.shape, e.cost + 1, e.lean)
    e.flipped, negative.flipped = negative, negative.flipped or e
    made.flipped, back.flipped = made.flipped or back, back.flipped or made
    return negative


def is_symmetric(e: Expr) -> bool:
    """Whether the expression is known to equal its transpose."""
    return e.is_square and transpose(e) is e


def _is_skew(e: Expr) -> bool:
    """Whether the transpose is the negative, so that it is no plain factor."""
    if e.op == "kron":
        a, b = e.args
        return (_is_skew(a) and b.flipped is b) or (_is_skew(b) and a.flipped is a)
    if e.op == "pow" and not e.is_scalar:
        return bool(e.args[1].data % 2) and _is_skew(e.args[0])
    return e.op == "sym" and "skew" in e.data[1]


# Functions


def call(op: str, *args: Expr) -> Expr:
    """A function of the table by its name there, with light simplification.

    The arguments must fit its signature. Raises UnsupportedError for what has no value
    (``inv`` of zeros).
    """
    from matrixcalc.calls import make_call

    return make_call(op, args)


def function(
    op: str,
    args: tuple[Expr, ...],
    shape: Shape,
    follows: bool = False,
    key: bytes | None = None,
) -> Expr:
    """The plain node of a function; ``follows`` says that f(A') = f(A)'."""
    if follows and args[0].lean < 0:
        return transpose(function(op, (transpose(args[0]),), shape[::-1], True))
    cost = 1 + sum(a.cost for a in args) + (op in ("colsum", "rowsum"))
    lean = 0 if shape == SCALAR or op == "diag" else 1
    if op == "kron":
        lean = sum(a.lean for a in args)
    made = node(op, args, None, shape, cost, lean, key)
    return _same_lean(made, args[0]) if follows else made
