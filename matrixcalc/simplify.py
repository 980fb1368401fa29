"""Sums as a textbook prints them: like terms gathered, common factors drawn out.

Every change must make the expression shorter (``Expr.cost``); of equal forms the
first found, in a fixed order, wins. Products are multiplied out only to see whether
something cancels, and only where the attempt is small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matrixcalc import build
from matrixcalc.build import UNIT, add, had, mul, num, power, split_number, transpose
from matrixcalc.calls import make_call
from matrixcalc.dims import Shape
from matrixcalc.expr import Expr

EXPAND_COST = 90
EXPAND_TERMS = 24
NESTED_TRIALS = 200
"""How often, below one common factor, another may be tried: the trials nest."""
NESTED_COST = 20_000
"""What those trials may cost together."""
SIGNS_COST = 5_000
"""Sums longer than this keep their signs as they are."""
REMEMBERED = 1_000
"""How many sums are remembered as they were simplified."""

Feature = tuple[str, bytes]


@dataclass(slots=True, eq=False, repr=False)
class Trials:
    """What is left of the trials below one common factor."""

    left: int


def _trials_below(cost: int) -> Trials:
    """Few for long terms, each of which takes time to try."""
    return Trials(min(NESTED_TRIALS, NESTED_COST // (cost + 1)))


@dataclass(slots=True, eq=False, repr=False)
class Parts:
    """A term as number * scalars * chain of non-scalar factors."""

    number: Fraction
    scalars: list[Expr]
    chain: list[Expr]

    def product(self, chain: Sequence[Expr]) -> Expr:
        return mul(num(self.number), *self.scalars, *chain)


def parts_of(e: Expr) -> Parts:
    number, rest = split_number(e)
    if rest is UNIT:
        return Parts(number, [], [])
    if rest.op != "mul" or is_form(rest):
        return Parts(number, [rest], []) if rest.is_scalar else Parts(number, [], [rest])
    scalars = [a for a in rest.args if a.is_scalar]
    chain = list(rest.args[len(scalars) :])
    return Parts(number, scalars, chain)


def simplify(e: Expr) -> Expr:
    """A sum made shorter; anything else as it is.

    >>> from matrixcalc.dims import ONE, Dim
    >>> n = Dim.named("n")
    >>> A, x = build.sym("A", (n, n)), build.sym("x", (n, ONE))
    >>> simplify(add(mul(A, x), mul(transpose(A), x)))
    (A + A')*x
    """
    if e.op == "T":
        return transpose(simplify(e.args[0]))
    return simplify_sum(e.args) if e.op == "add" else e


def simplify_sum(terms: Iterable[Expr], trials: Trials | None = None) -> Expr:
    """The sum of terms of one shape, gathered. A sum among the terms is kept whole.

    ``trials`` is what is left to a sum inside another that is being tried.
    """
    whole = tuple(terms)
    place = (whole, trials is None)
    made, taken = remembered.get(place, (None, 0))
    left = trials.left if trials else 1
    if made is not None and taken < left:
        if trials:
            trials.left -= taken
        return made
    made = _simplified(whole, trials)
    if not trials or trials.left:
        # with no trials left it might be another with more of them
        if len(remembered) >= REMEMBERED:
            remembered.clear()
        remembered[place] = made, left - trials.left if trials else 0
    return made


remembered: dict[tuple[tuple[Expr, ...], bool], tuple[Expr, int]] = {}
"""Sums as they were simplified, and how many trials that took: one sum is met again and again,
as often as there are orders in which to draw out its factors."""


def _simplified(terms: Sequence[Expr], trials: Trials | None) -> Expr:
    whole = merge(terms)
    if len(whole) == 1:
        return whole[0]
    if not whole:
        return add(*terms)
    shape = whole[0].shape
    gathered = gather(whole, trials)
    kept = shorter(total(gathered, shape), add(*whole))
    if kept.op == "add" and len(kept.args) > len(gathered):
        # a sum that was kept whole is one no longer
        kept = shorter(kept, add(*gather(list(kept.args), trials)))
    pieces = expanded(whole)
    if pieces is not None:
        return shorter(kept, total(gather(pieces, trials), shape))
    return kept


def total(terms: Sequence[Expr], shape: Shape) -> Expr:
    """The sum of terms of a shape, of which there may be none."""
    return add(*terms) if terms else build.zeros(shape)


def _same_signs(terms: list[Expr]) -> list[Expr]:
    """Terms in which what stands before or behind others as a - b is nowhere b - a."""
    seen: dict[bytes, Expr] = {}
    out: list[Expr] = []
    for t in terms:
        _, rest = split_number(t)
        for f in rest.args if rest.op in ("mul", "had") else ():
            core = f.args[0] if f.op == "T" else f
            if core.op != "add" or core.key in seen:
                continue
            turned = build.neg(core)
            if turned.key in seen:
                t = _turned(t, f, transpose(turned) if f.op == "T" else turned)
            else:
                seen[core.key] = core
        out.append(t)
    return out


def _turned(t: Expr, old: Expr, new: Expr) -> Expr:
    """A term with a factor replaced by its negative, as often as it stands there.

    A product may have turned it by itself: (a - b)*(b - a)' is made as -(a - b)*(a - b)'.
    """
    number, rest = split_number(t)
    if rest.op not in ("mul", "had"):
        return t
    make = mul if rest.op == "mul" else had
    times = sum(f is old for f in rest.args)
    return mul(num((-1) ** times * number), make(*(new if f is old else f for f in rest.args)))


def shorter(first: Expr, second: Expr) -> Expr:
    return second if second.cost < first.cost else first


def merge(terms: Iterable[Expr]) -> list[Expr]:
    """Like terms added up, zeros left out; sums with a factor are not taken apart."""
    numbers: dict[bytes, Fraction] = {}
    rests: dict[bytes, Expr] = {}
    alone: dict[bytes, Expr] = {}
    for t in terms:
        if build.is_zero(t):
            continue
        number, rest = split_number(t)
        if rest.key in numbers:
            alone.pop(rest.key, None)
            numbers[rest.key] += number
        else:
            alone[rest.key] = t
            rests[rest.key] = rest
            numbers[rest.key] = number
    return [
        alone.get(key) or mul(num(numbers[key]), rest)
        for key, rest in rests.items()
        if numbers[key]
    ]


# Common factors


def gather(terms: list[Expr], trials: Trials | None = None) -> list[Expr]:
    """Draw out common factors while that makes the sum shorter."""
    changed = True
    while changed and len(terms) > 1:
        changed = False
        if sum(t.cost for t in terms) <= SIGNS_COST:
            terms = _same_signs(terms)
        groups: dict[Feature, list[int]] = {}
        weight: dict[Feature, int] = {}
        for i, t in enumerate(terms):
            for feature, cost in _features(t).items():
                groups.setdefault(feature, []).append(i)
                weight[feature] = cost
        found = [(f, ids) for f, ids in groups.items() if len(ids) > 1]
        found.sort(key=lambda g: -(len(g[1]) - 1) * (weight[g[0]] + 1))
        used: set[int] = set()
        fresh: dict[int, Expr] = {}
        for feature, ids in found:
            if used.intersection(ids):
                continue
            if trials is not None:
                if not trials.left:
                    break
                trials.left -= 1
            old = [terms[i] for i in ids]
            below = trials or _trials_below(sum(t.cost for t in old))
            new = _draw_out(feature, old, below)
            if new is None:
                continue
            if new.cost < sum(t.cost for t in old) + len(old) - 1:
                used.update(ids)
                fresh[ids[0]] = new
        if used:
            changed = True
            terms = merge(
                fresh.get(i, t) for i, t in enumerate(terms) if i in fresh or i not in used
            )
    return terms


def _features(t: Expr) -> dict[Feature, int]:
    """What could be drawn out of a term, with the cost of each."""
    found: dict[Feature, int] = {}
    p = parts_of(t)
    if abs(p.number) != 1:
        found["N", str(abs(p.number)).encode()] = 1
    for s in p.scalars:
        base, k = _to_number(build.base_and_exponent(s), s)
        found["S" if k > 0 else "D", base.key] = base.cost
        if is_form(s):
            found["F", s.args[0].key] = s.args[0].cost
            last = transpose(s.args[-1])
            found["F", last.key] = last.cost
    if p.chain:
        left, right = p.chain[0], p.chain[-1]
        if right.cols.is_one:
            for s in p.scalars:
                if is_form(s):
                    for v in (s.args[-1], transpose(s.args[0])):
                        if v.key != right.key:
                            found["V", v.key] = v.cost
        if len(p.chain) > 1 or p.scalars or p.number != 1 or left.order == 2:
            found["L", left.key] = left.cost
            found["R", right.key] = right.cost
        if len(p.chain) == 1:
            for f in _elementwise(left):
                base, k = _to_number(build.elementwise_base(f), f)
                found["H" if k > 0 else "Q", base.key] = base.cost
            if left.op == "diag":
                found["G", b""] = 1
    return found


def _to_number(power_of: tuple[Expr, Expr], e: Expr) -> tuple[Expr, Fraction]:
    """A factor as base and numeric exponent; x^y as itself."""
    base, exponent = power_of
    return (base, exponent.data) if exponent.op == "num" else (e, Fraction(1))


def is_form(s: Expr) -> bool:
    return s.op == "mul" and s.is_scalar and not s.args[0].is_scalar


def _elementwise(e: Expr) -> tuple[Expr, ...]:
    if e.op == "had":
        return e.args
    if e.op == "T" and e.args[0].op == "had":
        return tuple(transpose(a) for a in e.args[0].args)
    return () if e.op in ("eye", "ones", "diag") else (e,)


def _draw_out(feature: Feature, terms: list[Expr], trials: Trials) -> Expr | None:
    kind, key = feature
    parts = [parts_of(t) for t in terms]
    if kind == "N":
        factor = Fraction(key.decode())
        if parts[0].number < 0:
            factor = -factor
        rests = [mul(num(p.number / factor), *p.scalars, *p.chain) for p in parts]
        return mul(num(factor), simplify_sum(rests, trials))
    if kind in "SD":
        return _draw_scalar(key, parts, trials)
    if kind == "F":
        return _draw_from_forms(key, parts, trials)
    if kind == "L":
        return _draw_side(parts, trials, left=True)
    if kind == "R":
        return _draw_side(parts, trials, left=False)
    if kind == "G":
        inner = simplify_sum([p.product(p.chain[0].args) for p in parts], trials)
        return make_call("diag", (inner,))
    if kind == "V":
        return _draw_from_products(key, parts, trials)
    return _draw_elementwise(key, parts, trials)


def _draw_scalar(key: bytes, parts: list[Parts], trials: Trials) -> Expr | None:
    shared = _shared(
        key, [[_to_number(build.base_and_exponent(s), s) for s in p.scalars] for p in parts]
    )
    best: Expr | None = None
    for powers in _lowest(shared):
        undo = [power(base, num(-low)) for base, low in powers]
        rests = [mul(num(p.number), *undo, *p.scalars, *p.chain) for p in parts]
        front = [power(base, num(low)) for base, low in powers]
        made = mul(*front, simplify_sum(rests, trials))
        if best is None or made.cost < best.cost:
            best = made
    return best


def _shared(
    key: bytes, terms: list[list[tuple[Expr, Fraction]]]
) -> list[tuple[Expr, list[Fraction]]]:
    """The bases that stand in every term, all above or all below the line, with their
    powers there; the one with the key comes first. Empty where that one is not shared.

    All of them are drawn out at once: one after the other takes time that grows with
    the square of their number.
    """
    powers: dict[bytes, list[Fraction]] = {}
    for k, term in enumerate(terms):
        for base, exponent in term:
            known = powers.setdefault(base.key, []) if k == 0 else powers.get(base.key)
            if known is not None and len(known) == k:
                known.append(exponent)
    bases = {base.key: base for base, _ in terms[0]}
    whole = {
        k: found
        for k, found in powers.items()
        if len(found) == len(terms) and (min(found) > 0 or max(found) < 0)
    }
    if key not in whole:
        return []
    order = [key, *(k for k in whole if k != key)]
    return [(bases[k], whole[k]) for k in order]


def _lowest(shared: list[tuple[Expr, list[Fraction]]]) -> list[list[tuple[Expr, Fraction]]]:
    """Which powers to draw out: 1/a^2 and 1/a as 1/a^2 times 1 and a, or 1/a times 1/a and 1."""
    if not shared:
        return []
    full = [(base, min(found)) for base, found in shared]
    least = [(base, min(found, key=abs)) for base, found in shared]
    return [full] if full == least else [full, least]


def _draw_side(parts: list[Parts], trials: Trials, *, left: bool) -> Expr | None:
    """The longest common beginning (or end) of the chains."""
    chains = [p.chain if left else p.chain[::-1] for p in parts]
    length = 0
    shortest = min(len(c) for c in chains)
    while length < shortest and len({c[length].key for c in chains}) == 1:
        length += 1
    common = chains[0][:length]
    if all(len(c) == length for c in chains):
        return mul(simplify_sum([p.product([]) for p in parts], trials), *parts[0].chain)
    rests: list[Expr] = []
    for p, c in zip(parts, chains, strict=True):
        rest = c[length:] if left else c[length:][::-1]
        if rest:
            rests.append(p.product(rest))
            continue
        edge = common[-1].cols if left else common[-1].rows
        rests.append(mul(num(p.number), *p.scalars, build.eye(edge)))
    inner = simplify_sum(rests, trials)
    return mul(*common, inner) if left else mul(inner, *common[::-1])


def _draw_from_forms(key: bytes, parts: list[Parts], trials: Trials) -> Expr | None:
    """x'*a + b'*x as x'*(a + b)."""
    row: Expr | None = None
    rests: list[Expr] = []
    for p in parts:
        if p.chain:
            return None
        for i, s in enumerate(p.scalars):
            if not is_form(s):
                continue
            chain = list(s.args)
            if chain[0].key != key:
                chain = [transpose(f) for f in reversed(chain)]
            if chain[0].key != key:
                continue
            row = chain[0]
            others = p.scalars[:i] + p.scalars[i + 1 :]
            rests.append(mul(num(p.number), *others, *chain[1:]))
            break
    if row is None or len(rests) != len(parts):
        return None
    return mul(row, simplify_sum(rests, trials))


def _draw_elementwise(key: bytes, parts: list[Parts], trials: Trials) -> Expr | None:
    if any(len(p.chain) != 1 for p in parts):
        return None
    shared = _shared(
        key,
        [
            [_to_number(build.elementwise_base(f), f) for f in _elementwise(p.chain[0])]
            for p in parts
        ],
    )
    best: Expr | None = None
    for powers in _lowest(shared):
        undo = [build.epower(base, num(-low)) for base, low in powers]
        rests = [mul(num(p.number), *p.scalars, had(*undo, p.chain[0])) for p in parts]
        front = [build.epower(base, num(low)) for base, low in powers]
        made = had(*front, simplify_sum(rests, trials))
        if best is None or made.cost < best.cost:
            best = made
    return best


def _draw_from_products(key: bytes, parts: list[Parts], trials: Trials) -> Expr | None:
    """(a'*x)*b + (b'*x)*a as (b*a' + a*b')*x."""
    vector: Expr | None = None
    rests: list[Expr] = []
    for p in parts:
        for i, s in enumerate(p.scalars):
            chain = _ending_in(s, key)
            if chain is not None:
                vector = chain[-1]
                others = p.scalars[:i] + p.scalars[i + 1 :]
                rests.append(mul(num(p.number), *others, *p.chain, *chain[:-1]))
                break
    if vector is None or len(rests) != len(parts):
        return None
    return mul(simplify_sum(rests, trials), vector)


def _ending_in(form: Expr, key: bytes) -> tuple[Expr, ...] | None:
    """The factors of a bilinear form, turned so that the last one has the key."""
    if not is_form(form):
        return None
    if form.args[-1].key == key:
        return form.args
    first = transpose(form.args[0])
    if first.key == key:
        return tuple(transpose(f) for f in reversed(form.args))
    return None


# Multiplying out, on trial


def expanded(terms: list[Expr]) -> list[Expr] | None:
    """The terms with sums among their factors multiplied out, if that is a small thing."""
    if sum(t.cost for t in terms) > EXPAND_COST:
        return None
    out: list[Expr] = []
    todo = list(reversed(terms))
    changed = False
    while todo:
        t = todo.pop()
        pieces = _distribute(t)
        if pieces is None:
            out.append(t)
            continue
        changed = True
        todo.extend(reversed(pieces))
        if len(out) + len(todo) > EXPAND_TERMS:
            return None
    return merge(out) if changed else None


def _distribute(t: Expr) -> list[Expr] | None:
    """A product with one sum among its factors as a list of products."""
    if t.op == "add":
        return list(t.args)
    if t.op == "T" and t.args[0].op == "add":
        return [transpose(a) for a in t.args[0].args]
    if t.op in ("mul", "had"):
        make = mul if t.op == "mul" else had
        for i, f in enumerate(t.args):
            inner = _distribute(f) if f.op in ("add", "T", "had") or is_form(f) else None
            if inner is not None:
                return [make(*t.args[:i], g, *t.args[i + 1 :]) for g in inner]
    return None
