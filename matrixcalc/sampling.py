"""Sizes and random points to check a formula at: unsymmetric by default, of given properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import permutations
from random import Random
from typing import Any

from matrixcalc.dims import Dim
from matrixcalc.expr import Expr
from matrixcalc.grids import Grid, combined, identity, inverse, product, transposed
from matrixcalc.jets import Exact, OutsideDomain

SPAN = 2**40
"""Bound of the whole numbers that are drawn: two polynomials seldom agree among so many."""

WAYS = 5
"""Ways of drawing numbers: see :func:`draw`."""


def properties(variable: Expr) -> frozenset[str]:
    """The declared properties of a variable."""
    return frozenset(variable.data[1])


def plain(variable: Expr) -> bool:
    """Whether the entries of a variable are independent and free."""
    linked = {"symmetric", "positive_definite", "diagonal", "skew", "orthogonal"}
    return variable.is_scalar or not linked & properties(variable)


def size_choices(nodes: Iterable[Expr], more: Iterable[Dim] = ()) -> Iterable[dict[str, int]]:
    """Sizes for the dimension names, all different at first, then smaller and repeated.

    ``more`` are dimensions that occur beside those of the nodes.
    """
    weight: Counter[str] = Counter(name for d in more for name in d.names)
    taken: set[int] = set()
    even: set[str] = set()
    for e in nodes:
        dims: Sequence[Dim] = (e.data,) if e.op == "size" else e.shape
        for d in dims:
            weight.update(d.names)
            if d.is_number and d.factor > 1:
                taken.add(d.factor)
        if e.op in ("det", "adj", "logdet") or (e.op == "pow" and not e.is_scalar):
            weight.update(e.args[0].rows.names)
        if e.op == "sym" and "skew" in properties(e):
            # a skew matrix of odd size is singular
            even.update(e.rows.names)
    names = sorted(weight, key=lambda name: (-weight[name], name))
    apart = [s for s in (3, 2, 4, *range(5, 12)) if s not in taken]
    if len(names) <= len(apart):
        yield from _apart(names, even, apart)
    for cycle in ((3, 2, 4, 5), (3, 2, 4), (2, 3), (2,)):
        yield {name: 2 if name in even else cycle[i % len(cycle)] for i, name in enumerate(names)}


def _apart(names: list[str], even: set[str], apart: list[int]) -> Iterable[dict[str, int]]:
    """All sizes different, in several orders: which matrices are tall changes with it."""
    orders = [names, names[::-1]]
    if len(names) == 3:
        orders = [list(order) for order in permutations(names)]
    for order in orders[: len(names) * 2]:
        sizes: dict[str, int] = {}
        for name in [*(n for n in order if n in even), *(n for n in order if n not in even)]:
            fit = [s for s in apart if s not in sizes.values() and not (name in even and s % 2)]
            sizes[name] = fit[0] if fit else 2
        yield sizes
        if len(names) == 1:
            return


def work(nodes: Sequence[Expr], sizes: dict[str, int], directions: int) -> int:
    """About how many multiplications it takes to write the nodes out with derivatives."""
    total = 0
    for e in nodes:
        rows, cols = (d.value(sizes) for d in e.shape)
        entries = rows * cols
        if e.op == "mul":
            widths = [a.cols.value(sizes) for a in e.args if not a.is_scalar]
            entries *= sum(widths) or 1
        elif e.args and not e.args[0].is_scalar and e.args[0].is_square:
            n = e.args[0].rows.value(sizes)
            if e.op in ("det", "adj", "logdet", "pow", "pinv"):
                entries = n**4
                if e.op == "pow":
                    # the numbers grow with the exponent
                    entries *= 1 + (int(e.args[1].data) // 64) ** 2
            elif e.op.startswith(("expm", "logm", "sqrtm")):
                entries = (2 if e.op.endswith("frechet") else 1) * 300 * n**3
        total += entries
    return total * directions


def draw(variable: Expr, rows: int, cols: int, random: Random, way: int, span: int | None) -> Grid:
    """Random entries of a variable, with its properties.

    With a ``span`` they are whole numbers up to it (orthogonal matrices are rational),
    without it decimal numbers. The ways: 0 of both signs, 1 positive, 2 small and
    positive, 3 of both signs and dominated by the diagonal, 4 positive and greater than 1;
    small ones and those of way 3 have a square matrix near the identity.
    """
    props = properties(variable)
    if "positive" in props and way in (0, 3):
        way = 1

    def entry() -> Any:
        return _number(random, way, span)

    if rows != cols or rows == 1:
        return [[entry() for _ in range(cols)] for _ in range(rows)]
    grid: Grid
    if "orthogonal" in props:
        return _orthogonal(rows, random, span)
    if "diagonal" in props:
        grid = [[entry() if i == j else 0 for j in range(rows)] for i in range(rows)]
        if "positive_definite" in props:
            return [[abs(x) for x in row] for row in grid]
        return grid
    grid = [[entry() for _ in range(rows)] for _ in range(rows)]
    if "positive_definite" in props:
        field = Exact()
        return combined(field, product(field, grid, transposed(grid)), identity(field, rows))
    if "symmetric" in props:
        grid = [[grid[max(i, j)][min(i, j)] for j in range(rows)] for i in range(rows)]
    elif "skew" in props:
        return [
            [0 if i == j else grid[i][j] if i > j else -grid[j][i] for j in range(rows)]
            for i in range(rows)
        ]
    if way in (2, 3):
        for i in range(rows):
            grid[i][i] = grid[i][i] / 4 + 2 if span is None else abs(grid[i][i]) + span
    return grid


def _number(random: Random, way: int, span: int | None) -> Any:
    if span is not None:
        value = random.randint(1, span)
        return -value if way in (0, 3) and random.random() < 0.5 else value
    from decimal import Decimal

    low, high = ((200, 1700), (200, 1700), (20, 300), (100, 500), (1200, 3000))[way]
    value = random.randint(low * 10**9, high * 10**9)
    if way in (0, 3) and random.random() < 0.5:
        value = -value
    return Decimal(value).scaleb(-12)


def _orthogonal(n: int, random: Random, span: int | None) -> Grid:
    """Cayley's transform of a random skew matrix: orthogonal and rational."""
    field = Exact()
    below = [[random.choice((-3, -2, -1, 1, 2, 3)) for _ in range(n)] for _ in range(n)]
    skew = [
        [0 if i == j else below[i][j] if i > j else -below[j][i] for j in range(n)]
        for i in range(n)
    ]
    one = identity(field, n)
    turned = product(
        field, combined(field, one, skew, -1), inverse(field, combined(field, one, skew))
    )
    if span is not None:
        return turned
    from decimal import Decimal

    return [[Decimal(int(x.numerator)) / int(x.denominator) for x in row] for row in turned]


