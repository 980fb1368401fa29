"""Sums of exponentials in NumPy, in which nothing overflows or cancels."""

from __future__ import annotations

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.targets.python import literal, polynomial
from matrixcalc.codegen.writing import Writing

BY_SOFTMAX = {
    # the largest entry is taken out of the sum: log1p loses nothing beside it
    "softmax": ("{0} = np.exp({1} - {1}.max())", "{0} /= {0}.sum()"),
    "logsumexp": (
        "{0}_top = {1}.argmax()",
        "{0}_below = np.exp({1} - {1}[{0}_top])",
        "{0}_below[{0}_top] = 0.0",
        "{0} = {1}[{0}_top] + np.log1p({0}_below.sum())",
    ),
    "log_softmax": (
        "{0} = {1} - {1}.max()",
        "{0}_below = np.exp({0})",
        "{0}_below[{0}.argmax()] = 0.0",
        "{0} -= np.log1p({0}_below.sum())",
    ),
    "softmax_columns": ("{0} = np.exp({1} - {1}.max(axis=0))", "{0} /= {0}.sum(axis=0)"),
    "logsumexp_columns": (
        "{0} = {1}.max(axis=0)",
        "{0}_below = np.exp({1} - {0})",
        "{0}_below[{1}.argmax(axis=0), np.arange({1}.shape[1])] = 0.0",
        "{0} += np.log1p({0}_below.sum(axis=0))",
    ),
    "log_softmax_columns": (
        "{0} = {1} - {1}.max(axis=0)",
        "{0}_below = np.exp({0})",
        "{0}_below[{0}.argmax(axis=0), np.arange({0}.shape[1])] = 0.0",
        "{0} -= np.log1p({0}_below.sum(axis=0))",
    ),
}
"""Operations of a few lines: 0 is the result, 1 the argument."""


def exponential(op: str, target: str, a: str, w: Writing) -> list[str]:
    made = []
    if not a.isidentifier():
        name = w.fresh("exponent")
        made.append(f"{name} = {a}")
        a = name
    return [*made, *(line.format(target, a) for line in BY_SOFTMAX[op])]


def centred(v: Value, target: str, a: list[str], w: Writing) -> list[str]:
    rows, weights = a
    top, others, mean = w.fresh("top"), w.fresh("others"), w.fresh("mean")
    whole = f"{weights}[{top}] * {rows}[{top}] + {mean}"
    apart = f"{others}.sum() * {rows}[{top}] - {mean}"
    if v.op == "centred":
        made = [f"{target} = {rows} - ({whole})"]
    elif v.ndim == 1:
        made = [f"{target} = {weights} * ({rows} - ({whole}))"]
        apart = f"{weights}[{top}] * ({apart})"
    else:
        # a rank-one update in place; BLAS sees the transposed matrix
        made = [f"{target} = {weights}[:, None] * {rows}",
                f"{target} = blas.dger(-1.0, {whole}, {weights}, a={target}.T, overwrite_a=1).T"]
        apart = f"{weights}[{top}] * ({apart})"
    return [f"{top} = {weights}.argmax()",
            f"{others} = {weights}.copy()",
            f"{others}[{top}] = 0.0",
            f"{mean} = {others}.dot({rows})",
            *made,
            f"if {weights}[{top}] > 0.5:",
            "    # this row is near the mean: it differs by what the others add",
            f"    {target}[{top}] = {apart}"]


def near(v: Value, target: str, a: list[str], w: Writing) -> list[str]:
    bound, low, *coefficients = v.data
    if not v.ndim:
        small = a[0] if a[0].isidentifier() else w.fresh("small")
        text = polynomial(small, low, coefficients)
        start = [] if small == a[0] else [f"{small} = {a[0]}"]
        return [*start, f"{target} = {text} if abs({small}) < {literal(bound)} else {a[1]}"]
    small, near = w.fresh("small"), w.fresh("near")
    text = polynomial(small, low, coefficients)
    return [f"{near} = np.abs({a[0]}) < {literal(bound)}",
            f"{small} = np.where({near}, {a[0]}, 0.0)",
            f"{target} = np.where({near}, {text}, {a[1]})"]
