"""Raising to Kronecker products: matrices whose rows or columns carry composite indices."""

from __future__ import annotations

from matrixcalc import build
from matrixcalc.build import had, mul, ones, transpose
from matrixcalc.calls import make_call
from matrixcalc.dims import ONE
from matrixcalc.expr import Expr
from matrixcalc.index import Factor, Indices, Term, flat
from matrixcalc.reduce import Graph
from matrixcalc.wide import extent


def stacked(term: Term, cut: int, indices: Indices) -> Expr | None:
    """A term as a matrix: rows for its first ``cut`` axes, columns for the others.

    The first axis of each group runs fastest, as in vec. None where Kronecker products
    cannot say it.
    """
    wide = next((f for f in term.factors if any(isinstance(a, tuple) for a in f[1])), None)
    if wide is not None and len(wide[1]) == 2 and all(isinstance(a, tuple) for a in wide[1]):
        return _around(wide, term, cut, indices)
    graph = Graph(term, indices)
    graph.reduce()
    if graph.stuck:
        return None
    rows, cols = flat(reversed(graph.free[:cut])), flat(reversed(graph.free[cut:]))
    body = kronecker(graph, rows, cols)
    return None if body is None else mul(*graph.scalars, body)


def _around(wide: Factor, term: Term, cut: int, indices: Indices) -> Expr | None:
    """left * wide * right, for a matrix with composite rows and columns in the middle."""
    rows, cols = flat(wide[1][:1]), flat(wide[1][1:])
    outer, inner = term.free[:cut], term.free[cut:]
    others = [f for f in term.factors if f is not wide]
    reach = set(cols) | set(flat(inner))
    right: list[Factor] = []
    changed = True
    while changed:
        changed = False
        for f in others:
            if f not in right and reach.intersection(flat(f[1])):
                right.append(f)
                reach.update(flat(f[1]))
                changed = True
    left = [f for f in others if f not in right]
    if reach.intersection((*rows, *flat(outer))):
        return None
    before = Term((), tuple(left), (*outer, *reversed(rows)))
    after = Term((), tuple(right), (*reversed(cols), *inner))
    first = stacked(before, len(outer), indices)
    last = stacked(after, len(cols), indices)
    if first is None or last is None:
        return None
    return mul(*term.scalars, first, wide[0], last)


