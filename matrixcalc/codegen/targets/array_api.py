"""The Array API standard: one source for NumPy, JAX, PyTorch, CuPy, Dask and their like.

Nothing is used that is not in the standard, so an einsum is spelled by matrix products, and a
function of a matrix that the standard does not have is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.targets.contraction import paired, reduced
from matrixcalc.codegen.targets.functional import FunctionalTarget, is_product
from matrixcalc.codegen.writing import Writing
from matrixcalc.expr import Expr

PLAIN = {
    "T": "{0}.T",
    "outer": "{0}[:, None] * {1}[None, :]",
    "plus_transpose": "{0} + {0}.T",
    "scale_rows": "{0}[:, None] * {1}",
    "scale_columns": "{0} * {1}",
    "pi": "xp.pi",
    "diagonal": "xp.linalg.diagonal({0})",
    "sum": "xp.sum({0})",
    "colsum": "xp.sum({0}, axis=0)",
    "rowsum": "xp.sum({0}, axis=1)",
    "tr": "xp.linalg.trace({0})",
    "vec": "xp.reshape({0}.T, (-1,))",
    "cumsum": "xp.cumulative_sum({0}, axis=0)",
    "norm1": "xp.sum(xp.abs({0}))",
    "logaddexp": "xp.logaddexp({0}, {1})",
    "max": "xp.max({0})",
    "min": "xp.min({0})",
    "det": "xp.linalg.det({0})",
    "pinv": "xp.linalg.pinv({0})",
    "sigmoid": "xp.where({0} < 0.0, {1}, 1.0) / (1.0 + {1})",
    "softplus": "xp.maximum({0}, 0.0) + xp.log1p({1})",
}

ERF = '''\
def erf(x, xp):
    # the series 2/sqrt(pi)*exp(-x^2)*(x + 2*x^3/3 + 4*x^5/15 + ...) has terms of one sign, so that
    # it is exact to rounding; beyond 6 erf is 1 in double precision
    x = xp.clip(x, -6.0, 6.0)
    total = xp.ones_like(x)
    for k in range(301, 1, -2):
        total = 1.0 + 2.0 / k * x * x * total
    return 2.0 / xp.pi**0.5 * xp.exp(-x * x) * x * total
'''

MULTI_DOT = '''\
def multi_dot(*factors):
    # the cheapest order of a chain of matrices, by dynamic programming over their sizes
    sizes = [f.shape[0] for f in factors] + [factors[-1].shape[1]]
    best = {(i, i): (0, f) for i, f in enumerate(factors)}
    count = len(factors)
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            work, k = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
            best[i, j] = work, k

    def product(i, j):
        if i == j:
            return factors[i]
        k = best[i, j][1]
        return product(i, k) @ product(k + 1, j)

    return product(0, count - 1)
'''


class ArrayAPITarget(FunctionalTarget):
    """Arrays of any library, whose type, precision and device the result has too."""

    column = "array_api"
    name = extra = "array-api"
    module = "xp"
    like = "**like"
    reserved = frozenset({
        "xp", "like", "dtype", "place", "name", "array_namespace", "device", "is_jax_array",
        "erf", "multi_dot",
    })
    plain = PLAIN

    def keeps(self, factorisation: str, uses: int) -> bool:
        return False

    def changed(self, v: Value, args: tuple[Value, ...], program: Program) -> Value | None:
        """Functions that overflow are made of safe parts."""
        b = program.builder
        if v.op == "apply" and v.data in ("sigmoid", "softplus"):
            (x,) = args
            size = b.unary("abs", x.args[0] if x.op == "neg" else x)
            small = b.unary("exp", b.negate(size))
            return b.make(v.data, x, small, dims=v.dims)
        return super().changed(v, args, program)

    def imports(self, text: str) -> str:
        made = "from array_api_compat import array_namespace"
        return made + (", device, is_jax_array\n" if self.like in text else "\n")

    def conversions(
        self, w: Writing, variables: Sequence[Expr], made: Sequence[str]
    ) -> list[str]:
        arrays = [w.arguments[e.name] for e in variables if not e.is_scalar]
        numbers = [w.arguments[e.name] for e in variables if e.is_scalar]
        names = ", ".join(arrays or numbers)
        first = (arrays or numbers)[0]
        lines = [
            f"xp = array_namespace({names})",
            f"dtype = xp.result_type({names})",
            'if not xp.isdtype(dtype, "real floating"):',
            "    raise TypeError(\"the arrays must hold real floating-point numbers\")",
        ]
        used = sorted(set(re.findall(r"xp\.linalg\.(\w+)", "\n".join(made))))
        if used:
            lines += [
                f"for name in {json.dumps(used)}:",
                "    if not hasattr(xp.linalg, name):",
                '        raise NotImplementedError(f"{xp.__name__} has no linalg.{name}")',
            ]
        if numbers or any(self.like in line for line in made):
            lines += [
                "# JAX places new arrays itself, beside sharded ones too",
                f"place = None if is_jax_array({first}) else device({first})",
                'like = {"dtype": dtype, "device": place}',
            ]
        for n in numbers:
            lines += [f"if isinstance({n}, (int, float)):", f"    {n} = xp.asarray({n}, **like)"]
        return lines + self.numbers(numbers)

    def permuted(self, text: str, order: Sequence[int]) -> str:
        if len(order) == 2:
            return f"{text}.T"
        return f"xp.permute_dims({text}, ({', '.join(map(str, order))}))"

    def copied(self, text: str) -> str:
        return f"xp.asarray({text}, copy=True)"

    def diagonal(self, v: Value, text: str, w: Writing) -> str:
        return f"xp.where({self.mask(v, w)}, {text}, 0.0)"

    def expression(self, v: Value, w: Writing) -> tuple[str, int] | None:
        if v.op == "apply" and v.data == "erf":
            w.helpers["erf"] = ERF
        return super().expression(v, w)

    def contracted(self, v: Value, a: list[str], w: Writing) -> str:
        if is_product(v):
            return super().contracted(v, a, w)
        if len(a) == 1:
            return reduced(a[0], v.data[0][0], v.data[1], self.permuted)
        return paired(v, a, self.permuted, self.broadcast, w.size)

    def written(self, v: Value, a: list[str], w: Writing) -> str:
        if v.op == "norm2" and v.args[0].ndim:
            return f"xp.linalg.vector_norm({a[0]})"
        if v.op == "multi_dot":
            w.helpers["multi_dot"] = MULTI_DOT
            return f"multi_dot({', '.join(a)})"
        return super().written(v, a, w)


TARGET = ArrayAPITarget()
