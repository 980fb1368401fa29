"""Inverses of positive definite matrices by half of their entries, where that is enough.

``inv(A)*B`` takes one triangle of the inverse, which LAPACK's ``potri`` gives and BLAS's ``symm``
reads; ``inv(A)*M*inv(A) + c*inv(A)`` for a symmetric M is symmetric itself.

With A = L*L', it is inv(L)'*(inv(L)*M*inv(L)' + c*eye)*inv(L), and LAPACK's ``sygst`` computes
one triangle of either product: 8/3 of n^3 operations in all, where two solves take 13/3. Small
matrices are multiplied by the inverse, of which one triangle is enough for ``symm``.
"""

from __future__ import annotations

from collections import Counter

from matrixcalc.codegen.ir import Builder, Value, schedule
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.rewriting import rewritten
from matrixcalc.codegen.symmetry import unchanged_by_swap
from matrixcalc.codegen.writing import Writing

CONGRUENCE = '''def inverse_congruence(factor, middle, added=0.0):
    """inv(A)*middle*inv(A) + added*inv(A) by a Cholesky factor of A; middle is symmetric."""
    if len(middle) < 300:  # products have short loops, LAPACK's reductions long ones
        inverse = lapack.dpotri(factor, lower=1)[0]
        made = blas.dsymm(1.0, inverse, middle.T, lower=1)
        np.einsum('ii->i', made)[...] += added
        return blas.dsymm(1.0, inverse, made, side=1, lower=1).T
    # inv(L)*middle*inv(L') + added*eye, of which the lower triangle is computed
    made = lapack.dsygst(middle.T, factor, lower=1)[0]
    np.einsum('ii->i', made)[...] += added
    inverse = lapack.dtrtri(factor, lower=1)[0]
    made = lapack.dsygst(made, inverse, itype=2, lower=1, overwrite_a=1)[0]
    return np.where(np.tri(len(made), dtype=bool), made, made.T)
'''


def congruences(program: Program) -> Program:
    """The program with two solves by one factor around a symmetric matrix as one operation.

    ``congruence(F, M, c?)`` is inv(A)*M*inv(A), plus c*inv(A) for a scalar c.
    """
    outputs = [o.value for o in program.outputs]
    uses = Counter(a for v in schedule(outputs) for a in v.args)
    uses.update(outputs)

    def change(v: Value, args: tuple[Value, ...]) -> Value | None:
        if v.op != "solve" or args[0].op != "cholesky" or v.ndim != 2:
            return None
        return _congruence(args[0], args[1], uses, program.builder)

    return rewritten(program, change)


def halved(program: Program) -> Program:
    """The program with inverses that are only multiplied with matrices as one triangle each.

    ``half_inverse(F)`` is the lower triangle of inv(A), ``symm(H, B)`` is inv(A)*B, and B*inv(A)
    where its data is True.
    """
    outputs = [o.value for o in program.outputs]
    b = program.builder
    users: dict[Value, list[Value]] = {v: [] for v in outputs}
    for v in schedule(outputs):
        for a in v.args:
            users.setdefault(a, []).append(v)
    half: set[Value] = set()
    for v, above in users.items():
        if (
            v.op == "inverse" and v.args[0].op == "cholesky" and v not in outputs
            and all(u.op == "dot" and u.ndim == 2 and u.args.count(v) == 1 for u in above)
            # of two inverses that are multiplied one is whole
            and half.isdisjoint(a for u in above for a in u.args)
        ):
            half.add(v)

    def change(v: Value, args: tuple[Value, ...]) -> Value | None:
        if v in half:
            made = b.make("half_inverse", *args, dims=v.dims)
            made.note = f"the lower triangle of {v.note}" if v.note else ""
            return made
        if v.op != "dot" or half.isdisjoint(v.args):
            return None
        right = v.args[1] in half
        triangle, other = args[::-1] if right else args
        return b.make("symm", triangle, other, dims=v.dims, data=right)

    return rewritten(program, change) if half else program


def statement(v: Value, target: str, w: Writing) -> str:
    """How one of these operations is written."""
    if v.op == "half_inverse":
        return f"{target} = lapack.dpotri({w.name(v.args[0])}[0], lower=1)[0]"
    if v.op == "symm":
        side = ", side=1" if v.data else ""
        return f"{target} = blas.dsymm(1.0, {', '.join(map(w.bare, v.args))}{side}, lower=1)"
    w.helpers["inverse_congruence"] = CONGRUENCE
    factor, *rest = map(w.bare, v.args)
    return f"{target} = inverse_congruence({', '.join((f'{factor}[0]', *rest))})"


def _congruence(factor: Value, inner: Value, uses: Counter[Value], b: Builder) -> Value | None:
    """What the solve of ``inner`` is, if that is ±(inv(A)*M)' and a multiple of the identity."""
    added: tuple[Value, ...] = ()
    negative = outside = False
    while uses[inner] <= 1:
        if inner.op == "add_diag" and not added and not inner.args[1].ndim:
            added, outside = (inner.args[1],), negative
        elif inner.op == "neg":
            negative = not negative
        else:
            break
        inner = inner.args[0]
    solution = inner.args[0] if inner.op == "T" else None
    if solution is None or solution.op != "solve" or solution.args[0] is not factor:
        return None
    middle = solution.args[1]
    if max(uses[inner], uses[solution]) > 1 or not unchanged_by_swap(middle, 0, 1):
        return None
    if negative != outside:
        # -(M + c*eye) is the negative of both, c*eye - M that of one
        added = tuple(map(b.negate, added))
    made = b.make("congruence", factor, middle, *added, dims=middle.dims)
    return b.negate(made) if negative else made
