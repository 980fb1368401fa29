"""Julia, with its standard library LinearAlgebra: one file with one function."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from matrixcalc.codegen.ir import Value, schedule
from matrixcalc.codegen.names import JULIA, words
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.targets.column_arrays import ColumnWriting
from matrixcalc.codegen.targets.columns import (
    FUNCTION,
    ColumnTarget,
    described,
    returned,
)
from matrixcalc.codegen.targets.python import literal, polynomial
from matrixcalc.codegen.writing import ATOM, POWER, PRODUCT, SUM, axes_of, written_shape
from matrixcalc.expr import Expr

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "neg": "-"}

_PLAIN = {
    "pi": ("pi", ATOM),
    "symv": ("Symmetric({0}) * {1}", PRODUCT),
    "scale_rows": ("{0} .* {1}", PRODUCT),
    "scale_columns": ("{0} .* {1}'", PRODUCT),
    "plus_transpose": ("{0} .+ {0}'", SUM),
    "diag": ("Matrix(Diagonal({0}))", ATOM),
    "diagonal": ("diag({0})", ATOM),
    "vec": ("vec({0})", ATOM),
    "sum": ("sum({0})", ATOM),
    "colsum": ("vec(sum({0}, dims=1))", ATOM),
    "rowsum": ("vec(sum({0}, dims=2))", ATOM),
    "tr": ("tr({0})", ATOM),
    "trace_product": ("dot({0}', {1})", ATOM),
    "norm1": ("norm({0}, 1)", ATOM),
    "norm2": ("norm({0})", ATOM),
    "max": ("maximum({0})", ATOM),
    "min": ("minimum({0})", ATOM),
    "cumsum": ("cumsum({0}, dims=1)", ATOM),
    "det": ("det({0})", ATOM),
    "pinv": ("pinv({0})", ATOM),
    "lu": ("lu({0})", ATOM),
    "cholesky": ("cholesky(Symmetric({0}))", ATOM),
    "inverse": ("inv({0})", ATOM),
    "expm": ("exp({0})", ATOM),
    "logm": ("real(log({0}))", ATOM),
    "sqrtm": ("real(sqrt({0}))", ATOM),
}

_MATRIX_FUNCTIONS = (("expm", "exp({})"), ("logm", "real(log({}))"))

_STATEMENTS = {
    "logsumexp": (
        "{largest}, {at} = findmax({0})",
        "{powers} = exp.({0} .- {largest})",
        "{powers}[{at}] = 0",
        "{target} = {largest} + log1p(sum({powers}))",
    ),
    "softmax": (
        "{powers} = exp.({0} .- maximum({0}))",
        "{target} = {powers} ./ sum({powers})",
    ),
    "softmax_rest": (
        "{others} = ifelse.({0} .> 0.5, 0.0, {0})",
        "{target} = ifelse.({0} .> 0.5, sum({others}), 1 .- {0})",
    ),
    "softmax_jacobian": (
        "{others} = ifelse.({0} .> 0.5, 0.0, {0})",
        "{rest} = ifelse.({0} .> 0.5, sum({others}), 1 .- {0})",
        "{target} = .-{0} .* {0}'",
        "for {k} in 1:{n}",
        "    {target}[{k}, {k}] = {0}[{k}] * {rest}[{k}]",
        "end",
    ),
    "softmax_times": (
        "# the row of a weight near 1 is near the mean: it differs by what the others add",
        "{others} = ifelse.({1} .> 0.5, 0.0, {1})",
        "{target} = {1} .* ifelse.({1} .> 0.5, sum({others}) .* {0} .- {others}' * {0}, "
        "{0} .- {1}' * {0})",
    ),
    "centred": (
        "# the row of a weight near 1 is near the mean: it differs by what the others add",
        "{others} = ifelse.({1} .> 0.5, 0.0, {1})",
        "{target} = ifelse.({1} .> 0.5, sum({others}) .* {0} .- {others}' * {0}, "
        "{0} .- {1}' * {0})",
    ),
    "log_softmax": (
        "{largest}, {at} = findmax({0})",
        "{powers} = exp.({0} .- {largest})",
        "{powers}[{at}] = 0",
        "{target} = {0} .- {largest} .- log1p(sum({powers}))",
    ),
    "softmax_columns": (
        "{powers} = exp.({0} .- maximum({0}, dims=1))",
        "{target} = {powers} ./ sum({powers}, dims=1)",
    ),
    "logsumexp_columns": (
        "{largest}, {at} = findmax({0}, dims=1)",
        "{powers} = exp.({0} .- {largest})",
        "{powers}[{at}] .= 0",
        "{target} = vec({largest} .+ log1p.(sum({powers}, dims=1)))",
    ),
    "log_softmax_columns": (
        "{largest}, {at} = findmax({0}, dims=1)",
        "{powers} = exp.({0} .- {largest})",
        "{powers}[{at}] .= 0",
        "{target} = {0} .- {largest} .- log1p.(sum({powers}, dims=1))",
    ),
    "adj": (
        "# det(U)*det(V)*V*adj(S)*U' for A = U*S*V', right for a singular matrix too",
        "{usv} = svd({0})",
        "{others} = [prod({usv}.S[(1:end) .!= {k}]) for {k} in 1:{n}]",
        "{target} = (det({usv}.U) * det({usv}.V)) .* ({usv}.V * ({others} .* {usv}.U'))",
    ),
    "sqrtm_frechet": (
        "{root} = real(sqrt({0}))",
        "{target} = sylvester({root}, {root}, -{1})",
    ),
    "sqrtm_jacobian": (
        "{root} = real(sqrt({0}))",
        "{identity} = Matrix{{Float64}}(I, {n}, {n})",
        "{target} = inv(kron({identity}, {root}) .+ kron({root}', {identity}))",
    ),
    **{
        f"{name}_frechet": (
            "{block} = " + call.format("[{0} {1}; zeros({n}, {n}) {0}]"),
            "{target} = {block}[1:{n}, {n}+1:end]",
        )
        for name, call in _MATRIX_FUNCTIONS
    },
    **{
        f"{name}_jacobian": (
            "{target} = zeros({n} * {n}, {n} * {n})",
            "for {k} in 1:{n}*{n}",
            "    {direction} = zeros({n}, {n})",
            "    {direction}[{k}] = 1",
            "    {block} = " + call.format("[{0} {direction}; zeros({n}, {n}) {0}]"),
            "    {target}[:, {k}] = vec({block}[1:{n}, {n}+1:end])",
            "end",
        )
        for name, call in _MATRIX_FUNCTIONS
    },
}
"""Lines by operation; ``n`` is the length of the first axis, other names are temporaries."""

_RESERVED = words(
    "ArgumentError Diagonal DimensionMismatch Float64 I Inf LinearAlgebra Matrix Number "
    "SpecialFunctions Symmetric abs acos asin atan cbrt cholesky copy cos cosh cumsum det diag dot "
    "dropdims erf exp expm1 fill findmax float ifelse inv isa kron length log log1p logabsdet "
    "logdet lu max maximum min minimum ndims norm ones permutedims pi pinv prod real reshape sign "
    "sin sinh size sqrt stack string sum svd sylvester tan tanh throw tr vec zeros"
)
"""The names of Base and of LinearAlgebra that are used here."""


class JuliaTarget(ColumnTarget):
    """Julia 1.9 and later."""

    title = "Julia"
    column = "julia"
    suffix = ".jl"
    comment = "#"
    language = JULIA
    reserved = _RESERVED.union({FUNCTION})
    plain = _PLAIN
    repeating = frozenset({"plus_transpose", "gram", "logaddexp", "near", *_STATEMENTS})

    def indexed(self, v: Value, w: ColumnWriting) -> Sequence[Value]:
        if v.op == "einsum" and len(v.args) == 1:
            return v.args if len(set(v.data[0][0])) < len(v.data[0][0]) else ()
        if v.op != "assemble":
            return ()
        return [a for a in v.args if a.ndim < v.ndim]

    # the function

    def function(
        self, w: ColumnWriting, program: Program, names: Sequence[str], body: Sequence[str]
    ) -> str:
        rows = [f"- `{w.arguments[e.name]}`: {described(e, '×')}" for e in program.variables]
        results = [f"- `{n}`: {returned(o, '×')}"
                    for n, o in zip(names, program.outputs, strict=True)]
        call = f"{FUNCTION}({', '.join(w.arguments.values())})"
        text = "\n".join((
            f"    {call}", "", program.about, "", "# Arguments", *rows, "", "# Returns", *results,
        ))
        text = re.sub(r'[\\$"]', r"\\\g<0>", text)
        code = "".join(f"    {line}\n" if line else "\n" for line in body)
        used = "using LinearAlgebra\n"
        if any("erf.(" in line or "erf(" in line for line in body):
            used += "using SpecialFunctions: erf\n"
        return (
            f'{used}\n"""\n{text}\n"""\nfunction {call}\n{code}'
            f"    return {program.listed(names)}\nend\n"
        )

    def converted(self, name: str, e: Expr) -> list[str]:
        axes = len(axes_of(e))
        if not axes:
            return [
                f'{name} isa Number || throw(ArgumentError("{name} must be a number"))',
                f"{name} = float({name})",
            ]
        kind = "a matrix" if axes == 2 else "a vector"
        size = written_shape(e) if axes == 2 else f"of length {axes_of(e)[0]}"
        return [
            f"ndims({name}) == {axes} || "
            f'throw(DimensionMismatch("{name} must be {kind}, {size}"))',
            f"{name} = float({name})",
        ]

    def read(self, name: str, axes: int, sizes: Mapping[int, str]) -> str:
        if len(sizes) == 2:
            return f"{', '.join(sizes.values())} = size({name})"
        ((k, size),) = sizes.items()
        return f"{size} = length({name})" if axes == 1 else f"{size} = size({name}, {k + 1})"

    def checked(self, name: str, e: Expr, sizes: Sequence[str]) -> list[str]:
        shape = written_shape(e)
        if len(sizes) == 1:
            return [
                f"length({name}) == {sizes[0]} || throw(DimensionMismatch(",
                f'    "{name} is of length $(length({name})) and must be of length '
                f'{shape} = $({sizes[0]})"))',
            ]
        wanted = f"({', '.join(sizes)})"
        return [
            f"size({name}) == {wanted} || throw(DimensionMismatch(",
            f'    "{name} is of size $(size({name})) and must be {shape} = $({wanted})"))',
        ]

    # texts

    def sign(self, v: Value) -> str:
        if v.op == "neg" and v.args[0].op in ("dot", "symv", "solve", "outer", "gram"):
            # there is no broadcasting to be fused with
            return "-"
        return ("." if v.ndim else "") + _SIGNS.get(v.op, "*")

    def elementwise(self, template: str, v: Value) -> str:
        # a function of a number, and operators of numbers, have no dots
        return template if v.ndim else re.sub(r"\.([-+*/^(>])", r"\1", template)

    def result(self, v: Value, text: str, level: int, w: ColumnWriting) -> str:
        if not v.ndim:
            return _real(v, text)
        lazy = level == POWER and text[-1] == "'"
        return f"copy({text})" if lazy or _shares(v, w) else text

    def inner(self, a: Value, b: Value, w: ColumnWriting) -> tuple[str, int]:
        return f"dot({w.bare(a)}, {w.bare(b)})", ATOM

    def permuted(self, text: str, order: Sequence[int]) -> str:
        return f"permutedims({text}, ({', '.join(str(k + 1) for k in order)}))"

    def shaped(self, text: str, sizes: Sequence[str]) -> str:
        return f"reshape({text}, {', '.join(sizes)})"

    def stacked(self, text: str) -> str:
        return f"vec({text})"

    def summed(self, text: str, out: int, axes: int) -> str:
        if not out:
            return f"sum({text})"
        dims = ", ".join(str(k + 1) for k in range(out, axes))
        dims = f"({dims})" if axes - out > 1 else dims
        return f"dropdims(sum({text}, dims={dims}), dims={dims})"

    def expression(self, v: Value, w: ColumnWriting) -> tuple[str, int] | None:
        op = v.op
        shape = ", ".join(self.sizes(v.dims, w)) if op in ("ones", "zeros", "full", "eye",
                                                           "scaled_eye", "add_diag") else ""
        if op in ("ones", "zeros"):
            return f"{op}({shape})", ATOM
        if op == "eye":
            return f"Matrix{{Float64}}(I, {shape})", ATOM
        if op == "full":
            return f"fill({_real(v.args[0], w.bare(v.args[0]))}, {shape})", ATOM
        if op == "scaled_eye":
            scale = _real(v.args[0], w.name(v.args[0], PRODUCT))
            return f"Matrix({scale} * I, {shape})", ATOM
        if op == "add_diag":
            a, d = v.args
            full = w.name(a, SUM) if a.ndim else f"fill({_real(a, w.bare(a))}, {shape})"
            if d.ndim:
                return f"{full} + Diagonal({w.bare(d)})", SUM
            return self.added(full, d, "I", w), SUM
        if op == "solve":
            f, b = v.args
            factor = self.turned(f, w) if v.data else w.name(f, POWER)
            return f"{factor} \\ {w.name(b, POWER)}", PRODUCT
        if op == "logdet":
            f = v.args[0]
            return f"logdet({w.bare(f)})" if f.op == "cholesky" else (
                f"logabsdet({w.bare(f)})[1]"), ATOM
        if op == "matrix_power":
            return f"{w.name(v.args[0])}^{v.data}", POWER
        if op == "pow" and not v.args[0].ndim and _integral(v.args[0]):
            base, exponent = v.args
            text = _real(base, w.bare(base))
            return f"{text} {self.sign(v)} {w.name(exponent)}", POWER
        if op == "einsum" and len(v.args) == 1:
            return self._rearranged(v, w)
        if op == "stack":
            if v.ndim == 1:
                return f"[{', '.join(w.bare(a) for a in v.args)}]", ATOM
            return f"stack(({', '.join(w.bare(a) for a in v.args)}), dims=1)", ATOM
        return super().expression(v, w)

    def _rearranged(self, v: Value, w: ColumnWriting) -> tuple[str, int]:
        """One array, some of its axes summed, some run through together."""
        (ids,), out = v.data
        a = v.args[0]
        if len(set(ids)) < len(ids):
            dims = dict(zip(ids, a.dims, strict=True))
            names = dict(zip(dims, w.loops(len(dims)), strict=True))
            summed = [i for i in dims if i not in out]
            entry = f"{w.name(a)}[{', '.join(names[i] for i in ids)}]"
            ranges = {i: f"{names[i]} in 1:{w.size(dims[i])}" for i in dims}
            if summed:
                entry = f"sum({entry} for {', '.join(ranges[i] for i in summed)})"
            return (f"[{entry} for {', '.join(ranges[i] for i in out)}]" if out else entry), ATOM
        kept = [i for i in ids if i in out]
        text, level = self.moved(
            *w.piece(a), [ids.index(i) for i in (*out, *(i for i in ids if i not in out))]
        )
        return (self.summed(text, len(kept), len(ids)), ATOM) if len(kept) < len(ids) else (
            text, level)

    def statements(self, v: Value, target: str, w: ColumnWriting) -> list[str]:
        if v.op == "assemble":
            return self._assembled(v, target, w)
        if v.op == "near":
            return self.lines(_near(v), v, target, w)
        if v.op not in _STATEMENTS:
            return super().statements(v, target, w)
        return self.lines(_STATEMENTS[v.op], v, target, w)

    def _assembled(self, v: Value, target: str, w: ColumnWriting) -> list[str]:
        """Cores written along diagonals: a loop each, the first index innermost."""
        made: list[str] = []
        for core, (out, free) in zip(v.args, v.data, strict=True):
            if len(out) == len(free):
                text, _ = self.moved(*w.piece(core), [out.index(i) for i in free])
                shared = w.uses[core] > 1 or _shares(core, w)
                made.append(f"{target} = {f'copy({text})' if shared else text}")
                continue
            if not made:
                made.append(f"{target} = zeros({', '.join(self.sizes(v.dims, w))})")
            dims = dict(zip(free, v.dims, strict=True))
            names = dict(zip(dims, w.loops(len(dims)), strict=True))
            entry = w.name(core)
            if out:
                entry += f"[{', '.join(names[i] for i in out)}]"
            ranges = ", ".join(f"{names[i]} in 1:{w.size(dims[i])}" for i in reversed(dims))
            place = ", ".join(names[i] for i in free)
            made += [f"for {ranges}", f"    {target}[{place}] += {entry}", "end"]
        return made


def _near(v: Value) -> tuple[str, ...]:
    bound, low, *coefficients = v.data
    text = polynomial("{small}", low, coefficients)
    for plain, dotted in ((" ** ", " .^ "), (" * ", " .* "), (" + ", " .+ ")):
        text = text.replace(plain, dotted)
    near = f"{literal(bound)} .> abs.({{0}})"
    return (f"{{small}} = ifelse.({near}, {{0}}, 0.0)",
            f"{{target}} = ifelse.({near}, {text}, {{1}})")


def _shares(v: Value, w: ColumnWriting) -> bool:
    """Whether an array may share memory with another that is still used."""
    while v.op in ("reshape", "vec"):
        v = v.args[0]
        if w.uses[v] > 1:
            return True
    return v.op in ("input", "T")


def _integral(v: Value) -> bool:
    """Whether a number is an integer or a constant in Julia, or made of such alone."""
    return all(
        (x.op == "number" and x.data.denominator == 1) or x.op in ("size", "pi", "neg")
        or (x.op in ("add", "sub", "mul") and not x.ndim)
        for x in schedule([v])
    )


def _real(v: Value, text: str) -> str:
    """A number as a floating-point one."""
    if not _integral(v):
        return text
    if v.op == "number" and abs(v.data) < 10**9:
        return f"{float(v.data)}" if v.data >= 0 else f"({float(v.data)})"
    return f"float({text})"


TARGET = JuliaTarget()
