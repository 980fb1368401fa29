"""The order of contraction of a product of many factors with named indices.

A sum over an index is done when the factors that carry it are multiplied: indices are
eliminated one by one, the cheapest first, as in variable elimination. What has been
computed already costs nothing, so that the two halves of a Hessian share one chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matrixcalc.codegen.chain import size_of
from matrixcalc.codegen.ir import Builder, Value
from matrixcalc.dims import Dim

Operand = tuple[Value, tuple[int, ...]]
"""An array and the index on each of its axes."""


@dataclass(slots=True)
class Contraction:
    """A product of operands, summed over every index that is not in ``kept``."""

    operands: list[Operand]
    kept: tuple[int, ...]
    dims: Mapping[int, Dim]
    sizes: Mapping[str, int]
    builder: Builder

    def reduce(self) -> list[Operand]:
        """Multiply until at most two operands are left, the last product not done.

        The two share summed indices or, where nothing is left to be summed, none.
        """
        self.operands = [self._alone(o) for o in self.operands]
        self._absorb()
        recent: Value | None = None
        while (index := self._next(recent)) is not None and len(self.operands) > 2:
            key = self._values(index)
            # what is equal but for its indices is done likewise, and so computed once
            for i in [i for i in self._summed() if self._values(i) == key]:
                bucket = [o for o in self.operands if i in o[1]]
                while len(bucket) > 2:
                    bucket = self._merged(bucket, *self._cheapest(bucket))
                if len(bucket) == 2 and len(self.operands) > 2:
                    self._merged(bucket, *bucket)
            self._absorb()
            recent = max((v for v, _ in self.operands), key=lambda v: v.place)
        while len(self.operands) > 2:
            self._merged(self.operands, *self._cheapest(self.operands))
        return self.operands

    # one product

    def _product(self, a: Operand, b: Operand) -> tuple[Operand, Operand, tuple[int, ...]]:
        """Two operands in a fixed order, and the indices that stay when they are multiplied."""
        a, b = sorted((a, b), key=lambda o: (len(o[1]), o[0].place, o[1]))
        needed = {i for o in self.operands if o is not a and o is not b for i in o[1]}
        needed.update(self.kept)
        out = tuple(i for i in dict.fromkeys((*a[1], *b[1])) if i in needed)
        if set(out) == set(b[1]) and len(out) == len(b[1]):
            # a scaling of the larger one, whose order in memory is kept
            return a, b, b[1]
        shared = [i for i in out if i in a[1] and i in b[1]]
        if shared and any(i in b[1] and i not in needed for i in a[1]):
            # the order in which a product of stacks of matrices comes
            out = (*shared, *(i for i in out if i not in shared))
        return a, b, out

    def _merged(self, bucket: Sequence[Operand], a: Operand, b: Operand) -> list[Operand]:
        """The bucket with two operands replaced by their product."""
        x, y, out = self._product(a, b)
        made = multiplied(self.builder, self.dims, x, y, out), out
        self.operands = [*(o for o in self.operands if o is not a and o is not b), made]
        return [*(o for o in bucket if o is not a and o is not b), made]

    def _alone(self, operand: Operand) -> Operand:
        """An operand without repeated indices and without sums that concern no other."""
        v, ids = operand
        others = {i for o in self.operands if o is not operand for i in o[1]}
        out = tuple(i for i in dict.fromkeys(ids) if i in others or i in self.kept)
        if out == ids:
            return operand
        dims = tuple(self.dims[i] for i in out)
        made = self.builder.make("einsum", v, dims=dims, data=_local((ids,), out))
        return made, out

    # choices

    def _length(self, i: int) -> float:
        return float(size_of(self.dims[i], self.sizes))

    def _volume(self, ids: set[int]) -> float:
        volume = 1.0
        for i in ids:
            volume *= self._length(i)
        return volume

    def _summed(self) -> list[int]:
        """The indices that are still to be summed."""
        return [i for i in dict.fromkeys(self._all()) if i not in self.kept]

    def _all(self) -> list[int]:
        return [i for _, ids in self.operands for i in ids]

    def _values(self, index: int) -> tuple[int, ...]:
        """The arrays that carry an index, and on which of their axes."""
        found = [(v.place, ids.index(index)) for v, ids in self.operands if index in ids]
        return tuple(n for pair in sorted(found) for n in pair)

    def _next(self, recent: Value | None) -> int | None:
        """The summed index that is cheapest to eliminate."""
        summed = self._summed()
        if not summed:
            return None
        keys = {i: self._values(i) for i in summed}
        count = Counter(keys.values())

        def rank(i: int) -> tuple[float, bool, bool, bool]:
            bucket = [o for o in self.operands if i in o[1]]
            cost = self._volume({j for _, ids in bucket for j in ids})
            stacked = sum(v.ndim > 2 for v, _ in bucket) > 1
            return cost, stacked, count[keys[i]] == 1, all(v is not recent for v, _ in bucket)

        return min(summed, key=rank)

    def _absorb(self) -> None:
        """Multiply operands into others that have all their indices, where only they differ.

        An operand that stands several times is left as it is, so that it stays one.
        """
        while len(self.operands) > 2:
            count = Counter(v for v, _ in self.operands)
            pairs = [
                (self._volume(set(b[1])), len(a[1]), k, a, b)
                for k, a in enumerate(self.operands)
                for b in self.operands
                if a is not b and set(a[1]) <= set(b[1]) and count[b[0]] == count[a[0]]
            ]
            if not pairs:
                return
            _, _, _, a, b = min(pairs, key=lambda p: p[:3])
            self._merged([a, b], a, b)

    def _is_known(self, a: Operand, b: Operand) -> bool:
        x, y, out = self._product(a, b)
        data = _local((x[1], y[1]), out)
        dims = tuple(self.dims[i] for i in out)
        return self.builder.knows("einsum", x[0], y[0], dims=dims, data=data)

    def _cheapest(self, bucket: Sequence[Operand]) -> tuple[Operand, Operand]:
        """The two operands with the smallest product."""
        def rank(places: tuple[int, int]) -> tuple[bool, float, float, tuple[int, ...]]:
            a, b = bucket[places[0]], bucket[places[1]]
            rest = {i for o in self.operands if o is not a and o is not b for i in o[1]}
            union = {*a[1], *b[1]}
            result = {i for i in union if i in rest or i in self.kept}
            growth = self._volume(result) - self._volume(set(a[1])) - self._volume(set(b[1]))
            order = tuple(sorted((a[0].place, b[0].place)))
            return not self._is_known(a, b), growth, self._volume(union), order

        count = len(bucket)
        pairs = ((i, j) for i in range(count) for j in range(i + 1, count))
        i, j = min(pairs, key=rank)
        return bucket[i], bucket[j]


def multiplied(
    builder: Builder, dims: Mapping[int, Dim], a: Operand, b: Operand, out: tuple[int, ...]
) -> Value:
    """The product of two operands with the axes ``out``."""
    if (not a[1] and b[1] == out) or (a[1] == b[1] == out):
        return builder.binary("mul", a[0], b[0])
    data = _local((a[1], b[1]), out)
    return builder.make("einsum", a[0], b[0], dims=tuple(dims[i] for i in out), data=data)


def permuted(builder: Builder, v: Value, ids: tuple[int, ...], out: tuple[int, ...]) -> Value:
    """The array with its axes in another order."""
    if ids == out:
        return v
    if len(ids) == 2:
        return builder.transpose(v)
    dims = tuple(v.dims[ids.index(i)] for i in out)
    return builder.make("einsum", v, dims=dims, data=_local((ids,), out))


Subscripts = tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]


def _local(subscripts: Sequence[tuple[int, ...]], out: tuple[int, ...]) -> Subscripts:
    """Indices as small numbers in the order in which they are met: equal work, equal data."""
    met = dict.fromkeys(i for ids in subscripts for i in ids)
    names = {i: n for n, i in enumerate(met)}
    return tuple(tuple(names[i] for i in ids) for ids in subscripts), tuple(names[i] for i in out)
