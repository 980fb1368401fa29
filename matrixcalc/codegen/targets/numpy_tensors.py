"""Arrays of more axes in NumPy: contractions as matrix products, and sums along diagonals."""

from __future__ import annotations

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.pairs import Side, letters, pair_of
from matrixcalc.codegen.symmetric_pairs import symmetric_product, turned
from matrixcalc.codegen.writing import Writing

SYMMETRIC_PRODUCT = '''def symmetric_product(left, right):
    """left*right for a stack of n by k matrices, left[i, j] = left[j, i], and k by m."""
    n = len(left)
    if n < 32:  # the result is small enough to be written twice
        upper = np.tri(n, dtype=bool).T
        place = np.empty((n, n), dtype=int)
        place[upper] = place.T[upper] = np.arange(n * (n + 1) // 2)
        return left[upper].dot(right).take(place, axis=0)
    made = np.empty((n, n, right.shape[1]))
    for i in range(n):
        np.dot(left[i, i:], right, out=made[i, i:])
        made[i + 1:, i] = made[i, i + 1:]
    return made
'''


def einsum(v: Value, w: Writing) -> str:
    """One array summed or turned, or two multiplied: by broadcasting or as a matrix product."""
    subscripts, out = v.data
    a = [w.name(x) for x in v.args]
    if len(a) == 1:
        (ids,) = subscripts
        if sorted(ids) == sorted(out):
            return f"{a[0]}.transpose({', '.join(str(ids.index(i)) for i in out)})"
        return f"np.einsum('{letters(ids)}->{letters(out)}', {a[0]})"
    pair = pair_of(v)
    stacked = _stacked(v, a)
    if stacked is not None:
        return stacked
    symmetric = symmetric_product(v, a, w)
    if symmetric is not None:
        w.helpers["symmetric_product"] = SYMMETRIC_PRODUCT
        return symmetric
    if not set(subscripts[0]) & set(subscripts[1]) and v.ndim > 2:
        # the axes of each operand stay together in memory, the result is a view
        natural = (*subscripts[0], *subscripts[1])
        made = f"np.multiply.outer({w.bare(v.args[0])}, {w.bare(v.args[1])})"
        return turned(made, natural, out)
    if pair is None:
        return " * ".join(broadcast(t, ids, out) for t, ids in zip(a, subscripts, strict=True))
    if pair.batch and pair.batch == len(out):
        text = ",".join(map(letters, subscripts))
        return f"np.einsum('{text}->{letters(out)}', {a[0]}, {a[1]})"
    left = _stack_of_matrices(a[0], pair.left, pair.batch, w)
    right = _stack_of_matrices(a[1], pair.right, pair.batch, w)
    made = f"np.matmul({left}, {right})" if pair.batch else f"{left}.dot({right})"
    columns = len(pair.dims) - pair.batch - pair.rows
    gathered = max(pair.rows, columns) > 1
    if pair.batch:
        gathered = (pair.batch, pair.rows, columns) != (1, 1, 1)
    if gathered:
        made += f".reshape({', '.join(w.size(d) for d in pair.dims)})"
    if pair.order is not None:
        made += f".transpose({', '.join(map(str, pair.order))})"
    return made


def _stacked(v: Value, a: list[str]) -> str | None:
    """A short sum of outer products of matrices, as many small products in the order of the result.

    Each entry of the result is written once, while it is in the cache.
    """
    (one, two), out = v.data
    if (len(one), len(two), len(out)) != (3, 3, 4) or two[0] != one[0] or one[0] in out:
        return None
    if not v.args[0].dims[0].is_number or v.args[0].dims[0].factor > 8 or set(one[1:]) & set(two):
        return None
    # matrices of rows by sum on the left, of sum by columns on the right
    left, right = f"{a[0]}.transpose(1, 2, 0)", f"{a[1]}.transpose(1, 0, 2)"
    natural = (one[1], two[1], one[2], two[2])
    made = f"np.matmul({left}[:, None], {right}[None])"
    return turned(made, natural, out)


def broadcast(text: str, ids: tuple[int, ...], out: tuple[int, ...]) -> str:
    order = [ids.index(i) for i in out if i in ids]
    if order != sorted(order):
        text = f"{text}.transpose({', '.join(map(str, order))})"
    if len(order) == len(out):
        return text
    return f"{text}[{', '.join(':' if i in ids else 'None' for i in out)}]"


def _stack_of_matrices(text: str, side: Side, batch: int, w: Writing) -> str:
    """One side of a matrix product; the axes of each group gathered in one."""
    if side.order is not None:
        text += f".transpose({', '.join(map(str, side.order))})"
        if batch and side.order[-1] != len(side.order) - 1 != side.order[-2]:
            # BLAS takes a matrix only if one of its axes is contiguous
            text = f"np.ascontiguousarray({text})"
    groups = [g for g in side.groups if g]
    if batch or any(len(g) != 1 for g in groups):
        wanted = side.groups if batch else groups
        if any(len(g) != 1 for g in wanted):
            # numpy infers the length of one gathered axis
            longest = max(range(len(wanted)), key=lambda k: len(wanted[k]))
            shape = [
                "-1" if k == longest else " * ".join(w.size(d) for d in g) or "1"
                for k, g in enumerate(wanted)
            ]
            text += f".reshape({', '.join(shape)})"
    if side.turned:
        text += ".transpose(0, 2, 1)" if batch else ".T"
    return text


def assembled(v: Value, target: str, w: Writing, shape: str) -> list[str]:
    made: list[str] = []
    for core, (out, free) in zip(v.args, v.data, strict=True):
        text = w.name(core)
        if len(out) == len(free):
            fresh = core.op in ("einsum", "add", "sub") and w.uses[core] == 1 and not made
            made.append(f"{target} = {text}" if fresh else f"{target} = np.array({text})")
            continue
        if not made:
            made.append(f"{target} = np.zeros({shape})")
        distinct = tuple(dict.fromkeys(free))
        view = target
        if distinct != free:
            view = f"np.einsum('{letters(free)}->{letters(distinct)}', {target})"
        if out and out != distinct:
            text = f"{text}[{', '.join(':' if i in out else 'None' for i in distinct)}]"
        made.append(f"{view}[...] += {text}")
    return made
