"""Functions of matrices in NumPy and SciPy: factorisations, solves, chains, Fréchet derivatives.

LAPACK is column-major: it is given the transposed view, which is free, and its solves are asked
for the transposed system.
"""

from __future__ import annotations

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.writing import Writing

SPECIAL = (
    "adj", "expm_frechet", "logm_frechet", "sqrtm_frechet",
    "expm_jacobian", "logm_jacobian", "sqrtm_jacobian",
)
"""Functions of a matrix that take some lines."""


def multi_dot(v: Value, target: str, a: list[str], w: Writing) -> list[str]:
    """The order of multiplication is chosen when the sizes are known."""
    if len(a) > 3:
        return [f"{target} = np.linalg.multi_dot([{', '.join(a)}])"]
    n, m = (w.size(d) for d in v.args[0].dims)
    p, q = (w.size(d) for d in v.args[2].dims)
    return [f"if {n} * {p} * ({m} + {q}) < {m} * {q} * ({n} + {p}):",
            f"    {target} = {a[0]}.dot({a[1]}).dot({a[2]})",
            "else:",
            f"    {target} = {a[0]}.dot({a[1]}.dot({a[2]}))"]


def factored(v: Value, target: str, a: list[str]) -> list[str]:
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
        return [f"{target} = {factor}np.log(np.abs({f}[0].diagonal())).sum()"]
    if general:
        return [f"{target} = lapack.dgetri({f}[0], {f}[1])[0].T"]
    return [f"{target} = lapack.dpotri({f}[0], lower=1)[0].T",
            # the other triangle is what was there before
            f"{target} = np.where(np.tri(len({target}), dtype=bool), {target}.T, {target})"]


def special(op: str, target: str, a: list[str]) -> list[str]:
    if op == "adj":
        # det(U)*det(V)*V*adj(S)*U' for the singular values, right for a singular matrix too
        return [f"{target}_u, {target}_s, {target}_v = np.linalg.svd({a[0]})",
                f"{target}_w = np.array([np.prod(np.delete({target}_s, i)) "
                f"for i in range(len({target}_s))])",
                f"{target} = np.sign(np.linalg.det({target}_u @ {target}_v)) * "
                f"({target}_v.T * {target}_w) @ {target}_u.T"]
    name, kind = op.split("_")
    if kind == "frechet":
        return [f"{target} = {_frechet(name, a[0], a[1])}"]
    # its columns are the derivatives along the unit matrices, in the order of vec
    unit = f"unit.reshape({a[0]}.shape, order='F')"
    return [f"{target} = np.stack([",
            f"    {_frechet(name, a[0], unit)}.ravel(order='F')",
            f"    for unit in np.eye({a[0]}.size)",
            "], axis=1)"]


def _frechet(name: str, a: str, e: str) -> str:
    """The derivative of a matrix function along a direction (Higham, Functions of Matrices)."""
    if name == "expm":
        return f"linalg.expm_frechet({a}, {e}, compute_expm=False)"
    if name == "sqrtm":
        return f"linalg.solve_sylvester(linalg.sqrtm({a}).real, linalg.sqrtm({a}).real, {e})"
    block = f"np.block([[{a}, {e}], [np.zeros({a}.shape), {a}]])"
    return f"linalg.logm({block}).real[:len({a}), len({a}):]"
