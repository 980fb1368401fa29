"""The libraries whose arrays generated code is given in tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy
import pytest


class Library(NamedTuple):
    """A target and the library whose arrays it is given."""

    target: str
    module: str

    def __str__(self) -> str:
        return f"{self.target}-{self.module}"

    @property
    def there(self) -> bool:
        needed = [self.module] + ["array_api_compat"] * (self.target == "array-api")
        return all(find_spec(m) is not None for m in needed)

    def array(self, values: Any, dtype: str = "float64") -> Any:
        """The library's array."""
        made = numpy.asarray(values, dtype=dtype)
        if self.module == "numpy":
            return made
        if self.module == "array_api_strict":
            import array_api_strict

            return array_api_strict.asarray(made)
        if self.module == "jax":
            import jax.numpy

            return jax.numpy.asarray(made)
        if self.module == "dask":
            import dask.array

            return dask.array.from_array(made)
        import torch

        return torch.as_tensor(made)

    def numpy(self, array: Any) -> Any:
        """NumPy's array again, with the precision it has."""
        if self.module == "array_api_strict":
            return numpy.from_dlpack(array)
        return numpy.asarray(array)


NUMPY = Library("numpy", "numpy")
XP = [Library("array-api", m) for m in ("numpy", "array_api_strict", "jax", "torch", "dask")]
JAX, TORCH = Library("jax", "jax"), Library("torch", "torch")
EVERY = [*XP, JAX, TORCH]

# What Dask's arrays lack; the generated code says so when it is called.
LACKING = [
    f"array_api_compat.dask.array has no linalg.{name}"
    for name in ("det", "slogdet", "matrix_power", "pinv")
]


def params(libraries: list[Library]) -> list[Any]:
    """Libraries as parameters of a test, skipped where they are missing."""
    return [
        pytest.param(k, id=str(k), marks=[] if k.there else pytest.mark.skip(f"{k.module} missing"))
        for k in libraries
    ]


@contextlib.contextmanager
def double_precision() -> Iterator[None]:
    """JAX computes in double precision."""
    if find_spec("jax") is None:
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield


@contextlib.contextmanager
def told(library: Library) -> Iterator[None]:
    """Lets the message through that Dask has no such function."""
    try:
        yield
    except NotImplementedError as e:
        if library.module != "dask" or str(e) not in LACKING:
            raise


def agree(found: Any, true: Any, tolerance: float = 1e-8) -> None:
    """The same axes, and entries equal relative to the largest."""
    true = numpy.asarray(true)
    assert numpy.shape(found) == true.shape
    scale = numpy.max(numpy.abs(true), initial=0.0)
    assert numpy.max(numpy.abs(found - true), initial=0.0) <= tolerance * scale + 1e-12
