"""What a target gets: named array operations, and what is known of the variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matrixcalc.codegen.ir import Builder, Value
from matrixcalc.errors import ParseError
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
    to rewrite them. ``bundled`` says that a tuple is given back, of one result too.
    """

    about: str
    variables: tuple[Expr, ...]
    outputs: tuple[Output, ...]
    builder: Builder
    bundled: bool = False

    @staticmethod
    def of(
        about: str,
        variables: Sequence[Expr],
        outputs: Sequence[Output],
        builder: Builder,
        bundled: bool = False,
    ) -> Program:
        """The program with its variables, each once, in sorted order.

        Raises ParseError for a name that is no identifier, as expressions not made from text
        may have: names stand in messages of code that is executed.
        """
        for e in variables:
            for name in (e.name, *(n for d in e.shape for n in d.names)):
                if not name.isidentifier():
                    raise ParseError(
                        f"there is no code for a variable or dimension called {name!r}",
                        hint="a name has letters, digits and underscores",
                    )
        found = {e.name: e for e in variables}
        ordered = tuple(found[n] for n in sorted(found))
        return Program(about, ordered, tuple(outputs), builder, bundled)

    def listed(self, texts: Sequence[str]) -> str:
        """The texts of the results as they are given back in Python and Julia."""
        return ", ".join(texts) + ("," if self.bundled and len(texts) == 1 else "")
