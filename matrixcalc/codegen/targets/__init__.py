"""What code is written for, by name: one module a target, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from matrixcalc.codegen.program import Program
from matrixcalc.errors import UnsupportedError

TARGETS = {
    "numpy": "numpy",
    "array-api": "array_api",
    "jax": "jax",
    "torch": "torch",
    "numba": "numba",
    "julia": "julia",
    "matlab": "matlab",
}
"""The targets, and the module of each."""

WITH_OPERATORS = frozenset({"numpy", "numba"})
"""The targets for which a Hessian with a structure is an operator; the others form it."""


class Target(Protocol):
    """Writes programs, and runs them where that is possible."""

    def source(self, program: Program) -> str:
        """The whole text of the function."""

    def load(self, program: Program) -> Any:
        """The function itself; UnsupportedError where the target does not run in Python."""


def target_named(name: str) -> Target:
    """The target of this name. Raises UnsupportedError where there is none."""
    if name not in TARGETS:
        raise UnsupportedError(f"no target {name!r}", hint=f"the targets are {', '.join(TARGETS)}")
    made: Target = import_module(f"{__name__}.{TARGETS[name]}").TARGET
    return made
