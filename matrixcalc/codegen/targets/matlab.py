"""MATLAB (R2016b and later) and Octave: one file with one function, without toolboxes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.names import MATLAB, words
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.targets.column_arrays import ColumnWriting, product_of
from matrixcalc.codegen.targets.columns import (
    FUNCTION,
    ColumnTarget,
    described,
    returned,
)
from matrixcalc.codegen.targets.python import literal, polynomial
from matrixcalc.codegen.writing import ATOM, POWER, PRODUCT, SUM, axes_of, written_shape
from matrixcalc.dims import Dim
from matrixcalc.expr import Expr

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "neg": "-"}

_PLAIN = {
    "pi": ("pi", ATOM),
    "symv": ("{0} * {1}", PRODUCT),
    "scale_rows": ("{0} .* {1}", PRODUCT),
    "scale_columns": ("{0} .* {1}'", PRODUCT),
    "plus_transpose": ("{0} + {0}'", SUM),
    "diag": ("diag({0})", ATOM),
    "diagonal": ("diag({0})", ATOM),
    "vec": ("reshape({0}, [], 1)", ATOM),
    "colsum": ("sum({0}, 1)'", POWER),
    "rowsum": ("sum({0}, 2)", ATOM),
    "tr": ("trace({0})", ATOM),
    "trace_product": ("sum(sum({0}' .* {1}))", ATOM),
    "cumsum": ("cumsum({0}, 1)", ATOM),
    "det": ("det({0})", ATOM),
    "pinv": ("pinv({0})", ATOM),
    "expm": ("expm({0})", ATOM),
    "logm": ("real(logm({0}))", ATOM),
    "sqrtm": ("real(sqrtm({0}))", ATOM),
}

_REDUCED = {
    "sum": ("sum({})", "sum(sum({}))"),
    "max": ("max({})", "max(max({}))"),
    "min": ("min({})", "min(min({}))"),
    "norm1": ("norm({}, 1)", "sum(sum(abs({})))"),
    "norm2": ("norm({})", "norm({}, 'fro')"),
}
"""A function to a number: of a vector, and of a matrix."""

_MATRIX_FUNCTIONS = (("expm", "expm({})"), ("logm", "real(logm({}))"))

_STATEMENTS = {
    "cholesky": (
        "{target} = chol({0});",
    ),
    "logsumexp": (
        "[{largest}, {at}] = max({0});",
        "{powers} = exp({0} - {largest});",
        "{powers}({at}) = 0;",
        "{target} = {largest} + log1p(sum({powers}));",
    ),
    "softmax": (
        "{powers} = exp({0} - max({0}));",
        "{target} = {powers} / sum({powers});",
    ),
    "softmax_rest": (
        "{target} = 1 - {0};",
        "{target}({0} > 0.5) = sum({0}({0} <= 0.5));",
    ),
    "softmax_jacobian": (
        "{rest} = 1 - {0};",
        "{rest}({0} > 0.5) = sum({0}({0} <= 0.5));",
        "{target} = -{0} * {0}';",
        "{target}(1:{n}+1:end) = {0} .* {rest};",
    ),
    "softmax_times": (
        "% the row of a weight near 1 is near the mean: it differs by what the others add",
        "{others} = {1};",
        "{others}({1} > 0.5) = 0;",
        "{target} = {0} - {1}' * {0};",
        "{target}({1} > 0.5, :) = sum({others}) * {0}({1} > 0.5, :) - {others}' * {0};",
        "{target} = {1} .* {target};",
    ),
    "centred": (
        "% the row of a weight near 1 is near the mean: it differs by what the others add",
        "{others} = {1};",
        "{others}({1} > 0.5) = 0;",
        "{target} = {0} - {1}' * {0};",
        "{target}({1} > 0.5, :) = sum({others}) * {0}({1} > 0.5, :) - {others}' * {0};",
    ),
    "log_softmax": (
        "[{largest}, {at}] = max({0});",
        "{powers} = exp({0} - {largest});",
        "{powers}({at}) = 0;",
        "{target} = {0} - {largest} - log1p(sum({powers}));",
    ),
    "softmax_columns": (
        "{powers} = exp({0} - max({0}, [], 1));",
        "{target} = {powers} ./ sum({powers}, 1);",
    ),
    "logsumexp_columns": (
        "[{largest}, {at}] = max({0}, [], 1);",
        "{powers} = exp({0} - {largest});",
        "{powers}({at} + {n} * (0:numel({at})-1)) = 0;",
        "{target} = ({largest} + log1p(sum({powers}, 1)))';",
    ),
    "log_softmax_columns": (
        "[{largest}, {at}] = max({0}, [], 1);",
        "{powers} = exp({0} - {largest});",
        "{powers}({at} + {n} * (0:numel({at})-1)) = 0;",
        "{target} = {0} - {largest} - log1p(sum({powers}, 1));",
    ),
    "adj": (
        "% det(U)*det(V)*V*adj(S)*U' for A = U*S*V', right for a singular matrix too",
        "[{left}, {scales}, {right}] = svd({0});",
        "{scales} = diag({scales});",
        "{others} = arrayfun(@({k}) prod({scales}([1:{k}-1, {k}+1:end])), (1:{n})');",
        "{target} = det({left}) * det({right}) * ({right} * ({others} .* {left}'));",
    ),
    "sqrtm_frechet": (
        "{root} = real(sqrtm({0}));",
        "{target} = sylvester({root}, {root}, {1});",
    ),
    "sqrtm_jacobian": (
        "{root} = real(sqrtm({0}));",
        "{target} = inv(kron(eye({n}), {root}) + kron({root}', eye({n})));",
    ),
    **{
        f"{name}_frechet": (
            "{block} = " + call.format("[{0}, {1}; zeros({n}), {0}]") + ";",
            "{target} = {block}(1:{n}, {n}+1:end);",
        )
        for name, call in _MATRIX_FUNCTIONS
    },
    **{
        f"{name}_jacobian": (
            "{target} = zeros({n}^2);",
            "for {k} = 1:{n}^2",
            "    {direction} = zeros({n});",
            "    {direction}({k}) = 1;",
            "    {block} = " + call.format("[{0}, {direction}; zeros({n}), {0}]") + ";",
            "    {target}(:, {k}) = reshape({block}(1:{n}, {n}+1:end), [], 1);",
            "end",
        )
        for name, call in _MATRIX_FUNCTIONS
    },
}
"""Lines by operation; the names in braces that are not numbers are temporaries."""

_TEMPORARIES = ("part", "top", "left", "right", "k")

_RESERVED = words(
    "Inf abs acos ans any arrayfun asin atan cat chol cos cosh cumsum det diag double erf error "
    "exp expm expm1 eye inv isequal ismatrix isscalar isvector kron log log1p logm lu max min "
    "norm nthroot numel ones permute pi pinv prod real reshape sign sin sinh size sqrt sqrtm sum "
    "svd sylvester tan tanh trace zeros"
)
"""The functions that are used here."""


class MatlabTarget(ColumnTarget):
    """Functions that MATLAB and Octave have both."""

    title = "MATLAB"
    column = "matlab"
    suffix = ".m"
    comment = "%"
    ending = ";"
    continued = " ..."
    brackets = ("(", ")")
    language = MATLAB
    reserved = _RESERVED.union({FUNCTION})
    plain = _PLAIN
    repeating = frozenset(
        {"plus_transpose", "gram", "multi_dot", "logaddexp", "near", *_STATEMENTS}
    )

    def indexed(self, v: Value, w: ColumnWriting) -> Sequence[Value]:
        if v.op == "solve" and v.args[0].op == "lu" and w.uses[v.args[0]] > 1 and not v.data:
            return v.args[1:]
        return v.args if v.op == "einsum" and len(v.args) == 1 else ()

    # the function

    def function(
        self, w: ColumnWriting, program: Program, names: Sequence[str], body: Sequence[str]
    ) -> str:
        rows = [f"    {w.arguments[e.name]}: {described(e, '-by-')}" for e in program.variables]
        given = [f"    {n}: {returned(o, '-by-')}"
                    for n, o in zip(names, program.outputs, strict=True)]
        text = ("Arguments:", *rows, "", "Returns:", *given)
        doc = "".join(f"%   {line}".rstrip() + "\n" for line in ("", *text))
        code = "".join(f"    {line}\n" if line else "\n" for line in body)
        results = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        return (
            f"function {results} = {FUNCTION}({', '.join(w.arguments.values())})\n"
            f"%{FUNCTION.upper()} {program.about}\n{doc}\n{code}end\n"
        )

    def converted(self, name: str, e: Expr) -> list[str]:
        axes = axes_of(e)
        if not axes:
            test, wanted, made = "isscalar", "a number", name
        elif len(axes) == 1:
            test, wanted, made = "isvector", f"a vector, of length {axes[0]}", f"{name}(:)"
        else:
            shape = written_shape(e).replace("×", "-by-")
            test, wanted, made = "ismatrix", f"a matrix, {shape}", name
        return [
            f"if ~{test}({name})",
            f"    error('{FUNCTION}:size', '{name} must be {wanted}');",
            "end",
            f"{name} = double({made});",
        ]

    def read(self, name: str, axes: int, sizes: Mapping[int, str]) -> str:
        if len(sizes) == 2:
            return f"[{', '.join(sizes.values())}] = size({name});"
        ((k, size),) = sizes.items()
        return f"{size} = numel({name});" if axes == 1 else f"{size} = size({name}, {k + 1});"

    def checked(self, name: str, e: Expr, sizes: Sequence[str]) -> list[str]:
        shape = written_shape(e).replace("×", "-by-")
        if len(sizes) == 1:
            return [
                f"if numel({name}) ~= {sizes[0]}",
                f"    error('{FUNCTION}:size', '{name} is of length %d and must be of length "
                f"{shape} = %d', numel({name}), {sizes[0]});",
                "end",
            ]
        wanted = f"[{', '.join(sizes)}]"
        return [
            f"if ~isequal(size({name}), {wanted})",
            f"    error('{FUNCTION}:size', '{name} is %d-by-%d and must be {shape} = "
            f"%d-by-%d', size({name}), {wanted});",
            "end",
        ]

    # texts

    def sign(self, v: Value) -> str:
        sign = _SIGNS.get(v.op, "*")
        operands = v.args[1:] if sign == "/" else v.args
        arrays = any(a.ndim for a in v.args) if sign == "^" else all(a.ndim for a in operands)
        return f".{sign}" if arrays and sign in "*/^" else sign

    def elementwise(self, template: str, v: Value) -> str:
        return re.sub(r"\.([-+(])", r"\1", template)

    def inner(self, a: Value, b: Value, w: ColumnWriting) -> tuple[str, int]:
        return f"{self.turned(a, w)} * {w.name(b, POWER)}", PRODUCT

    def permuted(self, text: str, order: Sequence[int]) -> str:
        return f"permute({text}, [{', '.join(str(k + 1) for k in order)}])"

    def shaped(self, text: str, sizes: Sequence[str]) -> str:
        return f"reshape({text}, {_shape(sizes)})"

    def stacked(self, text: str) -> str:
        return f"reshape({text}, [], 1)"

    def summed(self, text: str, out: int, axes: int) -> str:
        for k in range(axes, out, -1):
            text = f"sum({text}, {k})"
        return text

    def expression(self, v: Value, w: ColumnWriting) -> tuple[str, int] | None:
        op = v.op
        if op in ("ones", "zeros"):
            return f"{op}({_shape(self.sizes(v.dims, w))[1:-1]})", ATOM
        if op == "eye":
            return f"eye({w.size(v.dims[0])})", ATOM
        if op == "full":
            shape = _shape(self.sizes(v.dims, w))[1:-1]
            return f"{w.name(v.args[0], PRODUCT)} * ones({shape})", PRODUCT
        if op == "scaled_eye":
            return f"{w.name(v.args[0], PRODUCT)} * eye({w.size(v.dims[0])})", PRODUCT
        if op == "add_diag":
            a, d = v.args
            full = w.name(a, SUM)
            if d.ndim:
                return f"{full} + diag({w.bare(d)})", SUM
            return self.added(full, d, f"eye({w.size(v.dims[0])})", w), SUM
        if op in _REDUCED:
            a = v.args[0]
            text = self.stacked(w.bare(a)) if a.ndim > 2 else w.bare(a)
            return _REDUCED[op][a.ndim == 2].format(text), ATOM
        if op == "matrix_power":
            return f"{w.name(v.args[0])}^{v.data}", POWER
        if op in ("solve", "inverse"):
            return self._solved(v, w)
        if op == "logdet":
            f = v.args[0]
            if f.op == "cholesky":
                return f"2 * sum(log(diag({w.bare(f)})))", PRODUCT
            if w.uses[f] > 1:
                return f"sum(log(abs(diag({w.parts[f][1]}))))", ATOM
        if op == "stack":
            return self._stacked(v, w), ATOM
        if op == "multi_dot":
            return None
        return super().expression(v, w)

    def _solved(self, v: Value, w: ColumnWriting) -> tuple[str, int] | None:
        f = v.args[0]
        right = w.name(v.args[1], POWER) if v.op == "solve" else f"eye({w.size(v.dims[0])})"
        if f.op == "cholesky":
            return f"{w.name(f)} \\ ({w.name(f)}' \\ {right})", PRODUCT
        if w.uses[f] == 1:
            if v.op == "inverse":
                return f"inv({w.bare(f)})", ATOM
            return f"{self.turned(f, w) if v.data else w.name(f, POWER)} \\ {right}", PRODUCT
        if v.op == "inverse" or v.data:
            return None
        lower, upper, rows = w.parts[f]
        return f"{upper} \\ ({lower} \\ {right}({rows}, :))", PRODUCT

    def _stacked(self, v: Value, w: ColumnWriting) -> str:
        if v.ndim == 1:
            return f"[{'; '.join(w.bare(a) for a in v.args)}]"
        if v.ndim == 2:
            return f"[{'; '.join(self.turned(a, w) for a in v.args)}]"
        shape = _shape(["1", *self.sizes(v.dims[1:], w)])
        return f"cat(1, {', '.join(f'reshape({w.bare(a)}, {shape})' for a in v.args)})"

    def statements(self, v: Value, target: str, w: ColumnWriting) -> list[str]:
        if v.op == "assemble":
            return self._assembled(v, target, w)
        if v.op == "einsum":
            return self._rearranged(v, target, w)
        if v.op == "lu":
            return self._factored(v, w)
        if v.op == "logdet":
            upper = w.fresh("U")
            return [f"[~, {upper}, ~] = lu({w.bare(v.args[0])}, 'vector');",
                    f"{target} = sum(log(abs(diag({upper}))));"]
        if v.op in ("solve", "inverse"):
            lower, upper, rows = w.parts[v.args[0]]
            n = w.size(v.dims[0])
            if v.op == "inverse":
                return [f"{target} = zeros({n});",
                        f"{target}(:, {rows}) = {upper} \\ ({lower} \\ eye({n}));"]
            b = v.args[1]
            return [f"{target} = zeros({_shape(self.sizes(v.dims, w))[1:-1]});",
                    f"{target}({rows}, :) = {lower}' \\ ({upper}' \\ {w.name(b, POWER)});"]
        if v.op == "multi_dot":
            return self._chained(v, target, w)
        if v.op == "near":
            return self.lines(_near(v), v, target, w)
        if v.op not in _STATEMENTS:
            return super().statements(v, target, w)
        return self.lines(_STATEMENTS[v.op], v, target, w)

    def _chained(self, v: Value, target: str, w: ColumnWriting) -> list[str]:
        """A chain from the left or from the right, whichever is cheaper for these sizes."""
        names = [w.name(a, POWER) for a in v.args]
        sizes = [w.size(v.args[0].dims[0]), *(w.size(a.dims[1]) for a in v.args)]
        pairs = [f"{a} * {b}" for a, b in pairwise(sizes)]
        forward = f"{sizes[0]} * ({' + '.join(pairs[1:])})"
        backward = f"{sizes[-1]} * ({' + '.join(pairs[:-1])})"
        right = " * (".join(names[:-1]) + f" * {names[-1]}" + ")" * (len(names) - 2)
        return [f"if {forward} < {backward}",
                f"    {target} = {' * '.join(names)};",
                "else",
                f"    {target} = {right};",
                "end"]

    def _factored(self, v: Value, w: ColumnWriting) -> list[str]:
        text = w.bare(v.args[0])
        lower, upper, rows = w.parts[v] = w.fresh("L"), w.fresh("U"), w.fresh("p")
        what = text if text.isidentifier() else "a matrix that is inverted"
        return [
            f"[{lower}, {upper}, {rows}] = lu({text}, 'vector');",
            f"if any(diag({upper}) == 0)",
            f"    error('{FUNCTION}:singular', '{what} is singular');",
            "end",
        ]

    # arrays of more axes

    def _rearranged(self, v: Value, target: str, w: ColumnWriting) -> list[str]:
        """One array, some of its axes summed, some run through together."""
        (ids,), out = v.data
        a = v.args[0]
        made: list[str] = []
        text, level = w.piece(a)
        distinct = tuple(dict.fromkeys(ids))
        if len(distinct) < len(ids):
            at = w.fresh("at")
            made.append(f"{at} = {self._places(ids, a.dims, w)};")
            text, level = f"reshape({text}({at}), size({at}))", ATOM
        order = [distinct.index(i) for i in (*out, *(i for i in distinct if i not in out))]
        text, _ = self.moved(text, level, order)
        return [*made, f"{target} = {self.summed(text, len(out), len(distinct))};"]

    def _assembled(self, v: Value, target: str, w: ColumnWriting) -> list[str]:
        """Cores written along diagonals, by the places of their entries in memory."""
        made: list[str] = []
        for core, (out, free) in zip(v.args, v.data, strict=True):
            if len(out) == len(free):
                text, _ = self.moved(*w.piece(core), [out.index(i) for i in free])
                made.append(f"{target} = {text};")
                continue
            if not made:
                made.append(f"{target} = zeros({_shape(self.sizes(v.dims, w))});")
            distinct = tuple(dict.fromkeys(free))
            at = w.fresh("at")
            entry = ", ".join("ijklpqrst"[distinct.index(i)] for i in free)
            text, level = self.aligned(core, out, distinct, w)
            text = text if level >= PRODUCT else f"({text})"
            # what is taken from an array may have the axes of the array, not of the places
            made += [
                f"% the entries ({entry})",
                f"{at} = {self._places(free, v.dims, w)};",
                f"{target}({at}) = reshape({target}({at}), size({at})) + {text};",
            ]
        return made

    def _places(self, ids: Sequence[int], dims: Sequence[Dim], w: ColumnWriting) -> str:
        """Where entries with equal indices lie in memory, with an axis for each index."""
        parts = ["1"]
        for k, i in enumerate(dict.fromkeys(ids)):
            steps = [w.size(product_of(dims[:n])) for n, j in enumerate(ids) if j == i]
            step = " + ".join(steps)
            size = w.size(dims[ids.index(i)])
            run = f"(0:{size}-1)'" if k == 0 else f"(0:{size}-1)" if k == 1 else (
                f"reshape(0:{size}-1, [{'1, ' * k}{size}])")
            front = "" if step == "1" else f"({step}) * " if len(steps) > 1 else f"{step} * "
            parts.append(f"{front}{run}")
        return " + ".join(parts)


def _near(v: Value) -> tuple[str, ...]:
    bound, low, *coefficients = v.data
    text = polynomial("{small}", low, coefficients)
    for plain, dotted in ((" ** ", " .^ "), (" * ", " .* ")):
        text = text.replace(plain, dotted)
    return (f"{{near}} = abs({{0}}) < {literal(bound)};",
            "{small} = {0}({near});",
            "{target} = {1};",
            f"{{target}}({{near}}) = {text};")


def _shape(sizes: Sequence[str]) -> str:
    """Sizes of axes as a size in MATLAB, which has two at least."""
    return f"[{', '.join((*sizes, '1') if len(sizes) == 1 else sizes)}]"


TARGET = MatlabTarget()
