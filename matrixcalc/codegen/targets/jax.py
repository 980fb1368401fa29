"""JAX: one compiled function, which ``jax.grad``, ``jax.vmap`` and shardings go through."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from matrixcalc.codegen.ir import Builder, Value, schedule
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.rewriting import rewritten
from matrixcalc.codegen.symmetric_pairs import symmetric_product
from matrixcalc.codegen.targets.functional import FACTORS, FunctionalTarget
from matrixcalc.codegen.targets.jax_chains import ELEMENTWISE, chains_as_rows
from matrixcalc.codegen.writing import ATOM, PRODUCT, SIGN, Writing
from matrixcalc.expr import Expr

PLAIN = {
    "T": "{0}.T",
    "outer": "jnp.outer({0}, {1})",
    "plus_transpose": "{0} + {0}.T",
    "scale_rows": "{0}[:, None] * {1}",
    "scale_columns": "{0} * {1}",
    "pi": "jnp.pi",
    "diagonal": "jnp.diagonal({0})",
    "sum": "jnp.sum({0})",
    "colsum": "jnp.sum({0}, axis=0)",
    "rowsum": "jnp.sum({0}, axis=1)",
    "tr": "jnp.trace({0})",
    "vec": "{0}.T.ravel()",
    "cumsum": "jnp.cumsum({0}, axis=0)",
    "norm1": "jnp.sum(jnp.abs({0}))",
    "max": "jnp.max({0})",
    "min": "jnp.min({0})",
    "det": "jnp.linalg.det({0})",
    "pinv": "jnp.linalg.pinv({0})",
    "logaddexp": "jnp.logaddexp({0}, {1})",
    "softmax": "jax.nn.softmax({0})",
    "softmax_columns": "jax.nn.softmax({0}, axis=0)",
    "expm": "linalg.expm({0})",
    "sqrtm": "linalg.sqrtm({0}).real",
    "lu": "linalg.lu_factor({0})",
    "cholesky": "linalg.cho_factor({0}, lower=True)",
}

SYMMETRIC_PRODUCT = '''def symmetric_product(left, right):
    """left*right for a stack of n by k matrices, left[i, j] = left[j, i], and k by m."""
    n = len(left)
    upper = np.tri(n, dtype=bool).T
    place = np.empty((n, n), dtype=int)
    place[upper] = place.T[upper] = np.arange(n * (n + 1) // 2)
    return (left[upper] @ right)[place]
'''


class JAXTarget(FunctionalTarget):
    """JAX arrays, under ``jax.jit``; shapes are checked when it is traced."""

    column = "jax"
    name = extra = "jax"
    module = "jnp"
    like = "dtype=dtype"
    decorator = "@jax.jit\n"
    vmap = "jax.vmap"
    reserved = frozenset({"jax", "jnp", "np", "linalg", "dtype", "unit", "symmetric_product"})
    plain = PLAIN

    def rewritten(self, program: Program) -> Program:
        program = super().rewritten(program)
        uses = Counter(a for v in schedule([o.value for o in program.outputs]) for a in v.args)

        def change(v: Value, args: tuple[Value, ...]) -> Value | None:
            if v.op not in ("mul", "neg") or v.args[-1].op != "dot" or uses[v.args[-1]] > 1:
                return None
            scale = args[0] if v.op == "mul" else program.builder.number(-1)
            return None if scale.ndim else scaled_inside(scale, args[-1], uses, program.builder)

        return chains_as_rows(rewritten(program, change))

    def imports(self, text: str) -> str:
        scipy = re.search(r"(?<!\.)\blinalg\.", text)
        extra = "from jax.scipy import linalg\n" if scipy else ""
        numpy = "import numpy as np\n" if re.search(r"\bnp\.", text) else ""
        return f"import jax\nimport jax.numpy as jnp\n{numpy}{extra}"

    def conversions(
        self, w: Writing, variables: Sequence[Expr], made: Sequence[str]
    ) -> list[str]:
        names = [w.arguments[e.name] for e in variables]
        lines = [f"{n} = jnp.asarray({n})" for n in names]
        lines += self.numbers([w.arguments[e.name] for e in variables if e.is_scalar])
        if any(self.like in line for line in made):
            lines.append(f"dtype = jnp.result_type(float, {', '.join(names)})")
        return lines

    def mask(self, v: Value, w: Writing, axis: int = 0) -> str:
        return f"jnp.eye({w.size(v.dims[axis])}, dtype=bool)"

    def permuted(self, text: str, order: Sequence[int]) -> str:
        return f"{text}.T" if len(order) == 2 else f"{text}.transpose({', '.join(map(str, order))})"

    def expression(self, v: Value, w: Writing) -> tuple[str, int] | None:
        if v.op == "dot" and v.args[0].op == "T":
            left, right = v.args[0].args[0], v.args[1]
            if right.ndim == 1:
                # XLA copies the transpose for A.T @ x, which is ten times slower than x @ A
                return f"{w.name(right, SIGN)} @ {w.name(left)}", PRODUCT
            if right.op == "T":
                return f"({w.name(right.args[0], SIGN)} @ {w.name(left, SIGN)}).T", ATOM
        return super().expression(v, w)

    def contracted(self, v: Value, a: list[str], w: Writing) -> str:
        made = symmetric_product(v, a, w) if len(a) == 2 else None
        if made is None:
            return super().contracted(v, a, w)
        w.helpers["symmetric_product"] = SYMMETRIC_PRODUCT
        return made

    def frechet(self, name: str, a: str, e: str) -> str:
        if name == "expm":
            return f"linalg.expm_frechet({a}, {e}, compute_expm=False)"
        return f"linalg.solve_sylvester(linalg.sqrtm({a}).real, linalg.sqrtm({a}).real, {e})"

    def written(self, v: Value, a: list[str], w: Writing) -> str:
        if v.op == "norm2" and v.args[0].ndim:
            return f"jnp.linalg.norm({a[0]})"
        if v.op == "multi_dot":
            return f"jnp.linalg.multi_dot(({', '.join(a)}))"
        kind = v.args[0].op if v.args else ""
        if v.op in ("solve", "inverse") and kind in FACTORS:
            right = a[1] if v.op == "solve" else self.eye(v, w)
            if kind == "cholesky":
                return f"linalg.cho_solve({a[0]}, {right})"
            return f"linalg.lu_solve({a[0]}, {right}{', trans=1' if v.data else ''})"
        if v.op == "logdet" and kind in FACTORS:
            diagonal = f"jnp.diagonal({a[0]}[0])"
            if kind == "cholesky":
                return f"2.0 * jnp.sum(jnp.log({diagonal}))"
            return f"jnp.sum(jnp.log(jnp.abs({diagonal})))"
        return super().written(v, a, w)


def scaled_inside(scale: Value, product: Value, uses: Counter[Value], b: Builder) -> Value | None:
    """A multiple of a product, taken of an operand that XLA computes entry by entry anyhow."""
    for place, operand in enumerate(product.args):
        inner = operand.args[0] if operand.op == "T" else operand
        if inner.op in ELEMENTWISE and uses[operand] <= 1 and uses[inner] <= 1:
            made = b.binary("mul", scale, inner)
            args = list(product.args)
            args[place] = made if operand is inner else b.make("T", made, dims=operand.dims)
            return b.make("dot", *args, dims=product.dims)
    return None


TARGET = JAXTarget()
