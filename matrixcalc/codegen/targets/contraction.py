"""An einsum spelled by what the Array API has: sums, broadcasting, ``tensordot`` and ``matmul``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Ids = tuple[int, ...]
Operand = tuple[str, Ids]
"""An array and the index of each of its axes."""


@dataclass(frozen=True, slots=True)
class Contraction:
    """Writes contractions.

    ``sizes`` has the text of each index's size; ``permuted`` and ``broadcast`` write an array
    with its axes in another order, or at the places of a longer list of indices.
    """

    sizes: Mapping[int, str]
    permuted: Callable[[str, Sequence[int]], str]
    broadcast: Callable[[str, Ids, Ids], str]

    def lines(self, target: str, operands: Sequence[Operand], out: Ids) -> list[str]:
        """The lines after which ``target`` holds the contraction, from the left in pairs."""
        made: list[str] = []
        done = self._alone(operands[0], {i for _, ids in operands[1:] for i in ids}.union(out))
        for k, operand in enumerate(operands[1:], 2):
            later = {i for _, ids in operands[k:] for i in ids}.union(out)
            right = self._alone(operand, later.union(done[1]))
            kept = tuple(i for i in dict.fromkeys((*out, *done[1], *right[1]))
                         if i in later and i in (*done[1], *right[1]))
            made.append(f"{target} = {self._pair(done, right, kept)}")
            done = target, kept
        text = self._ordered(done, out)
        return [*made, f"{target} = {text}"] if text != target else made

    def _alone(self, operand: Operand, needed: set[int]) -> Operand:
        """An operand with each index once, and without those that nothing else has."""
        text, ids = operand
        for i in dict.fromkeys(ids):
            while ids.count(i) > 1:
                first = ids.index(i)
                second = ids.index(i, first + 1)
                rest = [k for k in range(len(ids)) if k not in (first, second)]
                if rest:
                    text = self.permuted(text, (*rest, first, second))
                text, ids = f"xp.linalg.diagonal({text})", (*(ids[k] for k in rest), i)
        summed = tuple(k for k, i in enumerate(ids) if i not in needed)
        if summed:
            axis = summed[0] if len(summed) == 1 else summed
            text = f"xp.sum({text}, axis={axis})"
        return text, tuple(i for i in ids if i in needed)

    def _ordered(self, operand: Operand, out: Ids) -> str:
        text, ids = operand
        return text if ids == out else self.permuted(text, [ids.index(i) for i in out])

    def _pair(self, a: Operand, b: Operand, out: Ids) -> str:
        shared = tuple(i for i in a[1] if i in b[1])
        summed = tuple(i for i in shared if i not in out)
        batch = tuple(i for i in out if i in shared)
        if not summed:
            return " * ".join(self.broadcast(text, ids, out) for text, ids in (a, b))
        free = [tuple(i for i in out if i in ids and i not in shared) for _, ids in (a, b)]
        if free[1] and (not free[0] or out.index(free[1][0]) < out.index(free[0][0])):
            a, b, free = b, a, free[::-1]
        if not batch:
            return self._product(a, b, summed, (*free[0], *free[1]), out)
        if not free[0] and not free[1]:
            every = (*batch, *summed)
            product = " * ".join(self.broadcast(text, ids, every) for text, ids in (a, b))
            axes = tuple(range(len(batch), len(every)))
            return f"xp.sum({product}, axis={axes[0] if len(axes) == 1 else axes})"
        left = self._joined(a, batch, free[0], summed)
        right = self._joined(b, batch, summed, free[1])
        text = f"xp.matmul({left}, {right})"
        if len(free[0]) != 1 or len(free[1]) != 1:
            text = f"xp.reshape({text}, {self._shape((*batch, *free[0], *free[1]))})"
        return self._ordered((text, (*batch, *free[0], *free[1])), out)

    def _product(self, a: Operand, b: Operand, summed: Ids, ids: Ids, out: Ids) -> str:
        """A product without common free indices: of matrices, or ``tensordot``."""
        if len(summed) == 1 and len(a[1]) <= 2 and len(b[1]) <= 2:
            left = a[0] if a[1][-1] == summed[0] else f"{a[0]}.T"
            right = b[0] if b[1][0] == summed[0] else f"{b[0]}.T"
            return self._ordered((f"{left} @ {right}", ids), out)
        axes = tuple(tuple(o[1].index(i) for i in summed) for o in (a, b))
        kept = tuple(i for o in (a, b) for i in o[1] if i not in summed)
        return self._ordered((f"xp.tensordot({a[0]}, {b[0]}, axes={axes})", kept), out)

    def _joined(self, operand: Operand, batch: Ids, rows: Ids, columns: Ids) -> str:
        """An operand as a stack of matrices."""
        text = self._ordered(operand, (*batch, *rows, *columns))
        if len(rows) == len(columns) == 1:
            return text
        sizes = [*map(self.sizes.__getitem__, batch), self._size(rows), self._size(columns)]
        return f"xp.reshape({text}, ({', '.join(sizes)}))"

    def _size(self, ids: Ids) -> str:
        return " * ".join(self.sizes[i] for i in ids) or "1"

    def _shape(self, ids: Ids) -> str:
        return f"({', '.join(self.sizes[i] for i in ids)}{',' if len(ids) == 1 else ''})"
