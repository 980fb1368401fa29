"""Libraries whose arrays are never written to: what JAX, PyTorch and the Array API share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matrixcalc.codegen.ir import Value, schedule
from matrixcalc.codegen.pairs import letters
from matrixcalc.codegen.program import Output, Program
from matrixcalc.codegen.rewriting import rewritten
from matrixcalc.codegen.targets.python import (
    INFIX,
    PythonTarget,
    literal,
    polynomial,
)
from matrixcalc.codegen.writing import ATOM, PRODUCT, SIGN, Writing
from matrixcalc.errors import UnsupportedError

Ids = tuple[int, ...]

HAVING = {"expm": "numpy, jax, torch", "sqrtm": "numpy, jax", "logm": "numpy"}
"""The targets that have a function of matrices, where others do not."""

EXPONENTIAL = {
    "softmax": ("{t} = {m}.exp({x} - {top})", "{t} = {t} / {m}.sum({t}, {axis}=0)"),
    "logsumexp": ("{t} = {t}_top + {m}.log1p({t}_others)",),
    "log_softmax": ("{t} = {x} - {t}_top - {m}.log1p({t}_others)",),
}
"""Functions of a vector, or of each column of a matrix, that are made of exponentials."""

_OTHERS = (
    "{t}_top = {top}",
    "{t}_exp = {m}.exp({x} - {t}_top)",
    "{t}_below = {m}.where({x} < {t}_top, {t}_exp, 0.0)",
    "# one of the largest is left out of the sum: log1p loses nothing beside it",
    "{t}_others = {m}.sum({t}_exp - {t}_below, {axis}=0) - 1.0 + {m}.sum({t}_below, {axis}=0)",
)

FACTORS = ("lu", "cholesky")
_TAKE_NUMBERS = frozenset(
    {*INFIX, "neg", "full", "scaled_eye", "add_diag", "gram", "einsum", "assemble"}
)
_NUMERIC = frozenset({"number", "pi", "size"})


class FunctionalTarget(PythonTarget):
    """Every operation is an expression that makes a new array.

    ``module`` is the name by which the functions are called, ``like`` the keywords that give
    a new array the type and the place of the arguments.
    """

    module = ""
    axis = "axis"
    largest = "max"
    vmap = ""
    like = ""
    name = ""

    # a program with fewer kinds of operations

    def rewritten(self, program: Program) -> Program:
        uses = Counter(a for v in schedule([o.value for o in program.outputs]) for a in v.args)

        def change(v: Value, args: tuple[Value, ...]) -> Value | None:
            if v.op in FACTORS and not self.keeps(v.op, uses[v]):
                return args[0]
            return self.changed(v, args, program)

        made = rewritten(program, change)
        outputs = tuple(Output(o.label, _array(o.value, program)) for o in made.outputs)
        return replace(made, outputs=outputs)

    def keeps(self, factorisation: str, uses: int) -> bool:
        """Whether a matrix is factorised for so many uses, or handed to each of them."""
        return factorisation == "cholesky" or uses > 1

    def changed(self, v: Value, args: tuple[Value, ...], program: Program) -> Value | None:
        """What stands for an operation here; numbers that a function takes become arrays."""
        b = program.builder
        if v.op == "kron":
            return _kronecker(v, args, program)
        if v.op == "assemble" and len(args) == 1 and v.data[0][0] == v.data[0][1]:
            return args[0]
        if v.op not in _TAKE_NUMBERS or (v.op == "einsum" and all(map(_is_number, args))):
            args = tuple(_array(a, program) for a in args)
        return b.make(v.op, *args, dims=v.dims, data=v.data)

    # text

    def expression(self, v: Value, w: Writing) -> tuple[str, int] | None:
        if v.op in ("dot", "symv"):
            return f"{w.name(v.args[0], SIGN)} @ {w.name(v.args[1], SIGN)}", PRODUCT
        if v.op == "trace_product":
            left, right = v.args
            turned = w.name(right.args[0]) if right.op == "T" else f"{w.name(right)}.T"
            return f"{self.module}.sum({w.name(left)} * {turned})", ATOM
        if v.op == "softmax_rest":
            p, m = w.name(v.args[0]), self.module
            others = f"{m}.sum({m}.where({p} > 0.5, 0.0, {p}))"
            return f"{m}.where({p} > 0.5, {others}, 1.0 - {p})", ATOM
        if v.op == "gram":
            product = w.filled("{0}.T @ {0}", v.args)
            return (f"{w.name(v.args[1])} * ({product})" if v.args[1:] else product), PRODUCT
        return super().expression(v, w)

    def statements(self, v: Value, target: str, w: Writing) -> list[str]:
        a = [w.name(x) for x in v.args]
        if v.op == "adj":
            m, t = self.module, target
            # det(U)*det(V)*V*adj(S)*U' for the singular values, right for a singular matrix too
            return [
                f"{t}_u, {t}_s, {t}_v = {m}.linalg.svd({a[0]})",
                f"{t}_w = {m}.prod({m}.where({self.mask(v, w)}, 1.0, {t}_s), {self.axis}=1)",
                f"{t}_d = {m}.sign({m}.linalg.det({t}_u @ {t}_v))",
                f"{t} = {t}_d * ({t}_v.T * {t}_w) @ {t}_u.T",
            ]
        if v.op == "softmax_jacobian":
            s, m = a[0], self.module
            rest = f"{m}.where({s} > 0.5, {m}.sum({m}.where({s} > 0.5, 0.0, {s})), 1.0 - {s})"
            return [f"{target} = {m}.where({self.mask(v, w)}, {s} * {rest}, -{s}[:, None] * {s})"]
        if v.op in ("centred", "softmax_times"):
            (rows, s), m, others = a, self.module, w.fresh("others")
            column = "[:, None]" if v.ndim == 2 else ""
            front = f"{s}{column} * " if v.op == "softmax_times" else ""
            # the row of a weight near 1 is near the mean: it differs by what the others add
            return [
                f"{others} = {m}.where({s} > 0.5, 0.0, {s})",
                f"{target} = {front}{m}.where({s}{column} > 0.5, {m}.sum({others}) * {rows} - "
                f"{others} @ {rows}, {rows} - {s} @ {rows})",
            ]
        if v.op == "near":
            bound, low, *coefficients = v.data
            near, small = w.fresh("near"), w.fresh("small")
            text = polynomial(small, low, coefficients)
            return [
                f"{near} = {self.module}.abs({a[0]}) < {literal(bound)}",
                f"{small} = {self.module}.where({near}, {a[0]}, 0.0)",
                f"{target} = {self.module}.where({near}, {text}, {a[1]})",
            ]
        if v.op.removesuffix("_columns") in EXPONENTIAL:
            return self.exponential(v.op.removesuffix("_columns"), target, a[0], w)
        if v.op == "multi_dot" and len(v.args) == 3:
            return self.either_order(v, target, w)
        return [f"{target} = {self.written(v, a, w)}"]

    def either_order(self, v: Value, target: str, w: Writing) -> list[str]:
        """Three matrices multiplied in the order that their sizes make the cheaper one."""
        a, b, c = v.args
        (n, m), (p, q) = (map(w.size, f.dims) for f in (a, c))

        def product(left: Value, right: Value) -> Value:
            made = Value("dot", (left, right), None, (left.dims[0], right.dims[1]))
            text, level = self.expression(made, w) or ("", ATOM)
            w.set(made, text, level)
            return made

        return [f"if {n} * {p} * ({m} + {q}) < {m} * {q} * ({n} + {p}):",
                f"    {target} = {w.bare(product(product(a, b), c))}",
                "else:",
                f"    {target} = {w.bare(product(a, product(b, c)))}"]

    def exponential(self, op: str, target: str, x: str, w: Writing) -> list[str]:
        """The lines of a function that is made of exponentials."""
        made = []
        if not x.isidentifier():
            name = w.fresh("exponent")
            made.append(f"{name} = {x}")
            x = name
        top = f"{self.module}.{self.largest}({x}, {self.axis}=0)"
        lines = EXPONENTIAL[op] if op == "softmax" else (*_OTHERS, *EXPONENTIAL[op])
        return made + [
            line.format(t=target, x=x, m=self.module, axis=self.axis, top=top) for line in lines
        ]

    def numbers(self, names: Sequence[str]) -> list[str]:
        """The lines that refuse an array where a number belongs."""
        return [
            line for n in names
            for line in (f"if {n}.ndim:", f'    raise ValueError("{n} must be a number")')
        ]

    def written(self, v: Value, a: list[str], w: Writing) -> str:
        """An operation that no template holds, as an expression."""
        m, op, axes = self.module, v.op, shape(v, w)
        if op in ("ones", "zeros"):
            return f"{m}.{op}({axes}, {self.like})"
        if op == "full":
            return f"{a[0]} * {m}.ones({axes}, {self.like})"
        if op == "eye":
            return self.eye(v, w)
        if op == "scaled_eye":
            return f"{a[0]} * {self.eye(v, w)}"
        if op == "diag":
            return self.diagonal(v, a[0], w)
        if op == "add_diag":
            added = self.diagonal(v, a[1], w) if v.args[1].ndim else f"{a[1]} * {self.eye(v, w)}"
            return f"{a[0]} + {added}"
        if op == "reshape":
            return f"{m}.reshape({a[0]}, {axes})"
        if op == "copy":
            return self.copied(a[0])
        if op == "stack":
            return f"{m}.stack(({', '.join(a)}))"
        if op == "norm2" and not v.args[0].ndim:
            return f"{m}.abs({a[0]})"
        if op == "matrix_power":
            return f"{m}.linalg.matrix_power({a[0]}, {v.data})"
        if op == "constant":
            return f"{m}.asarray({a[0]}, {self.like})"
        if op == "solve":
            return f"{m}.linalg.solve({a[0]}{'.T' if v.data else ''}, {a[1]})"
        if op == "inverse":
            return f"{m}.linalg.inv({a[0]})"
        if op == "logdet":
            return f"{m}.linalg.slogdet({a[0]})[1]"
        if op == "einsum":
            return self.contracted(v, a, w)
        if op == "assemble":
            return self.assembled(v, a, w)
        name, _, kind = op.partition("_")
        if kind == "frechet" and self.name in HAVING[name]:
            return self.frechet(name, a[0], a[1])
        if kind == "jacobian" and self.name in HAVING[name]:
            # its columns are the derivatives along the unit matrices, in the order of vec
            n, nn = w.size(v.args[0].dims[0]), w.size(v.dims[0])
            units = f"{m}.reshape({m}.eye({nn}, {self.like}), ({nn}, {n}, {n}))"
            along = self.frechet(name, a[0], "unit.T")
            return f"{self.vmap}(lambda unit: {m}.ravel({along}.T))({units}).T"
        having = HAVING.get(name, "")
        raise UnsupportedError(
            f"the {self.name} target has no {op}",
            hint=f"these targets have it: {having}" if having else "",
        )

    def frechet(self, name: str, a: str, e: str) -> str:
        """The derivative of a function of matrices along a direction, if the target has it."""
        raise NotImplementedError

    def eye(self, v: Value, w: Writing, axis: int = 0) -> str:
        return f"{self.module}.eye({w.size(v.dims[axis])}, {self.like})"

    def mask(self, v: Value, w: Writing, axis: int = 0) -> str:
        """True on the diagonal of a square matrix with the size of one axis."""
        return f"({self.eye(v, w, axis)} > 0.0)"

    def diagonal(self, v: Value, text: str, w: Writing) -> str:
        """A diagonal matrix with the size of the last two axes."""
        return f"{self.module}.diag({text})"

    # order four

    def permuted(self, text: str, order: Sequence[int]) -> str:
        """An array with its axes in another order."""
        raise NotImplementedError

    def contracted(self, v: Value, a: list[str], w: Writing) -> str:
        """An einsum call; plain broadcasting where no index is summed."""
        subscripts, out = v.data
        if is_product(v):
            pairs = zip(a, subscripts, strict=True)
            return " * ".join(self.broadcast(text, ids, out) for text, ids in pairs)
        text = ",".join(map(letters, subscripts))
        return f"{self.module}.einsum('{text}->{letters(out)}', {', '.join(a)})"

    def broadcast(self, text: str, ids: Ids, out: Sequence[Any]) -> str:
        """An array with its axes at the places of their indices."""
        if not ids:
            return text
        order = [ids.index(i) for i in out if i in ids]
        if order != sorted(order):
            text = self.permuted(text, order)
        return text if len(order) == len(out) else text + cut(i in ids for i in out)

    def assembled(self, v: Value, a: list[str], w: Writing) -> str:
        """A sum of cores, each zero outside a diagonal of its own; no array is written to."""
        parts = []
        covered: set[int] = set()
        for text, (out, free), core in zip(a, v.data, v.args, strict=True):
            masks = []
            places: list[int | None] = []
            last: dict[int, int] = {}
            for k, i in enumerate(free):
                places.append(None if i in last else i)
                if i in last:
                    masks.append((last[i], k))
                    covered |= {last[i], k}
                last[i] = k
            covered |= {k for k, i in enumerate(places) if i in out}
            cuts = [cut(k in pair for k in range(len(free))) for pair in masks]
            if not core.ndim:
                eyes = [self.eye(v, w, p[0]) + c for p, c in zip(masks, cuts, strict=True)]
                one = core.op == "number" and core.data == 1
                parts.append(" * ".join(eyes if one and eyes else (text, *eyes)))
                continue
            text = self.broadcast(text, out, places)
            if masks:
                where = " & ".join(
                    self.mask(v, w, p[0]) + c for p, c in zip(masks, cuts, strict=True)
                )
                text = f"{self.module}.where({where}, {text}, 0.0)"
            parts.append(text)
        if len(covered) < v.ndim:
            parts.append(f"{self.module}.zeros({shape(v, w)}, {self.like})")
        return " + ".join(parts)


def shape(v: Value, w: Writing) -> str:
    """The axes of a value as a tuple."""
    sizes = [w.size(d) for d in v.dims]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def cut(present: Any) -> str:
    """The index that puts the axes of an array at some places, with axes of length 1 between."""
    places = [":" if p else "None" for p in present]
    return f"[{', '.join(places)}]" if "None" in places else ""


def is_product(v: Value) -> bool:
    """Whether an ``einsum`` sums nothing: a permutation of axes or a product by broadcasting."""
    subscripts, out = v.data
    return all(len(set(ids)) == len(ids) and set(ids) <= set(out) for ids in subscripts)


def _array(v: Value, program: Program) -> Value:
    """A number that no argument takes part in, as an array; any other value as it is."""
    if v.ndim or not _is_number(v):
        return v
    return program.builder.make("constant", v, dims=())


def _is_number(v: Value) -> bool:
    todo = [v]
    while todo:
        current = todo.pop()
        if current.op not in _NUMERIC and current.op not in INFIX and current.op != "neg":
            return False
        todo.extend(current.args)
    return True


def _kronecker(v: Value, args: tuple[Value, ...], program: Program) -> Value:
    """Rows and columns of both factors side by side, then the axes joined."""
    b = program.builder
    kinds = v.data or ("nn", "nn")
    ids = tuple(
        tuple(k + 2 * side for side, n in enumerate(kind) if n == "n")
        for k, kind in enumerate(kinds)
    )
    out = tuple(sorted(i for part in ids for i in part))
    known = {i: d for part, a in zip(ids, args, strict=True)
             for i, d in zip(part, a.dims, strict=True)}
    dims = tuple(known[i] for i in out)
    made = b.make("einsum", *args, dims=dims, data=(ids, out))
    return made if dims == v.dims else b.make("reshape", made, dims=v.dims)
