"""Expressions in the input language: what is printed can be typed in again."""

from __future__ import annotations

from fractions import Fraction

from matrixcalc.build import elementwise_base, transpose
from matrixcalc.dims import Dim
from matrixcalc.expr import Expr, topological
from matrixcalc.operators import row_of
from matrixcalc.printers.known_sizes import BOTH, COLS, CONSTANTS, ROWS, provided, swapped
from matrixcalc.printers.pieces import (
    ATOM,
    POWER,
    PRODUCT,
    SUM,
    Piece,
    as_factor,
    exponent_pieces,
    number_pieces,
)

LONGEST = 20_000
"""Longer results are written with names for the parts that occur more than once."""


def to_text(e: Expr, known: int = 0) -> str:
    """The expression in the input language.

    Constants carry their size (``eye(n)``) where it cannot be inferred from the place
    they stand in; ``known`` tells which axes of the whole are known to the reader.
    An expression that is too long written out gets names for its shared parts first,
    as in ``s1 = A*x; exp(s1).*s1``.
    """
    if e.cost > LONGEST:
        return _with_names(e)
    return Writer(e).write(e, known)


def _with_names(root: Expr) -> str:
    names = shared_parts(root)
    lines = [f"{name} = {Writer(e, names).write(e, 0)}" for e, name in names.items()]
    return "; ".join([*lines, Writer(root, names).write(root, 0)])


def shared_parts(root: Expr) -> dict[Expr, str]:
    """Names for the parts that occur more than once, operands before what uses them."""
    uses: dict[Expr, int] = {}
    order = topological(root)
    for e in order:
        for a in e.args:
            uses[a] = uses.get(a, 0) + 1
    taken = {e.name for e in order if e.op == "sym"}
    names: dict[Expr, str] = {}
    for e in order:
        if uses.get(e, 0) > 1 and e.cost > 3:
            name = f"{_initial(e)}_{len(names) + 1}"
            while name in taken:
                name += "_"
            names[e] = name
    return names


def _initial(e: Expr) -> str:
    """A first letter that gives the name the right kind."""
    return {"scalar": "c", "vector": "v", "row": "v", "matrix": "M"}[e.kind]


