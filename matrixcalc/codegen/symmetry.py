"""Which arrays stay the same when two of their axes change places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matrixcalc.codegen.ir import Value, is_symmetric

Factor = tuple[Value, tuple[int, ...]]
"""An array and the index on each of its axes."""

_MOST = 64


def unchanged_by_swap(v: Value, one: int, two: int) -> bool:
    """Whether an array is seen to be symmetric in two of its axes.

    A product is, if the swap gives the same factors; a sum, if its terms are. Factors are
    taken apart only until that is seen.

    >>> from matrixcalc.codegen.ir import Builder
    >>> from matrixcalc.dims import Dim
    >>> b, n, k = Builder(), Dim.named("n"), Dim.named("k")
    >>> a = b.make("input", dims=(n, k), data=("A", ()))
    >>> unchanged_by_swap(b.dot(a, b.transpose(a)), 0, 1)
    True
    >>> unchanged_by_swap(a, 0, 1)
    False
    """
    todo: list[list[Factor]] = [[(v, tuple(range(v.ndim)))]]
    fresh = v.ndim
    while todo:
        # a number times the rest changes nothing
        product = [(f, ids) for f, ids in todo.pop() if ids]
        if _counted(product) == _counted([(f, _swapped(ids, one, two)) for f, ids in product]):
            continue
        if len(product) == 1 and product[0][0].op in ("add", "sub"):
            ((total, ids),) = product
            todo += [[(a, ids if a.ndim else ())] for a in total.args]
            continue
        # of factors that are made from each other, the last one first
        for factor in sorted(product, key=lambda f: -f[0].place):
            parts = _parts(*factor, fresh)
            if parts is not None and len(product) < _MOST:
                product.remove(factor)
                fresh = max([fresh, *(i + 1 for _, ids in parts for i in ids)])
                todo.append([*product, *parts])
                break
        else:
            return False
    return True


def _swapped(ids: Sequence[int], one: int, two: int) -> tuple[int, ...]:
    return tuple({one: two, two: one}.get(i, i) for i in ids)


def _counted(product: Sequence[Factor]) -> Counter[Factor]:
    return Counter((v, tuple(sorted(ids)) if _is_matrix_symmetric(v) else ids)
                   for v, ids in product)


def _is_matrix_symmetric(v: Value) -> bool:
    return v.op in ("gram", "plus_transpose", "eye") or is_symmetric(v)


def _parts(v: Value, ids: tuple[int, ...], fresh: int) -> list[Factor] | None:
    """The factors of a product, up to a number, if it is one.

    ``fresh`` is the first index that is not taken.
    """
    if v.op == "neg":
        return [(v.args[0], ids)]
    if v.op == "T":
        return [(v.args[0], ids[::-1])]
    if v.op == "mul":
        return [(a, ids if a.ndim else ()) for a in v.args]
    if v.op == "scale_rows":
        return [(v.args[0], ids[:1]), (v.args[1], ids)]
    if v.op == "scale_columns":
        return [(v.args[0], ids), (v.args[1], ids[1:])]
    if v.op == "outer":
        return [(v.args[0], ids[:1]), (v.args[1], ids[1:])]
    if v.op in ("dot", "symv"):
        a, b = v.args
        cut = a.ndim - 1
        return [(a, (*ids[:cut], fresh)), (b, (fresh, *ids[cut:]))]
    if v.op == "einsum":
        subscripts, out = v.data
        names = dict(zip(out, ids, strict=True))
        for i in dict.fromkeys(i for part in subscripts for i in part):
            names.setdefault(i, fresh + i)
        return [
            (a, tuple(names[i] for i in part))
            for a, part in zip(v.args, subscripts, strict=True)
        ]
    return None
