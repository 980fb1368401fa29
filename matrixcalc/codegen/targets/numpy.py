"""NumPy and SciPy: BLAS and LAPACK are called directly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.spellings import ELEMENTWISE
from matrixcalc.codegen.targets import numpy_inverses, operators
from matrixcalc.codegen.targets.numpy_exponentials import BY_SOFTMAX, centred, exponential, near
from matrixcalc.codegen.targets.numpy_matrices import SPECIAL, factored, multi_dot, special
from matrixcalc.codegen.targets.numpy_tensors import assembled, broadcast, einsum
from matrixcalc.codegen.targets.python import (
    INFIX,
    PythonTarget,
    is_view,
)
from matrixcalc.codegen.writing import ATOM, Writing, axes_of
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

PLAIN = {
    "T": "{0}.T",
    "dot": "{0}.dot({1})",
    "symv": "{1}.dot({0}) if len({0}) < 150 else blas.dsymv(1.0, {0}.T, {1})",
    "outer": "np.dot({0}[:, None], {1}[None, :])",
    "gram": "{0}.T.dot({0})",
    "plus_transpose": "{0} + {0}.T",
    "scale_rows": "{0}[:, None] * {1}",
    "scale_columns": "{0} * {1}",
    "pi": "np.pi",
    "diag": "np.diag({0})",
    "diagonal": "np.diagonal({0}).copy()",
    "sum": "{0}.sum()",
    "colsum": "{0}.sum(axis=0)",
    "rowsum": "{0}.sum(axis=1)",
    "tr": "np.trace({0})",
    "trace_product": "np.vdot({0}, {1}.T)",
    "vec": "{0}.ravel(order='F')",
    "cumsum": "np.cumsum({0}, axis=0)",
    "norm1": "np.abs({0}).sum()",
    "max": "{0}.max()",
    "min": "{0}.min()",
    "det": "np.linalg.det({0})",
    "pinv": "np.linalg.pinv({0})",
    "logaddexp": "np.logaddexp({0}, {1})",
    "softmax_rest": "np.where({0} > 0.5, {0}[{0} <= 0.5].sum(), 1.0 - {0})",
    "copy": "np.array({0})",
    "expm": "linalg.expm({0})",
    "logm": "linalg.logm({0}).real",
    "sqrtm": "linalg.sqrtm({0}).real",
}
INTO = {
    "add": "np.add({0}, {1})",
    "sub": "np.subtract({0}, {1})",
    "mul": "np.multiply({0}, {1})",
    "div": "np.divide({0}, {1})",
    "pow": "np.power({0}, {1})",
    "neg": "np.negative({0})",
    "dot": PLAIN["dot"],
    "outer": PLAIN["outer"],
    "gram": PLAIN["gram"],
    "plus_transpose": "np.add({0}, {0}.T)",
    "scale_rows": "np.multiply({0}[:, None], {1})",
    "scale_columns": "np.multiply({0}, {1})",
}
"""Operations as calls, which can be told where to write."""

SHAPED = frozenset({"ones", "zeros", "full", "add_diag", "reshape", "kron", "assemble"})
"""Operations that are told the shape of their result."""

class NumPyTarget(PythonTarget):
    """NumPy arrays of double precision, with SciPy's BLAS, LAPACK and special functions."""

    column = "numpy"
    modules = MappingProxyType({
        "np": "import numpy as np",
        "linalg": "from scipy import linalg",
        "special": "from scipy import special",
        "blas": "from scipy.linalg import blas",
        "lapack": "from scipy.linalg import lapack",
        "LinearOperator": "from scipy.sparse.linalg import LinearOperator",
    })
    constants = ("ARRAY = np.ndarray", "FLOAT = np.dtype(float)")
    reserved = operators.NAMES | {
        *modules, "ARRAY", "FLOAT", "inverse_congruence", "out", "symmetric_product", "unit",
    }
    plain = PLAIN

    def rewritten(self, program: Program) -> Program:
        return numpy_inverses.halved(numpy_inverses.congruences(program))

    def converted(self, name: str, e: Expr) -> list[str]:
        if e.is_scalar:
            message = f"{e.name} must be a number"
            return [f"if np.ndim({name}):", f"    raise ValueError({message!r})",
                    f"{name} = float({name})"]
        # NumPy would drop the imaginary part with a warning
        message = f"{e.name} must be real"
        return [f"if np.iscomplexobj({name}):", f"    raise ValueError({message!r})",
                f"{name} = np.asarray({name}, dtype=float)"]

    def copied(self, text: str) -> str:
        return f"np.array({text})"

    def reused(self, v: Value, w: Writing) -> Value | None:
        if v.op == "apply":
            able = _is_call(ELEMENTWISE[v.data].numpy)
        else:
            able = v.op in ("add", "sub", "mul", "div", "neg", "add_diag") or _is_scaling(v)
        places = v.args if v.op in ("add", "sub", "mul", "einsum") else v.args[:1]
        if not able or v.ndim < 2:
            return None
        return next((a for a in places if _fits(a, v, w)), None)

    def absorbed(self, v: Value, w: Writing) -> Sequence[Value]:
        if v.op not in ("add", "sub") or self.reused(v, w) is not v.args[0]:
            return ()
        outer = v.args[1]
        return (outer,) if outer.op == "outer" and w.uses[outer] == 1 else ()

    def reusing(self, v: Value, w: Writing) -> list[str]:
        place = self.reused(v, w)
        assert place is not None
        name = w.name(place)
        others = [a for a in v.args if a is not place]
        if self.absorbed(v, w):
            # a rank-one update in place; BLAS sees the transposed matrix
            x, y = (w.bare(a) for a in v.args[1].args)
            sign = "" if v.op == "add" else "-"
            return [f"{name} = blas.dger({sign}1.0, {y}, {x}, a={name}.T, overwrite_a=1).T"]
        if v.op == "apply":
            return [f"{ELEMENTWISE[v.data].numpy[:-1].format(name)}, out={name})"]
        if v.op == "neg":
            return [f"np.negative({name}, out={name})"]
        if v.op == "add_diag":
            return [f"np.einsum('ii->i', {name})[...] += {w.bare(v.args[1])}"]
        if v.op == "einsum":
            k = v.args.index(others[0])
            ids, out = v.data[0][k], v.data[1]
            return [f"{name} *= {broadcast(w.name(others[0]), ids, out)}"]
        if v.op == "sub" and place is v.args[1]:
            return [f"np.subtract({w.bare(others[0])}, {name}, out={name})"]
        return [f"{name} {INFIX[v.op][0]}= {w.bare(others[0])}"]

    # workspaces

    def signature(self, w: Writing) -> list[str]:
        return [*super().signature(w), "out=None"]

    def heads(
        self, program: Program, reused: Mapping[Value, Value], w: Writing
    ) -> dict[Value, str]:
        made: dict[Value, str] = {}
        for place, o in zip(workspaces(program), program.outputs, strict=True):
            v, viewed = o.value, False
            while v in reused:
                viewed = viewed or bool(self.absorbed(v, w))
                v = reused[v]
            if v.ndim and v not in made and into(v):
                made[v] = place
                w.viewed.update([place] * viewed)
        w.placed = set(made.values())
        return made

    def writing_to(self, v: Value, place: str, w: Writing) -> str:
        return f"{w.filled(into(v), v.args)[:-1]}, out={place})"

    def expression(self, v: Value, w: Writing) -> tuple[str, int] | None:
        if v.op == "dot" and not v.ndim:
            # several times as quick to call as numpy.dot
            return w.filled("blas.ddot({0}, {1})", v.args), ATOM
        return super().expression(v, w)

    def returned(self, w: Writing, program: Program) -> list[str]:
        made: list[str] = []
        texts: list[str] = []
        for place, o in zip(workspaces(program), program.outputs, strict=True):
            text = w.bare(o.value)
            if place in w.viewed:
                texts.append(f"{text} if {place} is None else {place}")
                continue
            if not in_place(o.value) or place in w.placed:
                texts.append(text)
                continue
            if is_view(o.value):
                # a view of an argument would hand the argument back
                made += [f"if {place} is None:", f"    {place} = np.array({text})", "else:"]
            else:
                made += [f"if {place} is None:", f"    {place} = {text}", "else:"]
            made.append(f"    {place}[...] = {text}")
            texts.append(place)
        return [*made, f"return {program.listed(texts)}"]

    def length(self, name: str, axis: int) -> str:
        return f"{name}.shape[{axis}]" if axis else f"len({name})"

    def arguments(self, w: Writing, program: Program, made: Sequence[str]) -> list[str]:
        """Conversion and messages, passed over where the arguments fit: that is quick to see."""
        variables = [(w.arguments[e.name], axes_of(e)) for e in program.variables]
        arrays = [(name, axes) for name, axes in variables if axes]
        numbers = [name for name, axes in variables if not axes]
        fits = []
        if arrays:
            names = [name for name, _ in arrays]
            fits.append(" is ".join([*(f"type({name})" for name in names), "ARRAY"]))
            fits.append(" is ".join([*(f"{name}.dtype" for name in names), "FLOAT"]))
        if numbers:
            fits.append(" is ".join([*(f"type({name})" for name in numbers), "float"]))
        fits += self.fits(arrays, w)
        slow = [f"    {line}" for line in super().arguments(w, program, made)]
        inner = [f"    {'and ' if k else ''}{text}" for k, text in enumerate(fits)]
        checks = [f"if not {fits[0]}:"] if len(fits) == 1 else ["if not (", *inner, "):"]
        places = workspaces(program)
        if len(places) > 1:
            unpacked = [f"{', '.join(places)} = out or ({', '.join(['None'] * len(places))})"]
        else:
            unpacked = []
        for place, o in zip(places, program.outputs, strict=True):
            if in_place(o.value):
                unpacked += workspace_check(place, w.shape(o.value.dims, told=True))
            elif o.value.ndim:
                unpacked += [f"if {place} is not None:",
                             "    raise ValueError('out must be None for an operator')"]
        return [*checks, *slow, *unpacked]

    def fits(self, arrays: Sequence[tuple[str, Sequence[Dim]]], w: Writing) -> list[str]:
        """The conditions under which arrays are taken as they are, after their types."""
        made: list[str] = []
        for count in (1, 2):
            names = [name for name, axes in arrays if len(axes) == count]
            if names:
                made.append(" == ".join([*(f"{name}.ndim" for name in names), str(count)]))
        lengths: dict[Dim, list[str]] = {}
        for name, axes in arrays:
            for k, d in enumerate(axes):
                lengths.setdefault(d, [w.size(d, told=True)]).append(self.length(name, k))
        alike = [list(dict.fromkeys(texts)) for texts in lengths.values()]
        return made + [" == ".join(texts) for texts in alike if len(texts) > 1]

    def statements(self, v: Value, target: str, w: Writing) -> list[str]:
        a = [w.name(x) for x in v.args]
        op = v.op
        shape = w.shape(v.dims) if op in SHAPED else ""
        if op == "gram":
            return [f"{target} = {a[0]}.T.dot({a[0]})", f"{target} *= {a[1]}"]
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
            return multi_dot(v, target, a, w)
        if op == "norm2":
            if not v.args[0].ndim:
                return [f"{target} = abs({a[0]})"]
            return [f"{target} = blas.dnrm2({a[0]}{'.ravel()' if v.args[0].ndim == 2 else ''})"]
        if op in BY_SOFTMAX:
            return exponential(op, target, a[0], w)
        if op == "kron":
            if v.data is None:
                return [f"{target} = np.kron({a[0]}, {a[1]})"]
            cut = {"n1": "[:, None]", "1n": "[None, :]"}
            parts = [f"{text}{cut.get(kind, '')}" for text, kind in zip(a, v.data, strict=True)]
            return [f"{target} = np.kron({', '.join(parts)}).reshape({shape})"]
        if op in ("lu", "cholesky", "solve", "inverse", "logdet"):
            return factored(v, target, a)
        if op in ("congruence", "half_inverse", "symm"):
            return [numpy_inverses.statement(v, target, w)]
        if op in ("centred", "softmax_times"):
            return centred(v, target, a, w)
        if op == "softmax_jacobian":
            return [f"{target} = np.dot({a[0]}[:, None], -{a[0]}[None, :])",
                    f"np.einsum('ii->i', {target})[...] = {a[0]} * "
                    + PLAIN["softmax_rest"].format(a[0])]
        if op == "near":
            return near(v, target, a, w)
        if op == "einsum":
            return [f"{target} = {einsum(v, w)}"]
        if op == "stack":
            return [f"{target} = np.stack(({', '.join(a)}))"]
        if op == "assemble":
            return assembled(v, target, w, shape)
        if op in operators.CLASSES:
            return operators.statements(v, target, w)
        if op in SPECIAL:
            return special(op, target, a)
        raise UnsupportedError(f"no NumPy code for {op}")


