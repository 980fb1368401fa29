"""JAX: one compiled function, which ``jax.grad``, ``jax.vmap`` and shardings go through."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from matrixcalc.codegen.ir import Builder, Value, schedule
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.rewriting import rewritten
from matrixcalc.codegen.targets.functional import FACTORS, FunctionalTarget
from matrixcalc.codegen.targets.python import INFIX
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

ELEMENTWISE = frozenset({*INFIX, "neg", "apply", "scale_rows", "scale_columns"})
"""What XLA makes one loop of, together with what is done before it."""


class JAXTarget(FunctionalTarget):
    """JAX arrays, under ``jax.jit``; shapes are checked when it is traced."""

    column = "jax"
    name = extra = "jax"
    module = "jnp"
    like = "dtype=dtype"
    decorator = "@jax.jit\n"
    vmap = "jax.vmap"
    reserved = frozenset({"jax", "jnp", "linalg", "dtype", "unit"})
    plain = PLAIN

    def rewritten(self, program: Program) -> Program:
        program = super().rewritten(program)
        uses = Counter(a for v in schedule([o.value for o in program.outputs]) for a in v.args)

        def change(v: Value, args: tuple[Value, ...]) -> Value | None:
            if v.op not in ("mul", "neg") or v.args[-1].op != "dot" or uses[v.args[-1]] > 1:
                return None
            scale = args[0] if v.op == "mul" else program.builder.number(-1)
            return None if scale.ndim else scaled_inside(scale, args[-1], uses, program.builder)

        return rewritten(program, change)

    def imports(self, text: str) -> str:
        scipy = re.search(r"(?<!\.)\blinalg\.", text)
        extra = "from jax.scipy import linalg\n" if scipy else ""
        return f"import jax\nimport jax.numpy as jnp\n{extra}"

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
        if v.op == "dot" and "T" in (v.args[0].op, v.args[1].op):
            return self.turned(v, w)
        if v.op == "gram":
            product = summed(v.args[0], v.args[0], 0, w)
            return (f"{w.name(v.args[1])} * {product}", PRODUCT) if v.args[1:] else (product, ATOM)
        return super().expression(v, w)

    def turned(self, v: Value, w: Writing) -> tuple[str, int]:
        """A product with a transpose, which XLA would copy before it multiplies."""
        left, right = v.args
        if left.op != "T":
            return summed(left, right.args[0], 1, w), ATOM
        if right.ndim == 1:
            return f"{w.name(right, SIGN)} @ {w.name(left.args[0])}", PRODUCT
        if right.op == "T":
            return f"({w.name(right.args[0], SIGN)} @ {w.name(left.args[0], SIGN)}).T", ATOM
        return summed(left.args[0], right, 0, w), ATOM

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


def summed(a: Value, b: Value, axis: int, w: Writing) -> str:
    """The product of two matrices in which the same axis of both is summed: A'*B or A*B'."""
    return f"jnp.tensordot({w.bare(a)}, {w.bare(b)}, axes=({axis}, {axis}))"


TARGET = JAXTarget()
