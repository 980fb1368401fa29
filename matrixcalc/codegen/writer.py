"""Array operations as one self-contained function, with checks, names and comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matrixcalc.codegen import numpy_target
from matrixcalc.codegen.ir import Value, schedule
from matrixcalc.codegen.names import identifier
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

HEADER = """\
import numpy as np
from scipy import linalg, special
from scipy.linalg import blas, lapack
"""
_STEMS = {"dot": "product", "symv": "product", "outer": "outer", "lu": "factor",
          "cholesky": "factor", "solve": "solution", "inverse": "inverse", "gram": "gram",
          "apply": "value", "sum": "total", "einsum": "core", "assemble": "tensor"}


class Writer:
    """One function being written."""

    def __init__(self, variables: Sequence[Expr]) -> None:
        self.arguments: dict[str, str] = {}
        for e in sorted(variables, key=lambda e: e.name):
            self.arguments[e.name] = identifier(e.name, self.arguments.values())
        self.taken = set(self.arguments.values())
        self.sizes: dict[str, str] = {}
        self.names: dict[Value, str] = {}
        self.body: list[str] = []

    def name(self, v: Value) -> str:
        return self.names[v]

    def size(self, d: Dim) -> str:
        """A dimension as an expression in the sizes that the arguments tell."""
        parts = []
        for name in d.names:
            if name not in self.sizes:
                raise UnsupportedError(f"no argument tells the size of the dimension {name}")
            parts.append(self.sizes[name])
        if d.factor != 1 or not parts:
            parts.insert(0, str(d.factor))
        return " * ".join(parts)

    def temporary(self, stem: str) -> str:
        count = 1
        name = stem
        while name in self.taken or name in numpy_target.INFIX:
            count += 1
            name = f"{stem}_{count}"
        self.taken.add(name)
        return name

    def checks(self, variables: Sequence[Expr]) -> None:
        """Arguments as arrays, and their shapes against each other."""
        ordered = sorted(variables, key=lambda e: e.name)
        for e in ordered:
            name = self.arguments[e.name]
            if e.is_scalar:
                self.body.append(f"{name} = float({name})")
                continue
            self.body.append(f"{name} = np.asarray({name}, dtype=float)")
            axes = [d for d in e.shape if not d.is_one]
            said = "×".join(str(d) for d in axes)
            self.body.append(f"if {name}.ndim != {len(axes)}:")
            message = f"{e.name} must have {len(axes)} axes ({said})"
            self.body.append(f"    raise ValueError({message!r})")
            for k, d in enumerate(axes):
                if len(d.names) == 1 and d.factor == 1 and d.names[0] not in self.sizes:
                    size = self.temporary(identifier(d.names[0], self.taken))
                    self.sizes[d.names[0]] = size
                    self.body.append(f"{size} = {name}.shape[{k}]")
        for e in ordered:
            axes = [d for d in e.shape if not d.is_one]
            if not axes:
                continue
            name = self.arguments[e.name]
            wanted = "(" + "".join(f"{self.size(d)}, " for d in axes) + ")"
            said = "×".join(str(d) for d in axes)
            self.body.append(f"if {name}.shape != {wanted}:")
            self.body.append(
                f"    raise ValueError(f\"{e.name} is {said}, which the other arguments make "
                f"{{{wanted}}}; its shape is {{{name}.shape}}\")"
            )

    def compute(self, outputs: Mapping[str, Value]) -> None:
        """The lines for the outputs and everything below them."""
        order = schedule(list(outputs.values()))
        uses: dict[Value, int] = {}
        for v in order:
            for a in v.args:
                uses[a] = uses.get(a, 0) + 1
        for v in outputs.values():
            uses[v] = uses.get(v, 0) + 1
        for v in order:
            if v.op == "input":
                self.names[v] = self.arguments[v.data[0]]
                continue
            if v.op == "number":
                self.names[v] = numpy_target.literal(v.data)
                continue
            first = v.args[0] if v.args else None
            reusable = (
                first is not None and first.ndim == 2 and first.dims == v.dims
                and first.op in numpy_target.FRESH and uses[first] == 1
                and first not in v.args[1:]
            )
            if v.note:
                self.body.append(f"# {v.note}")
            target = self.temporary(_STEMS.get(v.op, "part"))
            self.body.extend(numpy_target.lines(v, target, self, reusable))
            self.names[v] = target
            if first is not None and v.op == "T":
                uses[v] += 1

    def result(self, outputs: Mapping[str, Value]) -> None:
        """The last line; arguments are never handed back themselves."""
        texts = []
        for label, v in outputs.items():
            self.body.append(f"# {label}")
            text = self.name(v)
            owned = v.op not in ("input", "T", "reshape", "vec")
            texts.append(text if owned or not v.ndim else f"np.array({text})")
        self.body.append(f"return {', '.join(texts)}")

    def source(self, name: str, docstring: str) -> str:
        """The whole text."""
        safe = docstring.replace("\\", "\\\\").replace('"""', "'''")
        head = f"def {name}({', '.join(self.arguments.values())}):"
        body = "".join(f"    {line}\n" for line in self.body)
        doc = "\n".join(f"    {line}".rstrip() for line in safe.splitlines())
        return f'{HEADER}\n\n{head}\n    """{doc.lstrip()}\n    """\n{body}'
