"""The versions of a derivative: ours by target, JAX's and PyTorch's by mode, plain NumPy.

A version is a function of the values in sorted order of their names, and the values as it
wants them: arrays of its library, on its device.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

from matrixcalc.codegen.api import compile
from matrixcalc.codegen.targets import TARGETS as REGISTERED
from tests.benchmarks.problems.problem import KINDS, Array, Problem

MEMORY = 4e9
"""Bytes that a version may need."""
WORK = 2e11
"""Floating-point operations that one call may take, as XLA counts them."""
LIMITS = {"JAX": 20.0, "PyTorch": 5.0}
"""Seconds that each may take for its first call; JAX compiles within them."""
TARGETS = {"numpy": "numpy", "jax": "jax", "numba": "numba"}
"""Our targets that are measured, and the library that each needs."""
LIBRARIES = {"JAX": "jax", "PyTorch": "torch"}
"""Those that differentiate automatically, and the module of each."""


class TooLargeError(Exception):
    """The version needs more memory or time than is granted."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooLargeError when this time is over, as soon as Python runs again."""

    def stop(*_: Any) -> None:
        raise TooLargeError(f"takes longer than {seconds:g} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Version:
    """A derivative that can be called.

    Attributes:
        name: who computes it. mode: by which target or mode.
        call: a function without arguments that computes it and waits for the result.
        compiles: the first call does.
    """

    name: str
    mode: str
    call: Callable[[], Any]
    compiles: bool = False


def versions(
    problem: Problem, kind: str, values: dict[str, Any]
) -> Iterator[tuple[str, str, Callable[[], Version]]]:
    """Name and mode of each version that can be installed here, and what makes it."""
    yield "plain", "NumPy", lambda: _plain(problem, kind, values)
    for target in _targets():
        if kind != "structured" or target == "numpy":
            yield "ours", target, partial(_ours, problem, kind, values, target)
    for name, make in (("JAX", _jax), ("PyTorch", _torch)):
        if find_spec(LIBRARIES[name]):
            for mode in _MODES[_differentiated(kind)]:
                yield name, mode, partial(make, problem, kind, values, mode)


@cache
def _targets() -> tuple[str, ...]:
    """Those of our targets that run here."""
    return tuple(t for t, library in TARGETS.items() if t in REGISTERED and find_spec(library))


def _differentiated(kind: str) -> str:
    return "hessian" if kind == "structured" else kind


# Plain NumPy, and ours


def _plain(problem: Problem, kind: str, values: dict[str, Any]) -> Version:
    return Version("plain", "NumPy", partial(problem.plain[kind], **values))


def compiled(problem: Problem, kind: str, target: str) -> Callable[..., Any]:
    """Our function, of the values in sorted order of their names."""
    options: dict[str, Any] = {"vars": problem.vars, "target": target}
    if kind == "hvp":
        return compile(problem.text, problem.wrt, product="hvp", **options)
    dense = kind != "structured"
    return compile(problem.text, problem.wrt, KINDS[kind], dense=dense, **options)


def _ours(problem: Problem, kind: str, values: dict[str, Any], target: str) -> Version:
    function = compiled(problem, kind, target)
    if target == "jax":
        return Version("ours", target, _awaited(function, values, kind), True)
    return Version("ours", target, partial(function, *values.values()), target == "numba")


def as_numpy(made: Any) -> Any:
    """An array, a tuple of them; an operator is written out."""
    if isinstance(made, tuple):
        return tuple(map(as_numpy, made))
    return np.asarray(made.dense() if hasattr(made, "dense") else made)


@cache
def start(name: str) -> None:
    """Imports a library, all of it that a derivative needs; its first call is limited in time."""
    if name == "JAX":
        import jax

        jax.config.update("jax_enable_x64", True)
    elif name == "PyTorch":
        import torch

        torch.func.hessian(torch.sum)(torch.ones(2))


# Automatic differentiation. JAX and torch.func give the same names to the same things.


def _gradient(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return lib.grad(f)(x)


def _forward(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return lib.jacfwd(f)(x)


def _reverse(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return lib.jacrev(f)(x)


def _hessian(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return lib.hessian(f)(x)


def _reverse_reverse(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return lib.jacrev(lib.grad(f))(x)


def _jvp_of_gradient(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return lib.jvp(lib.grad(f), (x,), (v,))[1]


def _vjp_of_gradient(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return lib.vjp(lib.grad(f), x)[1](v)[0]


def _apart(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    return f(x), lib.grad(f)(x), lib.hessian(f)(x)


def _together(lib: Any, f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    def both(at: Any) -> Any:
        gradient = lib.grad(f)(at)
        return gradient, (f(at), gradient)

    hessian, (value, gradient) = lib.jacfwd(both, has_aux=True)(x)
    return value, gradient, hessian


_MODES: dict[str, dict[str, Callable[..., Any]]] = {
    "gradient": {"grad": _gradient},
    "jacobian": {"jacfwd": _forward, "jacrev": _reverse},
    "hessian": {"hessian": _hessian, "jacrev of grad": _reverse_reverse},
    "hvp": {"jvp of grad": _jvp_of_gradient, "vjp of grad": _vjp_of_gradient},
    "joint": {"one by one": _apart, "jacfwd with aux": _together},
}


def _derivative(
    problem: Problem, names: Sequence[str], mode: Callable[..., Any], lib: Any, names_of: Any
) -> Callable[..., Any]:
    """A function of the values in sorted order."""

    def derivative(*values: Any) -> Any:
        given = dict(zip(names, values, strict=True))
        v = given.pop("v", None)
        x = given.pop(problem.wrt)
        return mode(lib, lambda at: problem.function(names_of, **given, **{problem.wrt: at}), x, v)

    return derivative


# JAX


def _awaited(function: Callable[..., Any], values: dict[str, Any], kind: str) -> Callable[[], Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    call = partial(function, *(jnp.asarray(value, dtype=float) for value in values.values()))
    if kind == "joint":
        return lambda: jax.block_until_ready(call())
    return lambda: call().block_until_ready()


def _jax(problem: Problem, kind: str, values: dict[str, Any], mode: str) -> Version:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    names_of = SimpleNamespace(**vars(jnp))
    names_of.relu, names_of.softmax = jax.nn.relu, jax.nn.softmax
    names_of.logsumexp = jax.nn.logsumexp
    traced = _MODES[_differentiated(kind)][mode]
    function = jax.jit(_derivative(problem, list(values), traced, jax, names_of))
    if kind not in ("gradient", "hvp"):
        _bounded(function.lower(*map(jnp.asarray, values.values())))
    return Version("JAX", mode, _awaited(function, values, kind), True)


def _bounded(lowered: Any) -> None:
    work = (lowered.cost_analysis() or {}).get("flops", 0.0)
    if work > WORK:
        raise TooLargeError(f"needs {work:.0e} operations")
    memory = lowered.compile().memory_analysis().temp_size_in_bytes
    if memory > MEMORY:
        raise TooLargeError(f"needs {memory / 1e9:.0f} GB")


# PyTorch


def _torch(problem: Problem, kind: str, values: dict[str, Any], mode: str) -> Version:
    import torch

    run = _MODES[_differentiated(kind)][mode]
    function = _derivative(problem, list(values), run, torch.func, torch)
    arguments = [torch.tensor(value, dtype=torch.float64) for value in values.values()]
    # every column of a Jacobian is a copy of the largest matrix that depends on the variable
    if kind not in ("gradient", "hvp"):
        largest = max(np.size(value) for value in values.values())
        columns = int(np.size(values[problem.wrt]))
        if columns * largest * 8 > MEMORY and np.ndim(values[problem.wrt]) > 1:
            raise TooLargeError(f"needs {columns * largest * 8 / 1e9:.0f} GB")
    return Version("PyTorch", mode, partial(function, *arguments))


def difference(made: Any, true: Any) -> float:
    """The largest difference, relative to the largest entry."""
    if isinstance(true, tuple):
        if len(made) != len(true):
            return float("inf")
        return max(difference(*pair) for pair in zip(made, true, strict=True))
    made, true = np.asarray(made), np.asarray(true)
    if made.size != true.size or not np.all(np.isfinite(made)):
        return float("inf")
    if made.shape != true.shape and made.ndim != 2:
        return float("inf")
    apart: Array = np.abs(made.reshape(true.shape) - true)
    return float(np.max(apart, initial=0.0) / np.max(np.abs(true), initial=1e-300))
