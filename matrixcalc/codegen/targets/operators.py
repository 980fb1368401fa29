"""Operators in Python code: the calls that make them, and the texts of their classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence

from matrixcalc.codegen.ir import Value, schedule

CLASSES = {
    "diagonal_operator": "DiagonalOperator",
    "kronecker_operator": "KroneckerOperator",
    "crossed_operator": "CrossedOperator",
    "operator_sum": "OperatorSum",
    "low_rank_operator": "LowRankOperator",
}
"""The class of each operation."""

_NEEDS = {
    "HessianOperator": ("LinearOperator",),
    "inverse_times": (),
    "DiagonalOperator": ("HessianOperator",),
    "KroneckerOperator": ("HessianOperator", "inverse_times"),
    "CrossedOperator": ("KroneckerOperator",),
    "OperatorSum": ("KroneckerOperator",),
    "LowRankOperator": ("HessianOperator", "inverse_times"),
}
"""What the text of each uses, in the order in which they are written."""

NAMES = frozenset({*_NEEDS, "LinearOperator"})
"""Names that no variable may have beside them."""

_VIEWS = frozenset({"T", "reshape", "vec"})


def call(v: Value, texts: Sequence[str], axes: str, copied: Callable[[str], str]) -> str:
    """The call that makes an operator; it holds no array that is an argument."""
    parts = [
        copied(text) if a.ndim and _owner(a).op == "input" else text
        for a, text in zip(v.args, texts, strict=True)
    ]
    if v.op == "operator_sum":
        return f"OperatorSum({', '.join(parts)})"
    if v.op == "low_rank_operator":
        count = len(parts) % 2
        base = parts[:count] or ["None"]
        flat = len(v.dims) == 2
        sides = [
            _columns(v.args[k::2], texts[k::2], parts[k], flat) for k in (count, count + 1)
        ]
        parts = [*base, *sides]
    return f"{CLASSES[v.op]}({axes}, {', '.join(parts)})"


def _columns(values: Sequence[Value], texts: Sequence[str], own: str, flat: bool) -> str:
    """Vectors, or matrices made flat, as the columns of a matrix.

    ``own`` is the first text, which one alone must have; several are copied anyhow.
    """
    if len(texts) == 1:
        return own if flat and values[0].ndim == 2 else f"{own}.reshape(-1, 1)"
    return f"np.column_stack(({', '.join(t if flat else f'{t}.ravel()' for t in texts)}))"


def held(outputs: Iterable[Value]) -> set[Value]:
    """The arrays that the operators among the outputs hold."""
    made = [v for v in schedule(list(outputs)) if v.op in CLASSES]
    return {_owner(a) for v in made for a in v.args}


def _owner(v: Value) -> Value:
    while v.op in _VIEWS:
        v = v.args[0]
    return v


def classes(outputs: Iterable[Value]) -> str:
    """The texts of the classes that the outputs use, with what these need; or nothing."""
    needed = {CLASSES[v.op] for v in schedule(list(outputs)) if v.op in CLASSES}
    if not needed:
        return ""
    from matrixcalc.codegen import operators_runtime

    for name in reversed(_NEEDS):
        if name in needed:
            needed.update(_NEEDS[name])
    texts = [
        inspect.getsource(getattr(operators_runtime, name))
        for name in _NEEDS
        if name in needed
    ]
    return "\n\n".join(("from scipy.sparse.linalg import LinearOperator\n", *texts))