FRESH = frozenset(
    {"dot", "outer", "gram", "plus_transpose", "scale_rows", "scale_columns", "apply", "neg",
     "centred", "softmax_jacobian", "softmax_times"}
).union(INFIX)
"""Operations whose result is a new array, as is that of an einsum of two."""


def _fits(a: Value, v: Value, w: Writing) -> bool:
    """Whether an operand is a new array of the result's axes that is used once."""
    new = a.op in FRESH or (a.op == "einsum" and len(a.args) == 2)
    if v.op == "einsum" and v.data[0][v.args.index(a)] != v.data[1]:
        return False
    return new and a.dims == v.dims and w.uses[a] == 1 and v.args.count(a) == 1


def _is_scaling(v: Value) -> bool:
    """Whether an einsum multiplies the entries of one array by those of a smaller one."""
    if v.op != "einsum" or len(v.args) != 2:
        return False
    subscripts, out = v.data
    return sum(ids == out for ids in subscripts) == 1 and all(
        set(ids) <= set(out) for ids in subscripts
    )


def workspaces(program: Program) -> list[str]:
    """What the workspace of each output is called: ``out``, or ``out_1``, ``out_2``, …"""
    if len(program.outputs) == 1:
        return ["out"]
    return [f"out_{k + 1}" for k in range(len(program.outputs))]


def workspace_check(place: str, shape: str) -> list[str]:
    """The lines that refuse a workspace into which a result of this shape can't be written."""
    return [
        f"if {place} is not None and not (",
        f"    type({place}) is ARRAY",
        f"    and {place}.dtype is FLOAT",
        f"    and {place}.shape == {shape}",
        f"    and {place}.flags.c_contiguous",
        "):",
        f'    raise ValueError(f"out must be a C-contiguous array of floats of shape {{{shape}}}")',
    ]


def in_place(v: Value) -> bool:
    """Whether an output can be put into a workspace: it is an array."""
    return v.ndim > 0 and v.op not in operators.CLASSES


def into(v: Value) -> str:
    """The template of an operation as a call that can write into an array, or ``""``."""
    if v.op == "apply":
        call = ELEMENTWISE[v.data].numpy
        return call if _is_call(call) else ""
    if v.op == "gram" and len(v.args) == 2:
        return ""
    return "" if v.op == "dot" and not v.ndim else INTO.get(v.op, "")


def _is_call(template: str) -> bool:
    """Whether a template is one call of a function that takes ``out``."""
    called = template.startswith(("np.", "special."))
    return called and template.count("(") == template.count("{") == 1


TARGET = NumPyTarget()