def linked(variable: Expr, grid: Grid) -> Grid:
    """Independent entries made to have the variable's properties."""
    props = properties(variable)
    n = len(grid)
    if n != len(grid[0]) or n == 1:
        return grid
    if "diagonal" in props:
        return [[x if i == j else x * 0 for j, x in enumerate(row)] for i, row in enumerate(grid)]
    if props & {"symmetric", "positive_definite"}:
        return [[grid[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]
    if "skew" in props:
        return [
            [x * 0 if i == j else x if i > j else -grid[j][i] for j, x in enumerate(row)]
            for i, row in enumerate(grid)
        ]
    return grid


# Directions in which a variable may move


Direction = dict[tuple[int, int], Any]


def directions(variable: Expr, grid: Grid, structured: str) -> list[Direction]:
    """The directions of differentiation: entries, or a basis of what the properties leave.

    Raises OutsideDomain for a point that has none.
    """
    rows, cols = len(grid), len(grid[0])
    props = properties(variable)
    pairs = [(i, j) for i in range(rows) for j in range(cols)]
    if structured == "none" or rows != cols or rows == 1:
        return [{p: 1} for p in pairs]
    if "diagonal" in props:
        return [{(i, i): 1} for i in range(rows)]
    if "symmetric" in props or "positive_definite" in props:
        return [{(i, j): 1, (j, i): 1} for i, j in pairs if i >= j]
    if "skew" in props:
        return [{(i, j): 1, (j, i): -1} for i, j in pairs if i > j]
    if "orthogonal" in props:
        if structured == "entries":
            raise OutsideDomain("an orthogonal matrix has no independent entries")
        found: list[Direction] = []
        for i, j in pairs:
            if i > j:
                move: Direction = {}
                for k in range(rows):
                    move[k, i] = grid[k][j]
                    move[k, j] = -grid[k][i]
                found.append(move)
        return found
    return [{p: 1} for p in pairs]


def lies_within(variable: Expr, point: Grid, array: Grid) -> Grid | None:
    """What must vanish for an array to lie in the space that the properties leave.

    None where every array does.
    """
    props = properties(variable)
    n = len(array)
    if n != len(array[0]) or n == 1:
        return None
    if "diagonal" in props:
        return [[0 if i == j else x for j, x in enumerate(row)] for i, row in enumerate(array)]
    if "symmetric" in props or "positive_definite" in props:
        return [[array[i][j] - array[j][i] for j in range(n)] for i in range(n)]
    if "skew" in props:
        return [[array[i][j] + array[j][i] for j in range(n)] for i in range(n)]
    if "orthogonal" in props:
        field = Exact()
        moved = product(field, transposed(point), array)
        return [[moved[i][j] + moved[j][i] for j in range(n)] for i in range(n)]
    return None
