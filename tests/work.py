"""The work of a program, counted from its operations: what timing would tell, without noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from matrixcalc.codegen.ir import Value, schedule
from matrixcalc.codegen.program import Program
from matrixcalc.dims import Dim

_FREE = ("input", "T", "reshape")
_FACTORISATIONS = ("lu", "cholesky", "inverse", "det", "logdet")


def multiplications(program: Program, sizes: Mapping[str, int]) -> int:
    """Scalar operations of a program, in the leading order, at given sizes."""
    return sum(_work(v, sizes) for v in schedule([o.value for o in program.outputs]))


def largest(program: Program, sizes: Mapping[str, int]) -> tuple[int, int]:
    """The most entries that an array made on the way has, and the most axes."""
    made = [v for v in schedule([o.value for o in program.outputs]) if v.op not in _FREE]
    return max(_entries(v, sizes) for v in made), max(v.ndim for v in made)


def _length(d: Dim, sizes: Mapping[str, int]) -> int:
    return d.value({name: sizes[name] for name in d.names})


def _entries(v: Value, sizes: Mapping[str, int]) -> int:
    return prod(_length(d, sizes) for d in v.dims)


def _chain(lengths: Sequence[int]) -> int:
    """The multiplications of a chain of matrices in its best order."""
    count = len(lengths) - 1
    best = {(k, k): 0 for k in range(count)}
    for size in range(1, count):
        for i in range(count - size):
            j = i + size
            best[i, j] = min(
                best[i, k] + best[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1]
                for k in range(i, j)
            )
    return best[0, count - 1]


def _work(v: Value, sizes: Mapping[str, int]) -> int:
    entries = _entries(v, sizes)
    if v.op in _FREE:
        return 0
    if v.op in ("dot", "symv"):
        return 2 * entries * _length(v.args[0].dims[-1], sizes)
    if v.op == "multi_dot":
        lengths = [_length(a.dims[0], sizes) for a in v.args]
        lengths.append(_length(v.args[-1].dims[-1], sizes))
        return 2 * _chain(lengths)
    if v.op == "gram":
        return 2 * entries * _length(v.args[0].dims[0], sizes)
    if v.op == "einsum":
        found = {}
        for a, ids in zip(v.args, v.data[0], strict=True):
            found.update(zip(ids, (_length(d, sizes) for d in a.dims), strict=True))
        return 2 * prod(found.values())
    if v.op in _FACTORISATIONS:
        return _entries(v.args[0], sizes) * _length(v.args[0].dims[0], sizes)
    if v.op == "solve":
        return 2 * entries * _length(v.args[0].dims[0], sizes)
    return max(entries, *(_entries(a, sizes) for a in v.args), 1)