def kronecker(
    graph: Graph, rows: list[int], cols: list[int], turn: bool = True
) -> Expr | None:
    """The matrix whose rows and columns are composite, major index first.

    Blocks of at most one row and one column index make the Kronecker factors; an edge
    between two row indices scales the rows, one between two columns the columns.
    """
    dims = graph.dims
    left: list[Expr] = []
    right: list[Expr] = []
    cross: dict[tuple[int, int], Expr] = {}
    weights = dict(graph.weights)
    row_of: dict[int, int] = {i: k for k, i in enumerate(rows)}
    col_of: dict[int, int] = {}
    for k, i in enumerate(cols):
        col_of.setdefault(i, k)
    if len(row_of) != len(rows) or len(col_of) != len(cols):
        return _repeated(graph, rows, cols)
    for e, a, b in graph.edges:
        if a in row_of and b in row_of and a not in col_of and b not in col_of:
            left.append(_diag_vec(e, a, b, row_of))
        elif a in col_of and b in col_of and a not in row_of and b not in row_of:
            right.append(_diag_vec(e, a, b, col_of))
        elif a in row_of and b in col_of:
            if a in col_of and b in row_of:
                left.append(_diag_vec(e, a, b, row_of))
            elif a in col_of:
                right.append(_diag_vec(e, a, b, col_of))
            elif b in row_of:
                left.append(_diag_vec(e, a, b, row_of))
            elif (a, b) in cross:
                return None
            else:
                cross[a, b] = e
        elif b in row_of and a in col_of:
            if b in col_of:
                right.append(_diag_vec(e, a, b, col_of))
            elif a in row_of:
                left.append(_diag_vec(e, a, b, row_of))
            elif (b, a) in cross:
                return None
            else:
                cross[b, a] = transpose(e)
        else:
            return None
    if right and len(cols) != 2:
        return None
    pairs: dict[int, tuple[int, Expr]] = {}
    if left and len(rows) > 2:
        found = _pairs(graph, rows, cols)
        if found is None or graph.scaling is not None:
            return None
        if isinstance(found, int):
            return _swapped(graph, rows, cols, found)
        left, pairs = [], found
    if left and len(rows) != 2:
        return None
    if graph.scaling is not None:
        # a matrix on all row indices, or on all column indices, scales them
        wide = graph.scaling
        for axis, scalings in ((rows, left), (cols, right)):
            if axis == [*wide.cols, *wide.rows]:
                scalings.append(make_call("vec", (wide.matrix,)))
                break
            if axis == [*wide.rows, *wide.cols]:
                scalings.append(make_call("vec", (transpose(wide.matrix),)))
                break
        else:
            return None
    tied = {i for major, (minor, _) in pairs.items() for i in (major, minor)}
    blocks = _align(rows, cols, cross, tied)
    if blocks is None:
        if not turn or len(cols) != 2:
            return None
        # the columns in the order of vec(X'), behind the matrix that turns vec(X) into it
        turned = kronecker(graph, rows, cols[::-1], turn=False)
        if turned is None:
            return None
        return mul(turned, build.commutation(dims[cols[1]], dims[cols[0]]))
    inside = {minor for minor, _ in pairs.values()}
    if not cross and not set(rows) & set(cols) and (left or right):
        if not pairs:
            return _separable(graph, rows, cols, left, right)
        # every pair is the column of its own; the rest has a weight or ones
        column = build.UNIT
        for i in rows:
            if i not in inside:
                column = make_call("kron", (column, _column(graph, i, pairs)))
        return mul(column, transpose(_stack(graph, cols, right)))
    parts: list[Expr] = []
    for r, c in blocks:
        if r in inside:
            continue
        if r is None:
            assert c is not None
            w = weights.get(c)
            parts.append(transpose(ones((dims[c], ONE)) if w is None else w))
        elif c is None:
            parts.append(_column(graph, r, pairs))
        elif r == c:
            w = weights.get(r)
            parts.append(build.eye(dims[r]) if w is None else make_call("diag", (w,)))
        else:
            u, w = weights.get(r), weights.get(c)
            tie = cross.get((r, c))
            if tie is None:
                column = ones((dims[r], ONE)) if u is None else u
                row = transpose(ones((dims[c], ONE)) if w is None else w)
                parts.append(mul(column, row))
                continue
            du = () if u is None else (make_call("diag", (u,)),)
            dw = () if w is None else (make_call("diag", (w,)),)
            parts.append(mul(*du, tie, *dw))
    body = build.UNIT
    for p in parts:
        body = make_call("kron", (body, p))
    before = [make_call("diag", (v,)) for v in left]
    after = [make_call("diag", (v,)) for v in right]
    return mul(*before, body, *after)


def _diag_vec(e: Expr, a: int, b: int, position: dict[int, int]) -> Expr:
    """The vec of an edge between two indices of one composite axis."""
    major_is_b = position[b] < position[a]
    matrix = e if major_is_b else transpose(e)
    return make_call("vec", (matrix,))


def _pairs(
    graph: Graph, rows: list[int], cols: list[int]
) -> dict[int, tuple[int, Expr]] | int | None:
    """The edges between two row indices: major index -> (minor index, matrix minor by major).

    A number is the place of an index that stands between two such indices. None where
    such an index has other ties.
    """
    position = {i: k for k, i in enumerate(rows)}
    found: dict[int, tuple[int, Expr]] = {}
    for e, a, b in graph.edges:
        if a in position and b in position:
            if position[a] > position[b]:
                e, a, b = transpose(e), b, a
            if position[b] - position[a] == 2:
                return position[a]
            ends = [i for _, *ends in graph.edges for i in ends]
            lone = ends.count(a) == ends.count(b) == 1 and a not in cols and b not in cols
            if not lone or position[b] - position[a] != 1:
                return None
            found[a] = (b, transpose(e))
    return found


