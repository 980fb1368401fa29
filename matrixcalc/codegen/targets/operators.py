"""Operators in NumPy code: the calls that make them, and the classes that stand before."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.writing import Writing

CLASSES = {
    "diagonal_operator": "DiagonalOperator",
    "kronecker_operator": "KroneckerOperator",
    "crossed_operator": "CrossedOperator",
    "block_operator": "BlockOperator",
    "operator_sum": "OperatorSum",
    "low_rank_operator": "LowRankOperator",
}
"""The class of each operation."""

_NEEDS = {
    "DiagonalOperator": ("HessianOperator",),
    "KroneckerOperator": ("HessianOperator", "inverse_times"),
    "CrossedOperator": ("HessianOperator", "inverse_times", "KroneckerOperator"),
    "BlockOperator": ("HessianOperator", "inverse_times"),
    "OperatorSum": ("HessianOperator", "inverse_times", "KroneckerOperator"),
    "LowRankOperator": ("HessianOperator", "inverse_times"),
}
"""What the text of each class uses, in the order in which it is written."""

NAMES = frozenset({*_NEEDS, "HessianOperator", "inverse_times"})
"""Names that no variable may have beside them."""


def statements(v: Value, target: str, w: Writing) -> list[str]:
    """The lines that make an operator; the classes that it needs are written too."""
    name = CLASSES[v.op]
    for helper in (*_NEEDS[name], name):
        w.helpers[helper] = _texts()[helper]
    texts = [w.bare(a) for a in v.args]
    axes = w.shape(v.dims[: len(v.dims) // 2])
    if v.op == "block_operator":
        texts.append(str(v.data))
    if v.op == "operator_sum":
        return [f"{target} = {name}({', '.join(texts)})"]
    if v.op == "low_rank_operator":
        count = len(texts) % 2
        base = texts[0] if count else "None"
        left, right = (_columns(v.args[k::2], w, len(v.dims) == 2) for k in (count, count + 1))
        lines = []
        if len(v.args) > 3:
            names = w.fresh("left"), w.fresh("right")
            lines = [f"{names[0]} = {left}", f"{names[1]} = {right}"]
            left, right = names
        return [*lines, f"{target} = {name}({axes}, {base}, {left}, {right})"]
    return [f"{target} = {name}({axes}, {', '.join(texts)})"]


@cache
def _texts() -> dict[str, str]:
    """The text of each class and function, by name; the module itself needs SciPy."""
    module = files("matrixcalc.codegen").joinpath("operators_runtime.py")
    _, *blocks = module.read_text(encoding="utf-8").split("\n\n\n")
    return {re.split(r"\W+", block)[1]: block.rstrip() + "\n" for block in blocks}


def _columns(values: tuple[Value, ...], w: Writing, flat: bool) -> str:
    """Vectors, or matrices made flat, as the columns of a matrix."""
    if len(values) > 1:
        texts = (w.bare(v) if flat else f"{w.name(v)}.ravel()" for v in values)
        return f"np.column_stack(({', '.join(texts)}))"
    (v,) = values
    return w.bare(v) if flat and v.ndim == 2 else f"{w.name(v)}.reshape(-1, 1)"
