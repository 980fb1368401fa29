"""A second judge of claims, which shares no code with the package.

Claims are read by a small parser of their own and computed in complex numbers with the functions of
:mod:`reference`; first derivatives are complex steps, second ones differences of these. The
verdict is taken at random points at which all dimensions differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from reference import FUNCTIONS, Array, OutsideError

TOKEN = re.compile(r"\s*(\d+\.?\d*|\.\d+|[^\W\d]\w*|\.\*|\./|\.\^|.)")
KIND = re.compile(r"(\w+)\s*:\s*(scalar|vector|row|matrix)\s*(?:\(([^)]*)\))?\s*(\w*)")
STEP = 2e-30


class Loose:
    """A multiple of eye, vector(1) or matrix(1), whose size its neighbours tell."""

    def __init__(self, kind: str, factor: Any) -> None:
        self.kind, self.factor = kind, factor

    def fit(self, like: Array) -> Array:
        if self.kind == "eye":
            return np.eye(like.shape[0]) * self.factor
        return np.ones(like.shape) * self.factor


def add(a: Any, b: Any) -> Any:
    if isinstance(a, Loose) and isinstance(b, Loose):
        return Loose(a.kind, a.factor + b.factor)
    a, b = (x.fit(y) if isinstance(x, Loose) else x for x, y in ((a, b), (b, a)))
    return a + b


def mul(a: Any, b: Any) -> Any:
    for x, y, left in ((a, b, True), (b, a, False)):
        if isinstance(x, Loose):
            if isinstance(y, Loose) or y.size == 1:
                return Loose(x.kind, x.factor * (y.factor if isinstance(y, Loose) else y[0, 0]))
            if x.kind == "eye":
                return y * x.factor
            n = y.shape[0] if left else y.shape[1]
            if n == 1:  # an outer product with a vector as long as the other
                n = y.size
            ones = np.ones({"matrix": (n, n), "vector": (n, 1), "row": (1, n)}[x.kind])
            return (ones @ y if left else y @ ones) * x.factor
    return a * b if 1 in (a.size, b.size) else a @ b


def power(a: Array, b: Array) -> Array:
    k = b[0, 0].real
    if a.size == 1:
        return a ** int(k) if k == int(k) else FUNCTIONS["pow"](a, b)
    return np.linalg.matrix_power(a, int(k))


def turned(a: Any) -> Any:
    if isinstance(a, Loose):
        return Loose({"vector": "row", "row": "vector"}.get(a.kind, a.kind), a.factor)
    return a.T


class Reader:
    """Reads an expression and computes it at the same time."""

    def __init__(self, text: str, values: dict[str, Any], sizes: dict[str, int]) -> None:
        self.tokens = [*TOKEN.findall(text.strip()), ""]
        self.at, self.values, self.sizes = 0, values, sizes

    def peek(self) -> str:
        return self.tokens[self.at]

    def take(self, *wanted: str) -> str:
        token = self.tokens[self.at]
        if wanted and token not in wanted:
            raise SyntaxError(f"{token!r} in {' '.join(self.tokens)}")
        self.at += 1
        return token

    def whole(self) -> Any:
        made = self.sum()
        self.take("")
        return made

    def sum(self) -> Any:
        made = self.product()
        while self.peek() in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            made = add(made, mul(np.full((1, 1), sign), self.product()))
        return made

    def product(self) -> Any:
        made = self.signed()
        while self.peek() in ("*", "/", ".*", "./"):
            op, other = self.take(), self.signed()
            if op == "*":
                made = mul(made, other)
            elif op == "/":
                made = mul(made, 1 / other)
            elif op == ".*" and 1 in [x.size for x in (made, other) if not isinstance(x, Loose)]:
                made = mul(made, other)
            else:
                made, other = (
                    x.fit(y) if isinstance(x, Loose) else x
                    for x, y in ((made, other), (other, made))
                )
                made = made * other if op == ".*" else made / other
        return made

    def signed(self) -> Any:
        if self.peek() == "-":
            self.take()
            return mul(np.full((1, 1), -1.0), self.signed())
        return self.raised()

    def raised(self) -> Any:
        made = self.atom()
        while self.peek() in ("'", "^", ".^"):
            op = self.take()
            if op == "'":
                made = turned(made)
            else:
                sign = -1.0 if self.peek() == "-" and self.take() else 1.0
                exponent = sign * self.atom()
                made = power(made, exponent) if op == "^" else FUNCTIONS["epow"](made, exponent)
        return made

    def atom(self) -> Any:
        token = self.take()
        if token == "(":
            made = self.sum()
            self.take(")")
            return made
        if token[0].isdigit() or token[0] == ".":
            return np.full((1, 1), complex(token))
        if self.peek() != "(":
            if token == "eye":
                return Loose("eye", 1.0)
            found = self.values.get(token, self.sizes.get(token))
            if found is None:
                raise SyntaxError(f"{token!r} has no value")
            return np.full((1, 1), found) if np.ndim(found) == 0 else found
        args = self.arguments()
        if token in ("eye", "vector", "matrix"):
            lengths = [int(a[0, 0].real) for a in args[token != "eye" :]]
            if token == "eye":
                return np.eye(lengths[0])
            if not lengths:
                return Loose(token, args[0][0, 0])
            return np.ones((*lengths, 1)[:2]) * args[0][0, 0]
        return self.call(token, args)

    def arguments(self) -> list[Any]:
        self.take("(")
        args = [self.sum()]
        while self.peek() == ",":
            self.take()
            args.append(self.sum())
        self.take(")")
        return args

    def call(self, name: str, args: list[Any]) -> Array:
        if name == "sum" and len(args) == 2:
            name, args = ("colsum", "rowsum")[int(args[1][0, 0].real) - 1], args[:1]
        if name == "diag" and min(args[0].shape) > 1:
            name = "diagonal"
        return np.atleast_2d(np.asarray(FUNCTIONS[name](*args)))


@dataclass
class Parts:
    """A claim taken apart: ``kind`` is identity, differential, grad, jacobian or derivative."""

    kind: str
    function: str
    by: tuple[str, ...]
    right: str
    order: int = 1
    vec: bool = False


def parts_of(claim: str) -> Parts:
    """The parts of a claim without declarations and equations."""
    word = re.match(r"(grad|jacobian|hessian)\((.*), (\w+)\) = (.*)$", claim)
    if word:
        by = (word[3],) * (2 if word[1] == "hessian" else 1)
        return Parts(word[1], word[2], by, word[4], len(by))
    head = re.match(r"d(2?)\(", claim)
    if not head:
        left, right = claim.split(" = ", 1)
        return Parts("identity", left, (), right, 0)
    depth, end = 1, head.end()
    while depth:
        depth += {"(": 1, ")": -1}.get(claim[end], 0)
        end += 1
    of, rest = claim[head.end() : end - 1], claim[end:]
    order = 2 if head[1] else 1
    below, right = rest.split(" = ", 1)
    if not below.startswith("/"):
        return Parts("differential", of, (), right, order)
    vec = "vec(" in below
    by = tuple(re.findall(r"d(?:\(vec\()?([A-Za-z])", below))
    by = by * order if len(by) < order else by
    return Parts("derivative", of, by, right, order, vec)


def point(kinds: dict[str, str], sizes: dict[str, int], seed: int, way: int) -> dict[str, Array]:
    """Random values; of both signs, or (way 1) positive."""
    random = np.random.default_rng(seed)
    values: dict[str, Array] = {}
    for name, kind in kinds.items():
        found = KIND.match(f"{name}: {kind}")
        assert found is not None, kind
        dims = [sizes[d.strip()] if d.strip() in sizes else int(d) for d in
                (found[3] or "").split(",") if d.strip()]  # fmt: skip
        shape = {"scalar": (1, 1), "vector": (*dims, 1), "row": (1, *dims)}.get(found[2], (*dims,))
        a = random.uniform(*((-1.4, 1.6), (0.3, 1.5))[way], shape)
        a = {
            "symmetric": lambda a: a + a.T,
            "positive_definite": lambda a: a @ a.T + np.eye(len(a)),
            "skew": lambda a: a - a.T,
            "diagonal": lambda a: np.diag(np.diag(a)),
            "orthogonal": lambda a: np.linalg.qr(a)[0],
            "positive": lambda a: np.abs(a) + 0.1,
        }.get(found[4], lambda a: a)(a)
        values[name] = a
    return values


def compute(text: str, values: dict[str, Any], sizes: dict[str, int]) -> Any:
    return Reader(text, values, sizes).whole()


def shaped(a: Any, shape: tuple[int, ...]) -> Array:
    if isinstance(a, Loose):
        a = a.fit(np.empty(shape))
    return np.asarray(a, complex).real


class Judge:
    """A claim at one point: what is right in each layout, and what is claimed."""

    def __init__(self, p: Parts, equations: list[tuple[str, str]], kinds: dict[str, str]) -> None:
        self.p, self.equations, self.kinds = p, equations, kinds

    def function(self, values: dict[str, Any], sizes: dict[str, int]) -> Array:
        values = dict(values)
        for name, right in self.equations:
            if name not in self.p.by:
                values[name] = compute(right, values, sizes)
        made = compute(self.p.function, values, sizes)
        return np.asarray(made, complex)

    def tensor(self, values: dict[str, Any], sizes: dict[str, int], by: tuple[str, ...]) -> Array:
        """Entries of the function in columns, one column for each entry of the variables."""
        x = values[by[-1]]
        columns = []
        for place in np.ndindex(x.T.shape):  # columns stacked
            place = place[::-1]
            if len(by) == 1:
                moved = x.astype(complex)
                moved[place] += 1j * STEP
                made = self.function({**values, by[0]: moved}, sizes).imag / STEP
            else:
                total: Any = 0.0
                for k, weight in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60)):
                    for sign in (1, -1):
                        moved = x.copy()
                        moved[place] += sign * k * 2e-3
                        inner = self.tensor({**values, by[-1]: moved}, sizes, by[:-1])
                        total = total + sign * weight * inner
                made = total / 2e-3
            columns.append(made.flatten(order="F"))
        return np.stack(columns, axis=1)

    def sides(self, sizes: dict[str, int], seed: int, way: int) -> dict[str, tuple[Array, Array]]:
        """For each layout the right answer and the claimed one."""
        p, values = self.p, point(self.kinds, sizes, seed, way)
        given: dict[str, Any] = dict(values)
        if p.kind == "differential":
            names = [n for n in values if re.search(rf"\bd{n}\b", p.right)] or list(values)
            moves = point({n: self.kinds[n] for n in names}, sizes, seed + 1, 0)
            given.update({f"d{n}": m for n, m in moves.items()})
            right = self.along(values, moves, sizes)
            return {"none": (right, shaped(compute(p.right, given, sizes), right.shape))}
        for name, text in self.equations:
            given[name] = compute(text, given, sizes)
        if p.kind == "identity":
            right = self.function(values, sizes).real
            return {"none": (right, shaped(compute(p.right, given, sizes), right.shape))}
        whole = self.function(given, sizes)
        flat = self.tensor(given, sizes, p.by).real
        x = given[p.by[-1]]
        if p.vec:
            natural = flat
        elif whole.size == 1 and len(p.by) == 1:
            natural = flat.reshape(x.shape, order="F").T
        elif x.size == 1:
            natural = flat.reshape(whole.shape, order="F")
        else:
            natural = flat
        layouts = {"numerator": natural, "denominator": natural.T, "mixed": natural}
        if whole.size == 1 and len(p.by) == 1 and not p.vec:
            layouts["mixed"] = natural.T
        made = {}
        for name, right in layouts.items():
            try:
                claimed = shaped(compute(p.right, given, sizes), right.shape)
            except ValueError:
                continue
            made[name] = (right, claimed)
        return made

    def along(self, values: dict[str, Any], moves: dict[str, Any], sizes: dict[str, int]) -> Array:
        def at(t: complex) -> Array:
            return self.function({n: a + t * moves.get(n, 0) for n, a in values.items()}, sizes)

        if self.p.order == 1:
            return at(1j * STEP).imag / STEP
        weights = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
        return sum(
            sign * w * at(sign * k * 2e-3 + 1j * STEP).imag / STEP / 2e-3
            for k, w in weights
            for sign in (1, -1)
        )


def close(a: Array, b: Array, rough: float) -> bool:
    return a.shape == b.shape and np.allclose(a, b, rtol=rough, atol=rough)


def points(judge: Judge, layout: str | None) -> Iterator[dict[str, bool]]:
    """Which layouts the claim is right in, point by point."""
    rough = 1e-5 if judge.p.order > 1 else 1e-8
    for sizes in ({"n": 3, "m": 2, "p": 4, "q": 5}, {"n": 2, "m": 4, "p": 3, "q": 5}):
        found = 0
        for seed in range(40):
            try:
                sides = judge.sides(sizes, seed, seed % 2)
            except (OutsideError, np.linalg.LinAlgError, ValueError):
                continue
            keys = [k for k in sides if layout in (None, k) or k == "none"]
            yield {k: close(*sides[k], rough) for k in keys}
            found += 1
            if found == 6:
                break


def holds(p: Parts, equations: Any, kinds: dict[str, str], layout: str | None) -> bool:
    """Whether one layout is right at every point."""
    good: set[str] | None = None
    seen = 0
    for at in points(Judge(p, equations, kinds), layout):
        seen += 1
        here = {k for k, right in at.items() if right}
        good = here if good is None else good & here
    assert seen, "no points"
    return bool(good)


def apart(text: str, layout: str | None) -> tuple[str, dict[str, str], str | None]:
    """A claim of a file: its text alone, the kinds of its variables, its layout."""
    kinds = {m[1]: m[0].partition(":")[2].strip() for m in KIND.finditer(text)}
    pieces = [s.strip() for s in text.split(";")]
    text = "; ".join(s for s in pieces if not re.match(r"\w+\s*:", s))
    named = re.search(r"\s*\((\w+) layout\)", text)
    return (text.replace(named[0], ""), kinds, named[1]) if named else (text, kinds, layout)


def structured(text: str, kinds: dict[str, str]) -> bool:
    """Whether it is a derivative by a variable whose entries are linked."""
    linked = ("symmetric", "skew", "diagonal", "positive_definite", "orthogonal")
    return any(kinds.get(t, "").endswith(linked) for t in re.findall(r"/d([A-Z])\b", text))


def read(
    text: str, kinds: dict[str, str]
) -> tuple[Parts, list[tuple[str, ...]], dict[str, str]]:
    """A claim, the equations before it, and the kinds of the names in it."""
    pieces = [s.strip() for s in text.split(";")]
    equations = [tuple(s.split(" = ", 1)) for s in pieces if re.match(r"[A-Za-z]\w* = ", s)]
    (claim,) = [s for s in pieces if " = " in s and not re.match(r"[A-Za-z]\w* = ", s)] or [
        pieces[-1]
    ]
    if len(pieces) == 1:
        equations = []
    p = parts_of(claim)
    defined = {name for name, _ in equations}
    kinds = {n: k for n, k in kinds.items() if n not in defined}
    names = set(re.findall(r"[A-Za-z]\w*", claim + " " + " ".join(r for _, r in equations)))
    return p, equations, {n: k for n, k in kinds.items() if n in names}


def true_somewhere(text: str, kinds: dict[str, str], layout: str | None) -> bool:
    """Whether a claim holds as it stands."""
    p, equations, kinds = read(text, kinds)
    layout = {"grad": "mixed", "jacobian": "numerator"}.get(p.kind, layout)
    return holds(p, equations, kinds, layout)


def verdict(text: str, kinds: dict[str, str], layout: str | None) -> str:
    """true, true_if or false."""
    p, equations, kinds = read(text, kinds)
    layout = {"grad": "mixed", "jacobian": "numerator"}.get(p.kind, layout)
    if holds(p, equations, kinds, layout):
        if p.kind == "differential":
            held = [n for n in kinds if not re.search(rf"\bd{n}\b", p.right) and n.lower() > "h"]
            return "true_if" if held and re.search(r"\bd[A-Za-z]\b", p.right) else "true"
        return "true"
    constants = [n for n in kinds if n not in p.by]
    if p.kind == "differential":
        constants = [n for n in kinds if not re.search(rf"\bd{n}\b", p.right)]
    for what in ("symmetric", "positive"):
        square = [n for n in constants if re.match(r"matrix\((\w+), \1\)$", kinds[n])]
        able = constants if what == "positive" else square
        for count in range(1, len(able) + 1):
            for some in combinations(able, count):
                more = {n: f"{re.match(r'[^)]*[)]?', kinds[n])[0]} {what}" for n in some}
                if holds(p, equations, {**kinds, **more}, layout):
                    return "true_if"
    return "false"
