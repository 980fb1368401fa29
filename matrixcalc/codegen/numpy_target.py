"""Array operations as lines of NumPy and SciPy.

Arrays are row-major, LAPACK is column-major: it is given the transposed view, which is
free, and its solves are asked for the transposed system.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.terms import letters
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError

UNARY = {
    "log1p": "np.log1p({0})", "exp": "np.exp({0})", "log": "np.log({0})", "abs": "np.abs({0})",
    "sign": "np.sign({0})", "step": "np.heaviside({0}, 0.5)", "sin": "np.sin({0})",
    "cos": "np.cos({0})", "tan": "np.tan({0})", "arcsin": "np.arcsin({0})",
    "arccos": "np.arccos({0})", "arctan": "np.arctan({0})", "sinh": "np.sinh({0})",
    "cosh": "np.cosh({0})", "tanh": "np.tanh({0})", "relu": "np.maximum({0}, 0.0)",
    "sigmoid": "special.expit({0})", "softplus": "np.logaddexp(0.0, {0})",
    "erf": "special.erf({0})", "cbrt": "np.cbrt({0})", "sqrt": "np.sqrt({0})",
}
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}
PLAIN = {
    "neg": "-{0}",
    "T": "{0}.T",
    "dot": "np.dot({0}, {1})",
    "symv": "blas.dsymv(1.0, {0}.T, {1})",
    "outer": "np.dot({0}[:, None], {1}[None, :])",
    "gram": "np.dot({0}.T, {0})",
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
FRESH = frozenset({"dot", "outer", "gram", "scale_rows", "scale_columns", "apply", *INFIX, "neg"})
"""Operations whose result is a new array, that may be overwritten when used once."""

_TABLED = ("adj", "norm2", "expm_frechet", "logm_frechet", "sqrtm_frechet")


class Scope(Protocol):
    """What a target asks of the function that is being written."""

    def name(self, v: Value) -> str: ...

    def size(self, d: Dim) -> str: ...

    def temporary(self, stem: str) -> str: ...


def literal(value: Fraction) -> str:
    """A number as a Python literal.

    >>> literal(Fraction(1, 2)), literal(Fraction(-2))
    ('0.5', '(-2.0)')
    """
    text = repr(float(value)) if abs(value) < Fraction(10) ** 300 else f"float({str(value)!r})"
    return f"({text})" if value < 0 else text


def lines(v: Value, target: str, scope: Scope, reusable: bool) -> list[str]:
    """The lines that compute a value into the variable ``target``.

    ``reusable`` says that the first operand is a matrix which nothing else needs.
    """
    a = [scope.name(x) for x in v.args]
    op = v.op
    if op in INFIX:
        if reusable and op != "pow":
            return [f"{a[0]} {INFIX[op]}= {a[1]}", f"{target} = {a[0]}"]
        return [f"{target} = {a[0]} {INFIX[op]} {a[1]}"]
    if op == "apply":
        call = UNARY[v.data].format(*a)
        if reusable and call.startswith("np."):
            call = f"{call[:-1]}, out={a[0]})"
        return [f"{target} = {call}"]
    if op == "gram" and len(a) == 2:
        return [f"{target} = np.dot({a[0]}.T, {a[0]})", f"{target} *= {a[1]}"]
    if op in PLAIN:
        return [f"{target} = {PLAIN[op].format(*a)}"]
    shape = "(" + "".join(f"{scope.size(d)}, " for d in v.dims) + ")"
    if op == "number":
        return [f"{target} = {literal(v.data)}"]
    if op == "size":
        return [f"{target} = float({scope.size(v.data)})"]
    if op in ("ones", "zeros"):
        return [f"{target} = np.{op}({shape})"]
    if op == "full":
        return [f"{target} = np.full({shape}, {a[0]})"]
    if op == "eye":
        return [f"{target} = np.eye({scope.size(v.dims[0])})"]
    if op == "scaled_eye":
        return [f"{target} = {a[0]} * np.eye({scope.size(v.dims[0])})"]
    if op == "add_diag":
        start = [f"{target} = {a[0]}"] if reusable else [f"{target} = np.array({a[0]})"]
        if v.args[0].ndim == 0:
            start = [f"{target} = np.full({shape}, {a[0]})"]
        return [*start, f"np.einsum('ii->i', {target})[...] += {a[1]}"]
    if op == "reshape":
        return [f"{target} = {a[0]}.reshape({shape})"]
    if op == "matrix_power":
        return [f"{target} = np.linalg.matrix_power({a[0]}, {v.data})"]
    if op == "norm2":
        flat = f"{a[0]}.ravel()" if v.args[0].ndim == 2 else a[0]
        if not v.args[0].ndim:
            return [f"{target} = abs({a[0]})"]
        return [f"{target} = blas.dnrm2({flat})"]
    if op == "kron":
        if v.data is None:
            return [f"{target} = np.kron({a[0]}, {a[1]})"]
        parts = []
        for text, x, kind in zip(a, v.args, v.data, strict=True):
            parts.append(f"{text}[:, None]" if kind == "n1" else
                         f"{text}[None, :]" if kind == "1n" else text)
            assert x.ndim <= 2
        return [f"{target} = np.kron({', '.join(parts)}).reshape({shape})"]
    if op in ("lu", "cholesky", "solve", "inverse", "logdet"):
        return _factored(v, target, a)
    if op == "einsum":
        return [f"{target} = {einsum(v, a)}"]
    if op == "assemble":
        return _assembled(v, target, a, shape)
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