def _swapped(graph: Graph, rows: list[int], cols: list[int], place: int) -> Expr | None:
    """The rows with two neighbours exchanged, behind the matrix that exchanges them back."""
    i, j = rows[place], rows[place + 1]
    body = kronecker(graph, [*rows[:place], j, i, *rows[place + 2 :]], cols, turn=False)
    if body is None:
        return None
    dims = graph.dims
    before = build.eye(extent(rows[:place], dims))
    after = build.eye(extent(rows[place + 2 :], dims))
    turned = make_call("kron", (build.commutation(dims[i], dims[j]), after))
    return mul(make_call("kron", (before, turned)), body)


def _column(graph: Graph, r: int, pairs: dict[int, tuple[int, Expr]]) -> Expr:
    """What stands on a row index: its weight or ones, or the vec of a matrix on it and the next."""
    if r not in pairs:
        w = graph.weights.get(r)
        return ones((graph.dims[r], ONE)) if w is None else w
    minor, e = pairs[r]
    column = make_call("vec", (e,))
    if r in graph.weights or minor in graph.weights:
        column = had(column, _stack(graph, [r, minor], []))
    return column


def _separable(
    graph: Graph, rows: list[int], cols: list[int], left: list[Expr], right: list[Expr]
) -> Expr:
    """A column over the row indices times a row over the column indices."""
    column = _stack(graph, rows, left)
    row = _stack(graph, cols, right)
    return mul(column, transpose(row))


def _stack(graph: Graph, axis: list[int], vectors: list[Expr]) -> Expr:
    weights: Expr | None = None
    if any(i in graph.weights for i in axis):
        for i in axis:
            w = graph.weights.get(i)
            part = ones((graph.dims[i], ONE)) if w is None else w
            weights = part if weights is None else make_call("kron", (weights, part))
    parts = [*vectors, *(() if weights is None else (weights,))]
    if parts:
        return had(*parts) if len(parts) > 1 else parts[0]
    dim = ONE
    for i in axis:
        dim = dim * graph.dims[i]
    return ones((dim, ONE))


def _align(
    rows: list[int], cols: list[int], cross: dict[tuple[int, int], Expr], lone: set[int]
) -> list[tuple[int | None, int | None]] | None:
    """Blocks (row, column) in order, so that every tie lies inside one block.

    A row index that is ``lone`` shares its block with no column.
    """
    ties = {(r, c) for r, c in cross} | {(r, r) for r in rows if r in cols}
    best: list[tuple[int | None, int | None]] | None = None

    def fits(blocks: list[tuple[int | None, int | None]]) -> bool:
        return all(t in blocks for t in ties)

    # all ways to interleave two short sequences, most pairs first
    pending: list[tuple[int, int, list[tuple[int | None, int | None]]]] = [(0, 0, [])]
    while pending:
        i, j, blocks = pending.pop()
        if i == len(rows) and j == len(cols):
            if fits(blocks) and (best is None or len(blocks) < len(best)):
                best = blocks
            continue
        if i < len(rows):
            pending.append((i + 1, j, [*blocks, (rows[i], None)]))
        if j < len(cols):
            pending.append((i, j + 1, [*blocks, (None, cols[j])]))
        if i < len(rows) and j < len(cols) and rows[i] not in lone:
            pending.append((i + 1, j + 1, [*blocks, (rows[i], cols[j])]))
    return best


def _repeated(graph: Graph, rows: list[int], cols: list[int]) -> Expr | None:
    """An index that stands twice on one side: a delta, written as diag(vec(eye))."""
    for axis, other in ((rows, cols), (cols, rows)):
        for k, i in enumerate(axis):
            if i not in axis[:k]:
                continue
            # one of the two places gets the delta's other end, and what ties it across
            place = axis.index(i) if other[k : k + 1] == [i] else k
            across = other[place] if place < len(other) else i
            new = graph.indices.fresh(graph.dims[i])
            axis[place] = new
            graph.edges = [
                (e, new if a == i else a, new if b == i else b)
                if across != i and across in (a, b)
                else (e, a, b)
                for e, a, b in graph.edges
            ]
            graph.edges.append((build.eye(graph.dims[i]), i, new))
            return kronecker(graph, rows, cols)
    return None
