"""PyTorch: tensors of the arguments' type, where the arguments are."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.targets.functional import FACTORS, FunctionalTarget
from matrixcalc.codegen.writing import Writing
from matrixcalc.expr import Expr

PLAIN = {
    "T": "{0}.T",
    "outer": "torch.outer({0}, {1})",
    "plus_transpose": "{0} + {0}.T",
    "scale_rows": "{0}[:, None] * {1}",
    "scale_columns": "{0} * {1}",
    "pi": "torch.pi",
    "diagonal": "torch.diagonal({0})",
    "sum": "torch.sum({0})",
    "colsum": "torch.sum({0}, dim=0)",
    "rowsum": "torch.sum({0}, dim=1)",
    "tr": "torch.trace({0})",
    "vec": "{0}.T.reshape(-1)",
    "cumsum": "torch.cumsum({0}, dim=0)",
    "norm1": "torch.sum(torch.abs({0}))",
    "max": "torch.max({0})",
    "min": "torch.min({0})",
    "det": "torch.linalg.det({0})",
    "pinv": "torch.linalg.pinv({0})",
    "logaddexp": "torch.logaddexp({0}, {1})",
    "softmax": "torch.softmax({0}, dim=0)",
    "softmax_columns": "torch.softmax({0}, dim=0)",
    "expm": "torch.linalg.matrix_exp({0})",
    "lu": "torch.linalg.lu_factor({0})",
    "cholesky": "torch.linalg.cholesky({0})",
}


EXPM_FRECHET = '''\
def expm_frechet(a, e):
    # the derivative along e is a corner of the exponential of [[a, e], [0, a]]
    n = a.shape[0]
    block = torch.cat((torch.cat((a, e), dim=1), torch.cat((torch.zeros_like(a), a), dim=1)))
    return torch.linalg.matrix_exp(block)[:n, n:]
'''


class TorchTarget(FunctionalTarget):
    """PyTorch tensors, for ``torch.compile`` and ``torch.vmap`` too."""

    column = "torch"
    name = extra = "torch"
    module = "torch"
    axis = "dim"
    largest = "amax"
    vmap = "torch.vmap"
    like = "**like"
    modules = MappingProxyType({"torch": "import torch"})
    reserved = frozenset({"torch", "like", "unit", "expm_frechet"})
    plain = PLAIN

    def conversions(
        self, w: Writing, variables: Sequence[Expr], made: Sequence[str]
    ) -> list[str]:
        arrays = [w.arguments[e.name] for e in variables if not e.is_scalar]
        numbers = [w.arguments[e.name] for e in variables if e.is_scalar]
        if not arrays:
            arrays, numbers = numbers, []
        lines = [f"{n} = torch.as_tensor({n})" for n in arrays]
        if numbers or any(self.like in line for line in made):
            first = arrays[0]
            lines.append(
                f'like = {{"dtype": torch.result_type({first}, 1.0), "device": {first}.device}}'
            )
        lines += [f"{n} = torch.as_tensor({n}, **like)" for n in numbers]
        return lines + self.numbers([w.arguments[e.name] for e in variables if e.is_scalar])

    def permuted(self, text: str, order: Sequence[int]) -> str:
        return f"{text}.T" if len(order) == 2 else f"{text}.permute({', '.join(map(str, order))})"

    def copied(self, text: str) -> str:
        return f"{text}.clone()"

    def written(self, v: Value, a: list[str], w: Writing) -> str:
        if v.op.startswith("expm_"):
            w.helpers["expm_frechet"] = EXPM_FRECHET
        if v.op == "norm2" and v.args[0].ndim:
            return f"torch.linalg.vector_norm({a[0]})"
        if v.op == "multi_dot":
            return f"torch.linalg.multi_dot(({', '.join(a)}))"
        if v.op == "constant":
            return f"torch.tensor({w.bare(v.args[0])}, {self.like})"
        if v.args and v.args[0].op in FACTORS:
            return self.by_factor(v, a, w)
        return super().written(v, a, w)

    def frechet(self, name: str, a: str, e: str) -> str:
        return f"{name}_frechet({a}, {e})"

    def by_factor(self, v: Value, a: list[str], w: Writing) -> str:
        """A solution, an inverse or a determinant from a factorisation."""
        positive = v.args[0].op == "cholesky"
        if v.op == "logdet":
            if positive:
                return f"2.0 * torch.sum(torch.log(torch.diagonal({a[0]})))"
            return f"torch.sum(torch.log(torch.abs(torch.diagonal({a[0]}[0]))))"
        if v.op == "inverse":
            if positive:
                return f"torch.cholesky_inverse({a[0]})"
            return f"torch.linalg.lu_solve(*{a[0]}, {self.eye(v, w)})"
        right = f"{a[1]}[:, None]" if v.ndim == 1 else a[1]
        made = f"torch.cholesky_solve({right}, {a[0]})"
        if not positive:
            flag = ", adjoint=True" if v.data else ""
            made = f"torch.linalg.lu_solve(*{a[0]}, {right}{flag})"
        return f"{made}[:, 0]" if v.ndim == 1 else made


TARGET = TorchTarget()
