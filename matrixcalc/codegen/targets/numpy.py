"""NumPy and SciPy: BLAS and LAPACK are called directly.

Arrays are row-major, LAPACK is column-major: it is given the transposed view, which is
free, and its solves are asked for the transposed system.
"""

from __future__ import annotations

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.targets import operators
from matrixcalc.codegen.targets.python import INFIX, PythonTarget
from matrixcalc.codegen.terms import letters
from matrixcalc.codegen.writing import Writing
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

PLAIN = {
    "T": "{0}.T",
    "dot": "np.dot({0}, {1})",
    "symv": "blas.dsymv(1.0, {0}.T, {1})",
    "outer": "np.dot({0}[:, None], {1}[None, :])",
    "gram": "np.dot({0}.T, {0})",
    "plus_transpose": "{0} + {0}.T",
    "scale_rows": "{0}[:, None] * {1}",
    "scale_columns": "{0} * {1}",
    "pi": "np.pi",
    "diag": "np.diag({0})",
    "diagonal": "np.diagonal({0}).copy()",
    "sum": "np.sum({0})",
    "colsum": "np.sum({0}, axis=0)",
    "rowsum": "np.sum({0}, axis=1)",
    "tr": "np.trace({0})",
    "trace_product": "np.vdot({0}, {1}.T)",
    "vec": "{0}.ravel(order='F')",
    "cumsum": "np.cumsum({0}, axis=0)",
    "norm1": "np.sum(np.abs({0}))",
    "max": "np.max({0})",
    "min": "np.min({0})",
    "det": "np.linalg.det({0})",
    "pinv": "np.linalg.pinv({0})",
    "logsumexp": "special.logsumexp({0})",
    "softmax": "special.softmax({0})",
    "log_softmax": "special.log_softmax({0})",
    "expm": "linalg.expm({0})",
    "logm": "linalg.logm({0}).real",
    "sqrtm": "linalg.sqrtm({0}).real",
}
_TABLED = ("adj", "expm_frechet", "logm_frechet", "sqrtm_frechet")


