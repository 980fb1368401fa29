"""What an expression means, told a second time and simply: trees, their value, their derivative.

Nothing here uses the engine. A tree is made by :mod:`strategies`, printed there as text and
computed here with NumPy in complex numbers, so that a first derivative by the complex step is
exact to the last digits; a second one is a difference of first ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, special

Array = npt.NDArray[Any]
Dims = tuple[str, ...]
"""An axis: its length is the product of the named dimensions, 1 for ()."""

SIZES = {"n": 2, "m": 3, "p": 4, "q": 2}


def length(dims: Dims) -> int:
    """The length of an axis."""
    return int(np.prod([SIZES[d] for d in dims], dtype=int))


class OutsideError(Exception):
    """The point is no place to compare at: outside the domain, at a kink, ill-conditioned."""


@dataclass(eq=False)
class Tree:
    """An expression: an operator, its operands, and the two axes of its value."""

    op: str
    args: list[Tree] = field(default_factory=list)
    shape: tuple[Dims, Dims] = ((), ())
    value: Any = None

    @property
    def order(self) -> int:
        return sum(1 for axis in self.shape if axis)


def _need(condition: Any) -> None:
    if not np.all(condition):
        raise OutsideError


def _smooth(a: Array) -> Array:
    """The argument of a function with a kink at zero."""
    _need(np.abs(a.real) > 1e-3)
    return a


def _positive(a: Array) -> Array:
    _need(a.real > 1e-2)
    return a


def _unit(a: Array) -> Array:
    _need(np.abs(a.real) < 0.9)
    return a


def _regular(a: Array) -> Array:
    _need(np.isfinite(a))
    _need(np.linalg.cond(a.real) < 200)
    return a


def _inv(a: Array) -> Array:
    return np.asarray(np.linalg.inv(_regular(a)))


def _pinv(a: Array) -> Array:
    """Of full rank: (A'A)^-1 A' or A'(AA')^-1; of a product of lesser rank nothing is known."""
    small = a.T @ a if a.shape[0] >= a.shape[1] else a @ a.T
    inverse = _inv(small)
    return inverse @ a.T if a.shape[0] >= a.shape[1] else a.T @ inverse


def _largest(a: Array) -> Array:
    flat = a.ravel()
    order = np.argsort(flat.real)
    if len(flat) > 1:
        _need(flat.real[order[-1]] - flat.real[order[-2]] > 1e-3)
    return np.asarray(flat[order[-1]])


def _softmax(a: Array) -> Array:
    powers = np.exp(a - np.max(a.real))
    return np.asarray(powers / np.sum(powers))


def _principal(a: Array) -> Array:
    """A matrix whose eigenvalues keep away from the negative axis, and from one another."""
    _regular(a)
    values = np.linalg.eigvals(a.real)
    _need((values.real > 0.05) & (np.abs(values.imag) < 1e-9))
    return a


def _adj(a: Array) -> Array:
    made = np.empty(a.shape, complex)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            minor = np.delete(np.delete(a, j, 0), i, 1)
            made[i, j] = (-1) ** (i + j) * (np.linalg.det(minor) if minor.size else 1)
    return made


def _first_order(
    value: Callable[[Array], Array], slope: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    """A function of a complex number with a tiny imaginary part, by its real slope."""
    return lambda a: value(a.real) + 1j * a.imag * slope(a.real)


def _matrix_function(f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """f(A + ihE) = f(A) + ih L(A, E), both blocks of f([[A, E], [0, A]])."""

    def made(a: Array) -> Array:
        scale = np.max(np.abs(a.imag)) or 1.0
        n = len(a)
        block = np.block([[a.real, a.imag / scale], [np.zeros_like(a.real), a.real]])
        whole = f(block).real
        return np.asarray(whole[:n, :n] + 1j * scale * whole[:n, n:])

    return made


_arcsin = _first_order(np.arcsin, lambda a: 1 / np.sqrt(1 - a**2))

ELEMENTWISE: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": lambda a: np.log(_positive(a)),
    "log1p": lambda a: np.log(1 + _positive(a + 1) - 1),
    "sqrt": lambda a: np.sqrt(_positive(a)),
    "abs": lambda a: _smooth(a) * np.sign(a.real),
    "sign": lambda a: np.sign(_smooth(a).real) + 0j,
    "step": lambda a: (np.sign(_smooth(a).real) + 1) / 2 + 0j,
    "sin": np.sin,
    "cos": np.cos,
    "tan": lambda a: np.tan(_unit(a / 1.5) * 1.5),
    "arcsin": lambda a: _arcsin(_unit(a)),
    "arccos": lambda a: np.pi / 2 - _arcsin(_unit(a)),
    "arctan": _first_order(np.arctan, lambda a: 1 / (1 + a**2)),
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "relu": lambda a: np.where(_smooth(a).real > 0, a, 0),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "softplus": lambda a: np.log(1 + np.exp(a)),
    "erf": _first_order(special.erf, lambda a: 2 / np.sqrt(np.pi) * np.exp(-(a**2))),
    "square": lambda a: a * a,
    "cbrt": lambda a: np.sign(a.real) * np.exp(np.log(_smooth(a) * np.sign(a.real)) / 3),
}


def _frobenius(a: Array) -> Array:
    _need(np.linalg.norm(a.real) > 1e-2)
    return np.sqrt(np.sum(a * a))


def _logdet(a: Array) -> Array:
    d = np.linalg.det(_regular(a))
    return np.log(d * np.sign(d.real))


def _power(a: Array, b: Array) -> Array:
    if np.all(b == np.round(b.real)) and b.size == 1:
        k = int(b.real.ravel()[0])
        if k <= 0:
            _smooth(a)
        return np.asarray(a**k)
    return np.exp(b * np.log(_positive(a)))


def _cumsum(a: Array) -> Array:
    return np.asarray(np.cumsum(a, axis=1 if a.shape[0] == 1 else 0))


def _diag(a: Array) -> Array:
    return np.diag(a.ravel())


FUNCTIONS: dict[str, Callable[..., Array]] = {
    **ELEMENTWISE,
    "neg": lambda a: -a,
    "group": lambda a: a,
    "T": lambda a: a.T,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b if 1 in (a.size, b.size) else a @ b,
    "div": lambda a, b: a / _smooth(b),
    "had": lambda a, b: a * b,
    "haddiv": lambda a, b: a / _smooth(b),
    "pow": _power,
    "epow": _power,
    "mpow": lambda a, b: np.linalg.matrix_power(
        _regular(a) if b.real.ravel()[0] < 0 else a, int(b.real.ravel()[0])
    ),
    "solve": lambda a, b: _inv(a) @ b,
    "sum": np.sum,
    "colsum": lambda a: np.sum(a, axis=0, keepdims=True),
    "rowsum": lambda a: np.sum(a, axis=1, keepdims=True),
    "mean": np.mean,
    "colmean": lambda a: np.mean(a, axis=0, keepdims=True),
    "rowmean": lambda a: np.mean(a, axis=1, keepdims=True),
    "norm1": lambda a: np.sum(_smooth(a) * np.sign(a.real)),
    "norm2": _frobenius,
    "dot": lambda a, b: np.sum(a.ravel() * b.ravel()),
    "outer": lambda a, b: np.outer(a.ravel(), b.ravel()),
    "logsumexp": lambda a: np.max(a.real) + np.log(np.sum(np.exp(a - np.max(a.real)))),
    "max": _largest,
    "min": lambda a: -_largest(-a),
    "tr": np.trace,
    "det": np.linalg.det,
    "logdet": _logdet,
    "inv": _inv,
    "pinv": _pinv,
    "adj": lambda a: _adj(_regular(a)),
    "diag": _diag,
    "diagonal": lambda a: np.diag(a).reshape(-1, 1),
    "vec": lambda a: a.reshape((-1, 1), order="F"),
    "kron": np.kron,
    "expm": _matrix_function(linalg.expm),
    "logm": lambda a: _matrix_function(linalg.logm)(_principal(a)),
    "sqrtm": lambda a: _matrix_function(linalg.sqrtm)(_principal(a)),
    "softmax": _softmax,
    "log_softmax": lambda a: np.log(_softmax(a)),
    "cumsum": _cumsum,
}


def compute(root: Tree, values: dict[str, Array]) -> Array:
    """The value of a tree: two axes always. Raises OutsideError where it should not be asked."""
    done: dict[int, Array] = {}
    stack = [(root, False)]
    while stack:
        t, ready = stack.pop()
        if id(t) in done:
            continue
        if not ready:
            stack.append((t, True))
            stack.extend((a, False) for a in t.args)
            continue
        shape = (length(t.shape[0]), length(t.shape[1]))
        if t.op == "name":
            made = values[t.value]
        elif t.op == "number":
            made = np.asarray(float(t.value))
        elif t.op == "pi":
            made = np.asarray(np.pi)
        elif t.op == "size":
            made = np.asarray(float(SIZES[t.value]))
        elif t.op == "eye":
            made = np.eye(shape[0])
        elif t.op == "const":
            made = np.full(shape, complex(t.value))
        else:
            made = FUNCTIONS[t.op](*(done[id(a)] for a in t.args))
        made = np.asarray(made, complex).reshape(shape)
        _need(np.isfinite(made) & (np.abs(made) < 1e4))
        done[id(t)] = made
    return done[id(root)]


def _axes(shape: tuple[Dims, Dims]) -> tuple[int, ...]:
    return tuple(length(axis) for axis in shape if axis)


def numeric(
    root: Tree,
    values: dict[str, Array],
    wrt: tuple[str, ...],
    finish: Callable[[Array, int], Array] = lambda tensor, k: tensor,
) -> Array:
    """The derivative as a tensor: axes of the value, then those of each variable.

    ``finish(tensor, k)`` is applied after the step by ``wrt[k]``, as the reading of a
    variable with a property asks.
    """
    if len(wrt) > 1:
        return finish(_difference(root, values, wrt, finish), len(wrt) - 1)
    (name,) = wrt
    x = values[name]
    out = np.empty((*_axes(root.shape), *(n for n in x.shape if n > 1)))
    columns = out.reshape(int(np.prod(_axes(root.shape), dtype=int)), -1)
    for k, place in enumerate(np.ndindex(x.shape)):
        moved = x.astype(complex)
        moved[place] += 1e-25j
        columns[:, k] = compute(root, {**values, name: moved}).imag.ravel() / 1e-25
    _need(np.isfinite(out) & (np.abs(out) < 1e6))
    return finish(out, 0)


def _difference(
    root: Tree,
    values: dict[str, Array],
    wrt: tuple[str, ...],
    finish: Callable[[Array, int], Array],
) -> Array:
    """Central differences of order six of the derivative by all variables but the last."""
    name = wrt[-1]
    x = values[name]
    slices = []
    step = 2e-3
    for place in np.ndindex(x.shape):
        total: Any = 0.0
        for k, weight in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60)):
            for sign in (1, -1):
                moved = x.copy()
                moved[place] += sign * k * step
                part = numeric(root, {**values, name: moved}, wrt[:-1], finish)
                total = total + sign * weight * part
        slices.append(np.asarray(total) / step)
    made = np.stack(slices, axis=-1)
    return made.reshape((*made.shape[:-1], *(n for n in x.shape if n > 1)))
