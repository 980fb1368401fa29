"""One check of a claimed derivative: the sizes, the points, and the ways of comparing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, DecimalException, localcontext
from random import Random
from typing import Any

from matrixcalc.claims import Claim, Mismatch, Verification
from matrixcalc.elementwise import Writer
from matrixcalc.entries import Table, sum_terms
from matrixcalc.errors import ShapeError, UnsupportedError
from matrixcalc.expr import Expr, topological
from matrixcalc.formal import Formal, element
from matrixcalc.grids import Grid
from matrixcalc.jets import DIGITS, Decimals, Exact, NotExact, OutsideDomain
from matrixcalc.matrix_functions import Sampled
from matrixcalc.polynomials import Counting, Polynomials
from matrixcalc.sampling import (
    SPAN,
    WAYS,
    directions,
    draw,
    linked,
    plain,
    properties,
    size_choices,
    work,
)
from matrixcalc.tensors import Tensor, clearly, exactly

EXACT_POINTS = 2
SAMPLED_POINTS = 3
PIECEWISE_POINTS = 12
"""So many, for each lies in one piece only."""
FORMAL_POINTS = 4
_FORMAL_TRIES = 160
_TRIES = 12 * WAYS
_EASY = 100_000
_TOO_MUCH = 6_000_000
_STABLE = Decimal("1e-12")
_FEW_TERMS = 4000
_MOST_SYMBOLS = 40
_FORMALLY = (
    "identity of rational functions in the entries and the values of functions, "
    f"modulo 2^127 - 1 at {FORMAL_POINTS} random points"
)


class Check:
    """One check: the sizes, and the three ways of comparing."""

    def __init__(
        self,
        function: Expr,
        targets: tuple[Expr, ...],
        claim: Claim,
        structured: str,
        span: int | None = None,
    ) -> None:
        self.function = function
        self.targets = targets
        self.claim = claim
        self.structured = structured
        self.span = span
        roots = [function, *targets, *claim.declared]
        if claim.matrix is not None:
            roots.append(claim.matrix)
        for term in claim.terms or ():
            roots.extend(term.scalars)
            roots.extend(e for e, _ in term.factors)
        self.nodes = list(dict.fromkeys(e for root in roots for e in topological(root)))
        self.inner = topological(function)
        self.variables = [e for e in self.nodes if e.op == "sym"]
        self.owners: dict[str, Expr] = {}
        for v in self.variables:
            # a name is one variable, though some of its symbols may be without its properties
            owner = self.owners.setdefault(v.name, v)
            if len(properties(v)) > len(properties(owner)):
                self.owners[v.name] = v
        self.sizes: dict[str, int] = {}
        self.alive: set[Expr] = set()

    def run(self) -> Verification:
        """The strongest check that the function allows, at the first sizes that admit one."""
        if self.claim.matrix is None and self.claim.terms is None:
            return self._skipped("nothing is claimed")
        outcome: Verification | None = None
        hidden: Verification | None = None
        for sizes in self._choose_sizes():
            self.sizes, self.alive = sizes, set()
            try:
                outcome = self._check()
            except UnsupportedError as error:
                return self._skipped(error.message)
            except ShapeError as error:
                return Verification("failed", sizes, error.message)
            if outcome.status == "failed" or (outcome.status != "skipped" and self._all_alive()):
                return outcome
            if outcome.status != "skipped" and hidden is None:
                hidden = outcome
        if hidden is not None:
            return hidden
        if outcome is None:
            return self._skipped("writing it out takes too much work, even at the smallest sizes")
        return outcome

    def _all_alive(self) -> bool:
        """Whether no part vanished at these sizes, and hid what it is multiplied by.

        X*X' is singular where X is tall, and all that stands beside its determinant is hidden.
        """
        return all(e in self.alive or _is_zero(e) for e in self.nodes)

    def _note(self, writer: Writer, value_of: Callable[[Any], Any]) -> None:
        """Note the parts that are not zero at a point."""
        for e, grid in writer.known.items():
            if e not in self.alive and any(value_of(x) for row in grid for x in row):
                self.alive.add(e)

    def _check(self) -> Verification:
        proved = self._polynomials()
        if proved is not None:
            return proved
        try:
            outcome = self._points(Exact, EXACT_POINTS, SPAN)
            if outcome.status == "failed" and self.span is not None:
                # among small numbers many a wrong claim holds: they only show what is wrong
                shown = self._points(Exact, EXACT_POINTS, self.span)
                return shown if shown.status == "failed" else outcome
        except NotExact:
            with localcontext(Context(prec=DIGITS)):
                outcome = self._points(Sampled, SAMPLED_POINTS)
        if outcome.status == "sampled" and self._formally():
            detail = f"{_FORMALLY}; {outcome.detail}"
            return Verification("proved", self.sizes, detail, FORMAL_POINTS)
        return outcome

    def _skipped(self, why: str) -> Verification:
        return Verification("skipped", self.sizes, why)

    def _choose_sizes(self) -> list[dict[str, int]]:
        """The sizes to try: those that make little work, else the least work that is bearable."""
        easy: list[dict[str, int]] = []
        least, best = _TOO_MUCH, None
        for sizes in size_choices(self.nodes, self.claim.dims.values()):
            seeds = 1
            for t in self.targets:
                seeds *= 1 + t.rows.value(sizes) * t.cols.value(sizes)
            cost = work(self.inner, sizes, seeds) + work(self.nodes, sizes, 1)
            if cost <= _EASY and sizes not in easy:
                easy.append(sizes)
            if cost < least:
                least, best = cost, sizes
        return easy or ([] if best is None else [best])

    def _tensor(self) -> Tensor:
        return Tensor(self.function, self.targets, self.sizes)

    # Polynomials

    def _polynomials(self) -> Verification | None:
        """The identity of polynomials, where it takes little work."""
        if not all(plain(self.owners.get(t.name, t)) for t in self.targets):
            return None
        if any("orthogonal" in properties(v) for v in self.variables):
            return None
        shapes = {
            v: (v.rows.value(self.sizes), v.cols.value(self.sizes)) for v in self.owners.values()
        }
        if sum(rows * cols for rows, cols in shapes.values()) > _MOST_SYMBOLS:
            return None
        counts = self._shared(
            {v: [[1] * cols for _ in range(rows)] for v, (rows, cols) in shapes.items()}
        )
        try:
            counting = Counting(_FEW_TERMS)
            counter = Writer(counting, counts, self.sizes)
            counter.write(self.function)
            self._claimed(counter)
        except NotExact:
            return None
        names = [f"x{k}" for k in range(sum(rows * cols for rows, cols in shapes.values()))]
        from sympy.polys.domains import QQ
        from sympy.polys.rings import PolyRing

        ring = PolyRing(names or ["x0"], QQ)
        symbols = iter(ring.gens)
        values: dict[Expr, Grid] = {}
        for v, (rows, cols) in shapes.items():
            grid = [[next(symbols) for _ in range(cols)] for _ in range(rows)]
            values[v] = linked(v, grid)
        values = self._shared(values)
        writer = Writer(Polynomials(ring), values, self.sizes)
        value = writer.write(self.function)
        claims = self._claimed(writer)
        self._note(writer, bool)

        def expected(i: int, j: int, places: tuple[tuple[int, int], ...]) -> Any:
            entry = ring.ring_new(value[i][j])
            for t, (row, col) in zip(self.targets, places, strict=True):
                entry = entry.diff(values[t][row][col])
            return entry

        if not self._tensor().identical(expected, claims):
            return None  # a point of numbers shows it better
        return Verification(
            "proved", self.sizes, f"identity of polynomials in the entries{self._at()}"
        )

    def _at(self) -> str:
        sizes = ", ".join(f"{n} = {s}" for n, s in sorted(self.sizes.items()))
        return f", at {sizes}" if sizes else ""

    # Points

    def _points(
        self, kind: type[Exact], wanted: int, span: int | None = None
    ) -> Verification:
        random = Random(int.from_bytes(self.function.key, "big"))
        piecewise = False
        done, preferred = 0, 0
        for attempt in range(_TRIES):
            way = preferred if attempt == 0 or (done and not piecewise) else attempt % WAYS
            try:
                with_jets = kind(len(self.targets))
                values = self._draw(random, way, span)
                mismatch = self._at_point(with_jets, values)
                if mismatch is not None and kind is Sampled:
                    mismatch = self._confirmed(mismatch, values)
            except (OutsideDomain, DecimalException):
                if done:
                    preferred = way
                continue
            piecewise = piecewise or with_jets.piecewise
            if mismatch is not None:
                return Verification("failed", self.sizes, "an entry differs", done + 1, mismatch)
            preferred = way
            done += 1
            if done == (max(wanted, PIECEWISE_POINTS) if piecewise else wanted):
                return self._success(kind, done)
        return self._skipped("no points were found at which everything is real and smooth")

    def _formally(self) -> bool:
        """Whether the identity holds with transcendental values and signs as variables.

        It is asked only after real points have agreed.
        """
        random = Random(int.from_bytes(self.function.key, "big"))
        done = 0
        for _ in range(_FORMAL_TRIES):
            drawn = self._draw(random, 0, SPAN)
            values = {v: [[element(x) for x in row] for row in g] for v, g in drawn.items()}
            try:
                if self._at_point(Formal(len(self.targets)), values) is not None:
                    return False
            except OutsideDomain:
                continue
            except NotExact:
                return False
            done += 1
            if done == FORMAL_POINTS:
                return True
        return False

    def _confirmed(self, mismatch: Mismatch, values: dict[Expr, Grid]) -> Mismatch | None:
        """A mismatch that stays with more digits; one of rounding alone does not.

        Raises OutsideDomain where the values themselves are rounding errors.
        """
        with localcontext() as context:
            context.prec = 3 * DIGITS
            again = self._at_point(Sampled(len(self.targets)), values)
        if again is not None and not _same(again, mismatch):
            raise OutsideDomain("the values at this point are dominated by rounding")
        return again

    def _success(self, kind: type[Exact], points: int) -> Verification:
        exact = kind is Exact
        how = "exact rational" if exact else f"{DIGITS}-digit"
        return Verification(
            "proved" if exact else "sampled",
            self.sizes,
            f"equal in {how} arithmetic at {points} random points{self._at()}",
            points,
        )

    def _draw(self, random: Random, way: int, span: int | None) -> dict[Expr, Grid]:
        values = {}
        for v in self.owners.values():
            rows, cols = (d.value(self.sizes) for d in v.shape)
            values[v] = draw(v, rows, cols, random, way, span)
        return self._shared(values)

    def _shared(self, values: dict[Expr, Grid]) -> dict[Expr, Grid]:
        """The entries of every symbol, from those of the variables."""
        return {v: values[self.owners[v.name]] for v in self.variables}

    def _at_point(self, arithmetic: Exact, values: dict[Expr, Grid]) -> Mismatch | None:
        """The first entry at this point in which a claim is wrong."""
        moves = [directions(t, values[t], self.structured) for t in self.targets]
        seeded = dict(values)
        names = {t.name for t in self.targets}
        for target in (v for v in self.variables if v.name in names):
            grid = values[target]
            seeded[target] = [
                [
                    arithmetic.seed(
                        x,
                        [
                            {n: move[i, j] for n, move in enumerate(moves[k]) if (i, j) in move}
                            if t.name == target.name
                            else {}
                            for k, t in enumerate(self.targets)
                        ],
                    )
                    for j, x in enumerate(row)
                ]
                for i, row in enumerate(grid)
            ]
        function = Writer(arithmetic, seeded, self.sizes)
        value = function.write(self.function)
        plainly = Writer(type(arithmetic)(0), values, self.sizes)
        claims = self._claimed(plainly)
        self._note(function, arithmetic.shows)
        self._note(plainly, arithmetic.shows)
        in_space = self.structured == "gradient" and not all(plain(t) for t in self.targets)
        tensor = self._tensor()
        differ = clearly if isinstance(arithmetic, Decimals) else exactly
        for form, found in claims.items():
            pairs = (
                tensor.contracted(arithmetic, value, moves, found, values)
                if in_space
                else tensor.by_entry(arithmetic, value, moves, found)
            )
            wrong = differ(pairs)
            if wrong is not None:
                index, expected, got, space = wrong
                shown = {v.name: values[v] for v in self.variables}
                return Mismatch(form, index, _text(expected), _text(got), shown, space)
        return None

    # Entries

    def _claimed(self, writer: Writer) -> dict[str, Callable[[tuple[int, ...]], Any]]:
        """The claimed tensor in each form, as functions of the index."""
        found: dict[str, Callable[[tuple[int, ...]], Any]] = {}
        claim = self.claim
        if claim.matrix is not None and claim.place is not None:
            grid, place = writer.write(claim.matrix), claim.place
            lengths = tuple(
                d.value(self.sizes)
                for e in (self.function, *self.targets)
                for d in e.shape
                if not d.is_one
            )

            def in_matrix(index: tuple[int, ...]) -> Any:
                row, col = place(index, lengths)
                if row >= len(grid) or col >= len(grid[0]):
                    raise ShapeError("the claim has not the shape of the derivative")
                return grid[row][col]

            found["matrix notation"] = in_matrix
        if claim.terms is not None:
            table: Table = sum_terms(claim.terms, claim.dims, writer)
            found["index form"] = lambda index: table.get(index, 0)
        return found


def _is_zero(e: Expr) -> bool:
    return e.op == "zeros" or e.number == 0


def _same(a: Mismatch, b: Mismatch) -> bool:
    """Whether two mismatches are one, found with different numbers of digits."""
    pairs = [(a.expected, b.expected), (a.found, b.found)]
    numbers = [(Decimal(x), Decimal(y)) for x, y in pairs]
    return (a.form, a.entry) == (b.form, b.entry) and all(
        abs(x - y) <= _STABLE * max(abs(x), abs(y), _STABLE) for x, y in numbers
    )


def _text(x: Any) -> str:
    if isinstance(x, Decimal):
        return f"{x:.17g}"
    return str(x)