class NumPyTarget(PythonTarget):
    """NumPy arrays of double precision, with SciPy's BLAS, LAPACK and special functions."""

    column = "numpy"
    prelude = """\
import numpy as np
from scipy import linalg, special
from scipy.linalg import blas, lapack
"""
    reserved = operators.NAMES | {"np", "linalg", "special", "blas", "lapack"}
    plain = PLAIN
    fresh = frozenset(
        {"dot", "outer", "gram", "plus_transpose", "scale_rows", "scale_columns", "apply", "neg"}
    ).union(INFIX)

    def helpers(self, program: Program) -> str:
        return operators.classes([o.value for o in program.outputs])

    def converted(self, name: str, e: Expr) -> list[str]:
        if e.is_scalar:
            return [f"{name} = float({name})"]
        return [f"{name} = np.asarray({name}, dtype=float)"]

    def copied(self, text: str) -> str:
        return f"np.array({text})"

    def reusing(self, v: Value, w: Writing) -> list[str] | None:
        name = w.name(v.args[0])
        if v.op in INFIX and v.op != "pow":
            made = [f"{name} {INFIX[v.op][0]}= {w.bare(v.args[1])}"]
        elif v.op == "apply" and (call := ELEMENTWISE[v.data].numpy).startswith("np."):
            made = [f"{call[:-1].format(name)}, out={name})"]
        elif v.op == "add_diag":
            made = [f"np.einsum('ii->i', {name})[...] += {w.bare(v.args[1])}"]
        else:
            return None
        w.set(v, name)
        return made

    def statements(self, v: Value, target: str, w: Writing) -> list[str]:
        a = [w.name(x) for x in v.args]
        op = v.op
        shape = "(" + "".join(f"{w.size(d)}, " for d in v.dims) + ")"
        if op == "gram":
            return [f"{target} = np.dot({a[0]}.T, {a[0]})", f"{target} *= {a[1]}"]
        if op in ("ones", "zeros"):
            return [f"{target} = np.{op}({shape})"]
        if op == "full":
            return [f"{target} = np.full({shape}, {a[0]})"]
        if op == "eye":
            return [f"{target} = np.eye({w.size(v.dims[0])})"]
        if op == "scaled_eye":
            return [f"{target} = {a[0]} * np.eye({w.size(v.dims[0])})"]
        if op == "add_diag":
            start = f"{target} = np.array({a[0]})"
            if v.args[0].ndim == 0:
                start = f"{target} = np.full({shape}, {a[0]})"
            return [start, f"np.einsum('ii->i', {target})[...] += {a[1]}"]
        if op == "reshape":
            return [f"{target} = {a[0]}.reshape({shape})"]
        if op == "matrix_power":
            return [f"{target} = np.linalg.matrix_power({a[0]}, {v.data})"]
        if op == "multi_dot":
            return [f"{target} = np.linalg.multi_dot(({', '.join(a)}))"]
        if op == "norm2":
            if not v.args[0].ndim:
                return [f"{target} = abs({a[0]})"]
            return [f"{target} = blas.dnrm2({a[0]}{'.ravel()' if v.args[0].ndim == 2 else ''})"]
        if op == "kron":
            if v.data is None:
                return [f"{target} = np.kron({a[0]}, {a[1]})"]
            cut = {"n1": "[:, None]", "1n": "[None, :]"}
            parts = [f"{text}{cut.get(kind, '')}" for text, kind in zip(a, v.data, strict=True)]
            return [f"{target} = np.kron({', '.join(parts)}).reshape({shape})"]
        if op in ("lu", "cholesky", "solve", "inverse", "logdet"):
            return _factored(v, target, a)
        if op == "einsum":
            return [f"{target} = {einsum(v, a)}"]
        if op == "assemble":
            return _assembled(v, target, a, shape)
        if op in operators.CLASSES:
            axes = "(" + "".join(f"{w.size(d)}, " for d in v.dims[: v.ndim // 2]) + ")"
            return [f"{target} = {operators.call(v, a, axes, self.copied)}"]
        if op in _TABLED:
            return _special(op, target, a)
        raise UnsupportedError(f"no NumPy code for {op}")


def _factored(v: Value, target: str, a: list[str]) -> list[str]:
    if v.op == "lu":
        return [f"{target} = lapack.dgetrf({a[0]}.T)",
                f"if {target}[2] > 0:",
                f"    raise np.linalg.LinAlgError({f'{a[0]} is singular'!r})"]
    if v.op == "cholesky":
        return [f"{target} = lapack.dpotrf({a[0]}.T, lower=1, clean=0)",
                f"if {target}[1] > 0:",
                f"    raise np.linalg.LinAlgError({f'{a[0]} is not positive definite'!r})"]
    general = v.args[0].op == "lu"
    f = a[0]
    if v.op == "solve":
        if general:
            call = f"lapack.dgetrs({f}[0], {f}[1], {a[1]}, trans={0 if v.data else 1})[0]"
        else:
            call = f"lapack.dpotrs({f}[0], {a[1]}, lower=1)[0]"
        return [f"{target} = {call}"]
    if v.op == "logdet":
        factor = "" if general else "2.0 * "
        return [f"{target} = {factor}np.sum(np.log(np.abs(np.diagonal({f}[0]))))"]
    if general:
        return [f"{target} = lapack.dgetri({f}[0], {f}[1])[0].T"]
    return [f"{target} = lapack.dpotri({f}[0], lower=1)[0].T",
            f"{target} = np.triu({target}) + np.triu({target}, 1).T"]


def einsum(v: Value, a: list[str]) -> str:
    """An einsum call; plain broadcasting where no index is summed."""
    subscripts, out = v.data
    scalars = [t for t, ids in zip(a, subscripts, strict=True) if not ids]
    arrays = [(t, ids) for t, ids in zip(a, subscripts, strict=True) if ids]
    front = "".join(f"{s} * " for s in scalars)
    if not arrays:
        return " * ".join(scalars)
    repeated = any(len(set(ids)) != len(ids) for _, ids in arrays)
    if len(arrays) == 1 and arrays[0][1] == out:
        return f"{front}{arrays[0][0]}"
    if not repeated and {i for _, ids in arrays for i in ids} == set(out):
        return front + " * ".join(_broadcast(t, ids, out) for t, ids in arrays)
    text = ",".join(letters(ids) for _, ids in arrays)
    optimize = ", optimize=True" if len(arrays) > 2 else ""
    names = ", ".join(t for t, _ in arrays)
    return f"{front}np.einsum('{text}->{letters(out)}', {names}{optimize})"


def _broadcast(text: str, ids: tuple[int, ...], out: tuple[int, ...]) -> str:
    order = [ids.index(i) for i in out if i in ids]
    if order != sorted(order):
        text = f"{text}.transpose({', '.join(map(str, order))})"
    if len(order) == len(out):
        return text
    return f"{text}[{', '.join(':' if i in ids else 'None' for i in out)}]"


def _assembled(v: Value, target: str, a: list[str], shape: str) -> list[str]:
    made = [f"{target} = np.zeros({shape})"]
    for text, (out, free) in zip(a, v.data, strict=True):
        distinct = tuple(dict.fromkeys(free))
        view = target
        if distinct != free:
            view = f"np.einsum('{letters(free)}->{letters(distinct)}', {target})"
        if out and out != distinct:
            text = f"{text}[{', '.join(':' if i in out else 'None' for i in distinct)}]"
        made.append(f"{view}[...] += {text}")
    return made


def _special(op: str, target: str, a: list[str]) -> list[str]:
    if op == "expm_frechet":
        return [f"{target} = linalg.expm_frechet({a[0]}, {a[1]}, compute_expm=False)"]
    if op == "logm_frechet":
        block = f"np.block([[{a[0]}, {a[1]}], [np.zeros_like({a[0]}), {a[0]}]])"
        return [f"{target} = linalg.logm({block}).real[:len({a[0]}), len({a[0]}):]"]
    if op == "sqrtm_frechet":
        return [f"{target} = linalg.sqrtm({a[0]}).real",
                f"{target} = linalg.solve_sylvester({target}, {target}, {a[1]})"]
    # det(U)*det(V)*V*adj(S)*U' for the singular values, right for a singular matrix too
    return [f"{target}_u, {target}_s, {target}_v = np.linalg.svd({a[0]})",
            f"{target}_w = np.array([np.prod(np.delete({target}_s, i)) "
            f"for i in range(len({target}_s))])",
            f"{target} = np.sign(np.linalg.det({target}_u @ {target}_v)) * "
            f"({target}_v.T * {target}_w) @ {target}_u.T"]


TARGET = NumPyTarget()