class Writer:
    """Writes one expression; an explicit stack of pieces instead of recursion.

    What is written is decided here; how it looks is in the signs below, and in the methods
    that a notation of more than one line overrides.
    """

    TIMES, HADAMARD, HADAMARD_OVER = "*", ".*", "./"
    OPEN, CLOSE = "(", ")"
    TRANSPOSE = "'"

    def __init__(self, root: Expr, names: dict[Expr, str] | None = None) -> None:
        self.names = names or {}
        self.whole = root
        order = topological(root, lambda e: e is root or e not in self.names)
        self.variables = {e.name for e in order if e.op == "sym"}
        self.provides: dict[Expr, int] | None = None
        if any(e.op in CONSTANTS for e in order):
            self.provides = {}
            for e in order:
                named = e is not root and e in self.names
                self.provides[e] = BOTH if named else provided(e, self.provides)

    def write(self, root: Expr, known: int, binding: int = SUM) -> str:
        out: list[str] = []
        stack: list[Piece] = [(root, binding, known)]
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                out.append(piece)
                continue
            e, binding, known = piece
            if e in self.names and e is not self.whole:
                out.append(self.names[e])
                continue
            level, pieces = self.pieces(e, known)
            if level < binding:
                pieces = self.group(pieces)
            stack.extend(reversed(pieces))
        return self.joined(out)

    def joined(self, out: list[str]) -> str:
        return "".join(out)

    def group(self, pieces: list[Piece]) -> list[Piece]:
        return [self.OPEN, *pieces, self.CLOSE]

    def known(self, e: Expr, known: int = 0) -> int:
        """The axes of ``e`` that a reader can tell: from outside, or from itself."""
        if self.provides is None:
            return known
        if e not in self.provides:  # a transpose that was made for printing
            provides = self.provides
            for n in topological(e, lambda n: n not in provides):
                if n not in provides:
                    provides[n] = provided(n, provides)
        return known | self.provides[e]

    def pieces(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        op = e.op
        if op == "sym":
            return self.symbol(e)
        if op == "num":
            return self.number(e.data)
        if op == "pi":
            return ATOM, [self.pi()]
        if op == "size":
            return ATOM, [self.size(e)]
        if op == "commutation":
            return ATOM, [self.commutation(*e.data)]
        if op in CONSTANTS:
            return self.constant(e, "1", known)
        if op == "add":
            return SUM, self.sum(e, known)
        if op == "mul":
            return self.product(e, known)
        if op == "had":
            return PRODUCT, self.hadamard(e, known)
        if op == "T":
            return self.transposed(e, known)
        if op in ("pow", "epow"):
            return self.power(e, known)
        return self.call(e, known)

    # what a notation may write in its own way

    def symbol(self, e: Expr) -> tuple[int, list[Piece]]:
        return ATOM, [e.name]

    def digits(self, text: str) -> str:
        """A number that is not negative, in the way of this notation."""
        return text

    def number(self, value: Fraction) -> tuple[int, list[Piece]]:
        return number_pieces(value)

    def exponent(self, value: Fraction) -> list[Piece]:
        return exponent_pieces(value)

    def commutation(self, rows: Dim, cols: Dim) -> str:
        return f"commutation({rows}, {cols})"

    def pi(self) -> str:
        return "pi"

    def size(self, e: Expr) -> str:
        name = str(e.data)
        return f"tr(eye({name}))" if name in self.variables else name

    def transposed(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        inner = e.args[0]
        level = ATOM if inner.op in ("T",) else POWER
        need = ATOM if inner.op in ("pow", "epow") and not self.is_call(inner) else level
        return POWER, [(inner, need, swapped(known)), self.TRANSPOSE]

    def is_call(self, e: Expr) -> bool:
        exponent = e.args[1]
        if e.op == "pow" and not e.is_scalar:
            return bool(exponent.data == -1)
        return exponent.op == "num" and exponent.data == Fraction(1, 2)

    def constant(self, e: Expr, value: str, known: int) -> tuple[int, list[Piece]]:
        if e.op == "zeros":
            value = "0"
        if e.op == "eye":
            return ATOM, ["eye" if known else f"eye({_dim(e.rows)})"]
        rows, cols = e.shape
        if rows.is_one:
            sized = "" if known & COLS else f", {_dim(cols)}"
            return POWER, [f"vector({value}{sized})'"]
        if cols.is_one:
            sized = "" if known & ROWS else f", {_dim(rows)}"
            return ATOM, [f"vector({value}{sized})"]
        sized = "" if known == BOTH else f", {_dim(rows)}, {_dim(cols)}"
        return ATOM, [f"matrix({value}{sized})"]

    # sums

    def sum(self, e: Expr, known: int) -> list[Piece]:
        known = self.known(e, known)
        plain = any(_constant_factor(t) is None for t in e.args)
        pieces: list[Piece] = []
        for i, term in enumerate(e.args):
            if term in self.names:
                pieces.extend([" + "] if i else [])
                pieces.append((term, PRODUCT, known))
                continue
            negative = term.op == "mul" and term.args[0].op == "num" and term.args[0].data < 0
            negative = negative or (term.op == "num" and term.data < 0)
            level, inner = self.term(term, known, negative, plain and not e.is_scalar)
            if i:
                pieces.append(" - " if negative else " + ")
            elif negative:
                pieces.append("-")
            if level < PRODUCT:
                inner = self.group(inner)
            pieces.extend(inner)
        return pieces

    def term(
        self, e: Expr, known: int, negative: bool, broadcast: bool
    ) -> tuple[int, list[Piece]]:
        """A term of a sum without its sign; a scalar times ones as the bare scalar."""
        scalars = _constant_factor(e) if broadcast else None
        if scalars is not None:
            parts, tail = list(scalars), []
        elif e.op == "mul":
            parts = [a for a in e.args if a.is_scalar]
            tail = [a for a in e.args if not a.is_scalar]
        elif e.op == "num":
            parts, tail = [e], []
        else:
            return PRODUCT, [(e, PRODUCT, known)]
        number = Fraction(1)
        if parts and parts[0].op == "num":
            number = parts.pop(0).data
        return self.scaled(-number if negative else number, parts, tail, known)

    # products

    def product(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        parts = [a for a in e.args if a.is_scalar]
        tail = list(e.args[len(parts) :])
        number = Fraction(1)
        if parts and parts[0].op == "num":
            number = parts.pop(0).data
        if number < 0:
            _, pieces = self.scaled(-number, parts, tail, known)
            return PRODUCT, ["-", *pieces]
        level, pieces = self.scaled(number, parts, tail, known)
        bare = number == 1 and not parts and not self.names
        turned = bare and _best_run(tail, 0, len(tail)) == (0, len(tail))
        return (POWER if turned else level), pieces

    def scaled(
        self, number: Fraction, scalars: list[Expr], tail: list[Expr], known: int
    ) -> tuple[int, list[Piece]]:
        """number*scalars*chain/denominators, number not negative."""
        if len(tail) == 1 and tail[0].op == "ones" and (scalars or number != 1):
            return self.filled(number, scalars, tail[0], known)
        above = [(s, PRODUCT) for s in scalars if not _reciprocal(s)]
        below = [s for s in scalars if _reciprocal(s)]
        pieces: list[Piece] = []
        top, bottom = map(self.digits, as_factor(number))
        if top != "1" or (not above and not tail):
            pieces.append(top)
        for s, binding in above:
            if pieces:
                pieces.append(self.TIMES)
            form = s.op == "mul" and bool(tail)
            pieces.append((s, POWER if form or s.op == "had" else binding, 0))
        if tail:
            divided = self.divided(tail, known) if pieces else []
            if pieces and not divided:
                pieces.append(self.TIMES)
            alone = len(tail) == 1
            pieces.extend(divided or self.chain(tail, known, alone))
        if bottom:
            pieces.extend(["/", bottom])
        if below:
            pieces.append("/")
            if len(below) == 1:
                pieces.extend(self.denominator(below[0]))
            else:
                pieces.append(self.OPEN)
                for i, s in enumerate(below):
                    pieces.extend([self.TIMES] if i else [])
                    pieces.extend(self.denominator(s))
                pieces.append(self.CLOSE)
        single = len(pieces) == 1 and isinstance(pieces[0], str)
        return (ATOM if single else PRODUCT), pieces

    def divided(self, tail: list[Expr], known: int) -> list[Piece]:
        """``./x`` behind a scalar, for 1./x; nothing for what is no mere reciprocal."""
        e = tail[0]
        if len(tail) > 1:
            return []
        if e.op == "had" and all(map(_reciprocal, e.args)):
            return self.hadamard(e, known)[1:]
        if e.op == "epow" and e.args[1].number in (-1, Fraction(-1, 2)):
            inner = self.raised(e.args[0], -e.args[1].data, ".^", self.known(e, known))
            return [self.HADAMARD_OVER, *inner]
        return []

    def filled(
        self, number: Fraction, scalars: list[Expr], constant: Expr, known: int
    ) -> tuple[int, list[Piece]]:
        """A scalar times ones."""
        _, inner = self.scaled(number, scalars, [], 0)
        level, outer = self.constant(constant, "\0", known)
        head, _, end = str(outer[0]).partition("\0")
        return level, [head, *inner, end]

    def denominator(self, s: Expr) -> list[Piece]:
        base, exponent = s.args
        return self.raised(base, -exponent.data, "^", 0)

    def raised(self, base: Expr, k: Fraction, sign: str, known: int) -> list[Piece]:
        """base to a positive power k, tight enough to be divided by."""
        if k == 1:
            return [(base, POWER, known)]
        if k == Fraction(1, 2):
            return self.square_root(base, sign, known)[1]
        return [(base, ATOM, known), *self.superscript(sign, self.exponent(k))]

    def square_root(self, base: Expr, sign: str, known: int) -> tuple[int, list[Piece]]:
        return ATOM, ["sqrt(", (base, SUM, known), ")"]

    def inverse(self, base: Expr, known: int) -> tuple[int, list[Piece]]:
        return ATOM, ["inv(", (base, SUM, known), ")"]

    def superscript(self, sign: str, exponent: list[Piece]) -> list[Piece]:
        """An exponent behind its base; the sign is ``^``, or ``.^`` for an elementwise power."""
        return [sign, *exponent]

    def reciprocal(self, base: Expr, k: Fraction, sign: str, known: int) -> list[Piece]:
        return ["1/" if sign == "^" else "1./", *self.raised(base, k, sign, known)]

    def chain(self, factors: list[Expr], known: int, alone: bool) -> list[Piece]:
        """A product of non-scalars; runs of transposes as the transpose of a product."""
        if alone:
            return [(factors[0], PRODUCT, known)]
        pieces: list[Piece] = []
        todo: list[tuple[int, int]] = [(0, len(factors))]
        runs: list[tuple[int, int, bool]] = []
        while todo:
            low, high = todo.pop()
            # beside names for shared parts nothing new is made, which would have no name
            best = None if self.names else _best_run(factors, low, high)
            if best is None:
                if low < high:
                    runs.append((low, high, False))
                continue
            runs.append((*best, True))
            todo.append((low, best[0]))
            todo.append((best[1], high))
        for low, high, flip in sorted(runs):
            if pieces:
                pieces.append(self.TIMES)
            edge = (known if low == 0 else self.known(factors[low - 1]) >> 1) & ROWS
            edge |= (known if high == len(factors) else self.known(factors[high]) << 1) & COLS
            if flip:
                inner = [transpose(f) for f in reversed(factors[low:high])]
                pieces.extend(self.group(self.factors(inner, swapped(edge))))
                pieces.append(self.TRANSPOSE)
            else:
                pieces.extend(self.factors(factors[low:high], edge))
        return pieces

    def factors(self, factors: list[Expr], known: int) -> list[Piece]:
        pieces: list[Piece] = []
        last = len(factors) - 1
        for i, f in enumerate(factors):
            if i:
                pieces.append(self.TIMES)
            axes = 0
            if (i and self.known(factors[i - 1]) & COLS) or (i == 0 and known & ROWS):
                axes |= ROWS
            if (i < last and self.known(factors[i + 1]) & ROWS) or (i == last and known & COLS):
                axes |= COLS
            pieces.append((f, POWER, axes))
        return pieces

    def hadamard(self, e: Expr, known: int) -> list[Piece]:
        known = self.known(e, known)
        above = [a for a in e.args if not _reciprocal(a)]
        below = [a for a in e.args if _reciprocal(a)]
        pieces: list[Piece] = []
        for a in above:
            if pieces:
                pieces.append(self.HADAMARD)
            pieces.append((a, POWER, known))
        if not above:
            pieces.append("1")
        if below:
            pieces.append(self.HADAMARD_OVER)
            if len(below) > 1:
                pieces.append(self.OPEN)
            for i, a in enumerate(below):
                pieces.extend([self.HADAMARD] if i else [])
                base, exponent = elementwise_base(a)
                pieces.extend(self.raised(base, -exponent.data, ".^", known))
            if len(below) > 1:
                pieces.append(self.CLOSE)
        return pieces

    def power(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        base, exponent = e.args
        if e.op == "pow" and not e.is_scalar:
            known = BOTH if self.known(base, known) else 0
            if exponent.data == -1:
                return self.inverse(base, known)
            exponents = self.exponent(exponent.data)
            return POWER, [(base, ATOM, known), *self.superscript("^", exponents)]
        sign = "^" if e.op == "pow" else ".^"
        if e.op == "epow":
            known = self.known(e, known)
        if exponent.op == "num":
            k = exponent.data
            if k == Fraction(1, 2):
                return self.square_root(base, sign, known)
            if k == -1 or k == Fraction(-1, 2) or (k < 0 and e.op == "pow"):
                return PRODUCT, self.reciprocal(base, -k, sign, known)
            return POWER, [(base, ATOM, known), *self.superscript(sign, self.exponent(k))]
        return POWER, [(base, ATOM, known), *self.superscript(sign, [(exponent, ATOM, known)])]

    def call(self, e: Expr, known: int) -> tuple[int, list[Piece]]:
        row = row_of(e.op)
        assert row is not None
        spelled = row.spelled or f"{e.op}({{A}})"
        head, _, tail = spelled.partition("{A}")
        pieces: list[Piece] = [head]
        for i, a in enumerate(e.args):
            if i:
                pieces.append(", ")
            pieces.append((a, SUM, self.known_inside(e, a, known)))
        pieces.append(tail)
        return ATOM, pieces


    def known_inside(self, e: Expr, argument: Expr, known: int) -> int:
        """The axes of a function's argument that the reader knows from around it."""
        row = row_of(e.op)
        assert row is not None
        if row.signature.startswith("[n,n]") and self.known(argument):
            return BOTH
        if row.signature.endswith("same"):
            return known
        return ROWS if e.op == "diag" and known else 0


def _constant_factor(e: Expr) -> tuple[Expr, ...] | None:
    """The scalars s of s*ones, or None for another expression."""
    if e.op == "ones":
        return ()
    if e.op == "mul" and e.args[-1].op == "ones" and e.args[-2].is_scalar:
        return e.args[:-1]
    return None


def _reciprocal(e: Expr) -> bool:
    if e.op == "T":
        return e.args[0].op == "epow" and _reciprocal(e.args[0])
    if e.op not in ("pow", "epow"):
        return False
    if e.op == "pow" and not e.is_scalar:
        return False
    exponent = e.args[1]
    return exponent.op == "num" and exponent.data < 0


def _best_run(factors: list[Expr], low: int, high: int) -> tuple[int, int] | None:
    """The stretch that is shortest to write as the transpose of a product."""
    best: tuple[int, int] | None = None
    best_gain = 1
    start, gain = low, 0
    for i in range(low, high):
        f = factors[i]
        change = 1 if f.op == "T" else 0 if f.flipped is f else -1
        if gain <= 0:
            start, gain = i, 0
        gain += change
        if gain > best_gain and i > start:
            best, best_gain = (start, i + 1), gain
    return best


def _dim(dim: object) -> str:
    return str(dim)
