"""The targets whose arrays are never written to agree with the engine, in every library."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest

from matrixcalc.codegen.api import code, compile
from matrixcalc.codegen.targets.array_api import TARGET as ARRAY_API
from matrixcalc.codegen.targets.contraction import Contraction
from matrixcalc.derive import derive
from matrixcalc.errors import UnsupportedError

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
ONE = [c for c in CASES if len(set(c["wrt"])) == 1 and len(c["wrt"]) <= 2]


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


XP = [Library("array-api", m) for m in ("numpy", "array_api_strict", "jax", "torch", "dask")]
JAX, TORCH = Library("jax", "jax"), Library("torch", "torch")
EVERY = [*XP, JAX, TORCH]

# What Dask's arrays lack; the generated code says so when it is called.
DASK_LACKS = ("det", "slogdet", "matrix_power", "pinv", "trace")


def params(libraries: list[Library]) -> list[Any]:
    return [
        pytest.param(k, id=str(k), marks=[] if k.there else pytest.mark.skip(f"{k.module} missing"))
        for k in libraries
    ]


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    if find_spec("jax") is None:
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield


def agree(found: Any, true: Any, tolerance: float = 1e-8) -> None:
    true = numpy.asarray(true)
    assert numpy.shape(found) == true.shape
    scale = numpy.max(numpy.abs(true), initial=0.0)
    assert numpy.max(numpy.abs(found - true), initial=0.0) <= tolerance * scale + 1e-12


def run_case(case: dict[str, Any], library: Library) -> None:
    f = compile(
        case["expr"], case["wrt"][0], (0, len(case["wrt"])), library.target,
        vars=case.get("vars"), structured=case.get("structured"),
    )
    for point in case["points"]:
        values = {name: library.array(v) for name, v in point["values"].items()}
        value, tensor = map(library.numpy, f(**values))
        assert value.dtype == tensor.dtype == numpy.float64
        agree(tensor, point["tensor"])
        numpy.testing.assert_allclose(
            value.ravel(), numpy.ravel(point["value"]), rtol=1e-8, atol=1e-12
        )


SLOW = ("jax", "dask")  # compiled, or planned, anew for every shape


def corpus(slow: bool) -> list[Any]:
    made = []
    for library in EVERY:
        marks = [] if library.there else [pytest.mark.skip(f"{library.module} missing")]
        late = library.module in SLOW
        made += [
            pytest.param(case, library, id=f"{library}-{case['id']}", marks=marks)
            for k, case in enumerate(ONE)
            if (late and k % 12 > 0) == slow
        ]
    return made


def run_or_be_told(case: dict[str, Any], library: Library) -> None:
    try:
        run_case(case, library)
    except NotImplementedError as e:
        assert library.module == "dask"
        lacking = [f"array_api_compat.dask.array has no linalg.{name}" for name in DASK_LACKS]
        assert str(e) in lacking


@pytest.mark.parametrize(("case", "library"), corpus(slow=False))
def test_the_corpus_runs(case: dict[str, Any], library: Library) -> None:
    run_or_be_told(case, library)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "library"), corpus(slow=True))
def test_the_rest_of_the_corpus_runs(case: dict[str, Any], library: Library) -> None:
    run_or_be_told(case, library)


# Functions that the corpus leaves out, each with the targets that refuse it: there is no such
# function in PyTorch, JAX or the Array API, and one made of others would be slow or inexact.
MATRIX_FUNCTIONS = {
    "expm": ("array-api",), "sqrtm": ("array-api", "torch"), "logm": ("array-api", "torch", "jax"),
}
MORE = [
    ("sum(erf(x))", "x"), ("erf(a)*a", "a"), ("sum(cbrt(x))", "x"), ("sum(cumsum(x).^2)", "x"),
    ("max(x)*sum(x)", "x"), ("min(x)*max(x)", "x"), ("norm2(pinv(A)*x)", "x"),
    ("log(sum(exp(A*x)))", "x"), ("sum(log(sum(exp(Z),1)))", "Z"), ("norm1(A)", "A"),
    ("exp(Z)./(vector(1)*sum(exp(Z),1))", "Z"), ("kron(a, b')*A", "A"), ("kron(A, x)", "x"),
    ("x./sum(x)", "x"), ("abs(t)*norm2(A)", "t"), ("norm2(t)", "t"), ("pi*x'*x", "x"),
    ("sum(exp(2)*x)", "x"), ("sum(relu(x)) + sum(softplus(A*x)) + sum(step(x).*x)", "x"),
    ("sum(arcsin(x/9) + arccos(x/9) + sinh(x) + cosh(x) + tan(x/3) + abs(x) + sign(x))", "x"),
    ("x.^y", "x"), ("2.^x", "x"), ("adj(X)", "X"), ("det(X)*X", "X"), ("inv(X)*inv(X)", "X"),
    ("x'*inv(X)*y + logdet(X) + y'*inv(X)'*x", "X"), ("diag(x)*X*diag(x)", "x"),
    ("X + diag(x)", "x"), ("vec(A*X)", "X"), ("tr(expm(X)*A)", "X"), ("tr(logm(X))", "X"),
    ("tr(sqrtm(X)*A)", "X"), ("x'*expm(X)*y", "X"), ("x'*sqrtm(X)*y", "X"), ("x'*logm(X)*y", "X"),
]


def values_of(d: Any, seed: int = 3) -> dict[str, Any]:
    """Random values, all dimensions different; square matrices have positive eigenvalues."""
    rng = numpy.random.default_rng(seed)
    names = sorted({n for v in d.variables.values() for dim in v.shape for n in dim.names})
    sizes = {name: k for k, name in enumerate(names, 2)}
    made = {}
    for name, v in d.variables.items():
        shape = [dim.value(sizes) for dim in v.shape if not dim.is_one]
        made[name] = rng.uniform(0.3, 1.2, shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            made[name] += 2.0 * numpy.eye(shape[0])
    return made
