"""Dimensions that are to be equal: a union-find over the axes of an expression.

An axis is a number. Axis 0 is the one of length 1; every other stands for a length that is not
1, so that a scalar, a vector and a matrix are told apart before any length is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from matrixcalc.dims import ONE, Dim
from matrixcalc.errors import LimitError

MAX_NAMES = 100
"""Names in a dimension that is a product, at most."""

Axes = tuple[int, int]
Product = tuple[int, int, int, int]
"""An axis, the two whose product it is, and the step where that is so."""
UNIT = 0
SCALAR: Axes = (UNIT, UNIT)


class Sizes:
    """The axes of one expression and what is known of their lengths."""

    def __init__(self) -> None:
        self.parent = [UNIT]
        self.value: list[Dim | None] = [ONE]
        self.known: dict[Dim, int] = {ONE: UNIT}
        self.products: list[Product] = []

    def fresh(self) -> int:
        """An axis of a length yet unknown."""
        self.parent.append(len(self.parent))
        self.value.append(None)
        return len(self.parent) - 1

    def rigid(self, dim: Dim) -> int:
        """The axis of a given length."""
        axis = self.known.get(dim)
        if axis is None:
            axis = self.known[dim] = self.fresh()
            self.value[axis] = dim
        return axis

    def product(self, a: int, b: int, step: int) -> int:
        """The axis whose length is a product; ``step`` is remembered for errors."""
        if a == UNIT or b == UNIT:
            return a if b == UNIT else b
        axis = self.fresh()
        self.products.append((axis, a, b, step))
        return axis

    def find(self, axis: int) -> int:
        parent = self.parent
        while parent[axis] != axis:
            parent[axis] = parent[parent[axis]]
            axis = parent[axis]
        return axis

    def unify(self, a: int, b: int) -> bool:
        """Make two axes one; False if their lengths are known to differ."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return True
        if a == UNIT or b == UNIT:
            return False
        if self.value[a] is None:
            a, b = b, a
        elif self.value[b] is not None:
            return self.value[a] == self.value[b]
        self.parent[b] = a
        return True

    def assign(self, axis: int, dim: Dim) -> bool:
        """Give an axis its length."""
        if dim.is_one:
            return axis == UNIT
        return self.unify(axis, self.rigid(dim))

    def dim(self, axis: int) -> Dim | None:
        return self.value[self.find(axis)]

    def solve(self, variables: Iterable[int], names: Iterator[str]) -> Product | None:
        """Find all lengths; what stays free among ``variables`` gets the next name.

        Returns a product that has no solution, or None if there is none.
        """
        waiting = list(variables)
        pending: list[Product] = []
        moved = True
        while moved:
            pending, failed = self._settle(self.products)
            if failed is not None:
                return failed
            moved = self._align(pending)
        touching: dict[int, list[Product]] = {}
        for item in pending:
            for root in {self.find(axis) for axis in item[:3]}:
                touching.setdefault(root, []).append(item)
        wholes = {self.find(item[0]) for item in pending}
        # what products tell comes after what they are made of
        for later in (False, True):
            for axis in waiting:
                root = self.find(axis)
                if self.value[root] is not None or (root in wholes and not later):
                    continue
                self.assign(root, Dim.named(next(names)))
                failed = self._spread(root, touching)
                if failed is not None:
                    return failed
        return None

    def _settle(self, items: Iterable[Product]) -> tuple[list[Product], Product | None]:
        """Conclude what can be; the products that are left, or one that cannot be."""
        left = list(items)
        moved = True
        while moved:
            moved = False
            rest = []
            for item in left:
                done = self._conclude(item)
                if done is False:
                    return left, item
                if done is None:
                    rest.append(item)
                else:
                    moved = True
            left = rest
        return left, None

    def _spread(self, root: int, touching: dict[int, list[Product]]) -> Product | None:
        """Draw the conclusions from a length that is known now; a product that fails, if any."""
        queue = [root]
        while queue:
            for item in touching.pop(queue.pop(), ()):
                unknown = [r for r in map(self.find, item[:3]) if self.value[r] is None]
                done = self._conclude(item)
                if done is False:
                    return item
                if done:
                    queue.extend(unknown)
        return None

    def _conclude(self, item: Product) -> bool | None:
        """True: solved; False: impossible; None: too little is known."""
        axis, a, b, _ = item
        whole, left, right = self.dim(axis), self.dim(a), self.dim(b)
        if left is not None and right is not None:
            if len(left.names) + len(right.names) > MAX_NAMES:
                raise LimitError(f"a dimension that is a product of more than {MAX_NAMES} names")
            return self.assign(axis, left * right)
        if whole is None or (left is None and right is None):
            return None
        part, unknown = (left, b) if left is not None else (right, a)
        assert part is not None
        other = divide(whole, part)
        return other is not None and self.assign(unknown, other)

    def _align(self, pending: list[Product]) -> bool:
        """Two products that are to be equal: their factors are, once common ones are struck."""
        first: dict[int, tuple[int, int]] = {}
        moved = False
        for axis, a, b, _ in pending:
            root = self.find(axis)
            mine = (self.find(a), self.find(b))
            if root not in first:
                first[root] = mine
                continue
            theirs = first[root]
            extra = list((Counter(mine) - Counter(theirs)).elements())
            other = list((Counter(theirs) - Counter(mine)).elements())
            for p, q in zip(extra, other, strict=True):
                if self.find(p) != self.find(q):
                    moved = self.unify(p, q) or moved
        return moved


def divide(whole: Dim, part: Dim) -> Dim | None:
    """The other factor of a dimension, or None if there is none but 1."""
    names = Counter(whole.names)
    names.subtract(part.names)
    if whole.factor % part.factor or any(count < 0 for count in names.values()):
        return None
    other = Dim(whole.factor // part.factor, tuple(sorted(names.elements())))
    return None if other.is_one else other
