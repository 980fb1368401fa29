"""A problem: a function in several languages, and its derivatives written by hand in NumPy."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Dims = Mapping[str, int]
Maker = Callable[[np.random.Generator, tuple[int, ...]], Array]

KINDS: dict[str, Any] = {
    "gradient": 1,
    "jacobian": 1,
    "hessian": 2,
    "structured": 2,
    "hvp": None,
    "joint": (0, 1, 2),
}
"""What can be measured, and the order of each: the Hessian as an array or as an operator, its
product with a direction, and value, gradient and Hessian from one call."""


def filling() -> int:
    """The n whose square matrix of doubles is as large as the last cache."""
    size = 0
    folder = "/sys/devices/system/cpu/cpu0/cache"
    for index in os.listdir(folder) if os.path.isdir(folder) else ():
        path = f"{folder}/{index}/size"
        if os.path.isfile(path):
            with open(path, encoding="ascii") as file:
                text = file.read().strip()
            unit = {"K": 2**10, "M": 2**20}.get(text[-1], 1)
            size = max(size, int(text.rstrip("KMG")) * unit)
    return max(1500, min(4000, round((size / 8) ** 0.5, -1))) if size else 2000


FILLING = int(filling())
SIZES = (10, 100, 1000, FILLING)


# Values


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Standard normal, a matrix scaled so that its products with vectors stay of the same size."""
    return rng.standard_normal(shape) / (shape[1] ** 0.5 if len(shape) == 2 else 1.0)


def symmetric(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    made = normal(rng, shape)
    return made + made.T


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    made = normal(rng, shape)
    return np.eye(shape[0]) + np.dot(made, made.T)


def regular(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A square matrix that is far from singular."""
    return np.eye(shape[0]) + 0.4 * normal(rng, shape)


def labels(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Signs."""
    return np.where(rng.random(shape) < 0.5, -1.0, 1.0)


def classes(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A column with one 1 for every sample."""
    made = np.zeros(shape)
    made[rng.integers(shape[0], size=shape[1]), np.arange(shape[1])] = 1.0
    return made


# The problem


@dataclass(frozen=True)
class Problem:
    """One function.

    Attributes:
        name: as it is printed. text: in the input language. wrt: the variable. vars: the
            kinds of all variables, from which values are made.
        dims: the dimensions of the kinds, for a size n. few: such that all are small and differ.
        function: the same in JAX or PyTorch, as a person writes it; its first argument has
            the names of that library.
        plain: each derivative that is measured, as a person writes it in NumPy.
        sizes: other sizes than the general ones, by the kind of derivative.
        made: how values are drawn, where they are not normal.
    """

    name: str
    text: str
    wrt: str
    vars: Mapping[str, str]
    dims: Callable[[int], Dims]
    few: Dims
    function: Callable[..., Any]
    plain: Mapping[str, Callable[..., Any]]
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    made: Mapping[str, Maker] = field(default_factory=dict)

    def measured_at(self, kind: str) -> tuple[int, ...]:
        return self.sizes.get(kind, SIZES)

    def values(self, kind: str, dims: Dims) -> dict[str, Any]:
        """An array for each variable, by name in sorted order, and ``v`` for a direction."""
        rng = np.random.default_rng(sum(dims.values()))
        made: dict[str, Any] = {}
        for name, declared in self.vars.items():
            axes = re.findall(r"\w+", (re.findall(r"\((.*?)\)", declared) or [""])[0])
            shape = tuple(dims[axis] for axis in axes)
            draw = self.made.get(name, symmetric if "symmetric" in declared else normal)
            made[name] = draw(rng, shape) if shape else float(rng.random() + 1.0)
        if kind == "hvp":
            made["v"] = normal(rng, made[self.wrt].shape)
        return {name: made[name] for name in sorted(made)}
