"""Dimensions: a whole number times a product of names, such as ``3``, ``n`` or ``n*m``."""

from __future__ import annotations

from typing import NamedTuple


class Dim(NamedTuple):
    """A dimension. Equal dimensions are equal tuples.

    >>> Dim.named("n") * Dim.number(2)
    Dim('2*n')
    """

    factor: int
    names: tuple[str, ...]

    @staticmethod
    def number(value: int) -> Dim:
        return Dim(value, ())

    @staticmethod
    def named(name: str) -> Dim:
        return Dim(1, (name,))

    def __mul__(self, other: object) -> Dim:
        if not isinstance(other, Dim):
            return NotImplemented
        return Dim(self.factor * other.factor, tuple(sorted(self.names + other.names)))

    @property
    def is_one(self) -> bool:
        return self.factor == 1 and not self.names

    @property
    def is_number(self) -> bool:
        return not self.names

    def __str__(self) -> str:
        parts = list(self.names)
        if self.factor != 1 or not parts:
            parts.insert(0, str(self.factor))
        return "*".join(parts)

    def __repr__(self) -> str:
        return f"Dim({str(self)!r})"

    def value(self, sizes: dict[str, int]) -> int:
        """The size as a number, given a number for each name."""
        result = self.factor
        for name in self.names:
            result *= sizes[name]
        return result


ONE = Dim(1, ())
Shape = tuple[Dim, Dim]
SCALAR: Shape = (ONE, ONE)
