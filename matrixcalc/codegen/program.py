"""What a target gets: named array operations, and what is known of the variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matrixcalc.codegen.ir import Builder, Value
from matrixcalc.expr import Expr


@dataclass(frozen=True, slots=True)
class Output:
    """One result: what it is, in words and as a formula, and its value."""

    label: str
    value: Value


@dataclass(frozen=True, slots=True)
class Program:
    """A function to be written: its variables in sorted order and its results.

    ``about`` opens the docstring. All values are made by ``builder``, which a target uses
    to rewrite them.
    """

    about: str
    variables: tuple[Expr, ...]
    outputs: tuple[Output, ...]
    builder: Builder

    @staticmethod
    def of(
        about: str, variables: Sequence[Expr], outputs: Sequence[Output], builder: Builder
    ) -> Program:
        """The program with its variables, each once, in sorted order."""
        found = {e.name: e for e in variables}
        return Program(about, tuple(found[n] for n in sorted(found)), tuple(outputs), builder)
