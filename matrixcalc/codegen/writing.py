"""A function being written: names, sizes, and which operations get a line of their own.

Nothing here knows a target's syntax; :mod:`matrixcalc.codegen.targets.python` and its like do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from matrixcalc.codegen.ir import Value, schedule
from matrixcalc.codegen.names import PYTHON, Language, identifier
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

ATOM, POWER, SIGN, PRODUCT, SUM = 4, 3, 2, 1, 0
"""How strongly a piece of code binds, for parentheses."""

_LONG = 48
_STEMS = {
    "add": "total", "sub": "difference", "mul": "scaled", "div": "quotient", "pow": "power",
    "neg": "negative", "lu": "factor", "cholesky": "factor", "solve": "solution",
    "inverse": "inverse", "gram": "gram", "outer": "outer", "sum": "total", "einsum": "core",
    "assemble": "tensor", "dot": "product", "symv": "product", "multi_dot": "product",
    "diagonal_operator": "diagonal", "kronecker_operator": "kronecker",
    "crossed_operator": "crossed", "block_operator": "blockwise", "operator_sum": "operator",
    "low_rank_operator": "operator",
    "add_diag": "total", "add_dot_diag": "total", "scatter": "tensor",
    "scale_rows": "scaled", "scale_columns": "scaled", "reshape": "shaped", "T": "transposed",
    "abs": "magnitude", "max": "largest", "min": "smallest",
}


class Writing:
    """The names, sizes and texts of one function.

    ``reserved`` are names that the target itself uses, ``language`` says what a name may be.
    ``origins`` and ``sizes`` are how each dimension is told by an argument and what it is
    called; ``needed`` those that are used;
    ``helpers`` are functions that stand before the one that is written; ``placed`` the
    workspaces of the caller that results are computed in, ``viewed`` those of them that are
    written through a view, which is not the array itself.
    """

    def __init__(
        self,
        variables: Sequence[Expr],
        reserved: Iterable[str] = (),
        language: Language = PYTHON,
    ) -> None:
        self.reserved = frozenset(reserved)
        self.taken = set(self.reserved)
        self.language = language
        self.arguments: dict[str, str] = {}
        for e in variables:
            self.arguments[e.name] = self.fresh(identifier(e.name, self.reserved, language))
        self.sizes: dict[str, str] = {}
        self.origins: dict[str, str] = {}
        self.needed: list[str] = []
        self.uses: dict[Value, int] = {}
        self.helpers: dict[str, str] = {}
        self.placed: set[str] = set()
        self.viewed: set[str] = set()
        self._texts: dict[Value, tuple[str, int]] = {}

    # names

    def fresh(self, stem: str) -> str:
        """A new name that begins with the stem."""
        count, name = 1, stem
        while name in self.taken:
            count += 1
            name = f"{stem}_{count}"
        self.taken.add(name)
        return name

    def temporary(self, v: Value) -> str:
        """A telling name for a value: ``Xw`` for X*w, ``exp_x`` for exp(x)."""
        return self.fresh(self.stem(v))

    def stem(self, v: Value) -> str:
        """What the name of a value begins with."""
        return self.telling(v) or _STEMS.get(v.op, v.op)

    def telling(self, v: Value) -> str | None:
        """A name that says what the value is, or None."""
        parts = [self._short(a) for a in v.args]
        if any(p is None for p in parts):
            return _STEMS.get(v.data, v.data) if v.op == "apply" else None
        if v.op == "apply":
            return f"{v.data}_{parts[0]}"
        if v.op in ("dot", "symv"):
            return f"{parts[0]}{parts[1]}"
        if v.op == "gram" and len(parts) == 1:
            whole = str(parts[0])
            return f"{whole[:-1] if v.args[0].op == 'T' else whole + 't'}{whole}"
        return None

    def _short(self, v: Value) -> str | None:
        if v.op == "T":
            inner = self._short(v.args[0])
            return None if inner is None else f"{inner}t"
        text, level = self._texts.get(v, ("", 0))
        known = level == ATOM and re.fullmatch(r"[A-Za-z]\w{0,5}", text) is not None
        return text if known and text not in _STEMS.values() else None

    # sizes

    def measure(self, variables: Sequence[Expr], text: Callable[[str, int], str]) -> None:
        """Find the argument that tells the size of each dimension.

        ``text(argument, axis)`` is how a target asks for it. Vectors are asked first.
        """
        for e in sorted(variables, key=lambda e: len(axes_of(e))):
            for axis, d in enumerate(axes_of(e)):
                if len(d.names) == 1 and d.factor == 1 and d.names[0] not in self.origins:
                    self.origins[d.names[0]] = text(self.arguments[e.name], axis)
                    self.tell_size(d.names[0])

    def tell_size(self, name: str) -> str:
        """Give a name in code to the size of a dimension."""
        made = self.sizes[name] = self.fresh(identifier(name, self.reserved, self.language))
        return made

    def size(self, d: Dim, told: bool = False) -> str:
        """A dimension in the names of sizes, which are given values where they are used.

        With ``told`` it is written by the arguments that tell it.
        Raises UnsupportedError where no argument tells one of them.
        """
        text = self.dimension(d, self.origins if told else self.sizes)
        if not told:
            self.needed += [n for n in dict.fromkeys(d.names) if n not in self.needed]
        return text

    def dimension(self, d: Dim, names: Mapping[str, str]) -> str:
        """A dimension in these names."""
        for name in d.names:
            if name not in names:
                raise UnsupportedError(
                    f"no argument tells the size of the dimension {name}",
                    hint="give it as a number in the declarations, as in x: vector(3)",
                )
        parts = [names[name] for name in d.names]
        if d.factor != 1 or not parts:
            parts.insert(0, str(d.factor))
        return " * ".join(parts)

    def shape(self, axes: Sequence[Dim], told: bool = False) -> str:
        """Dimensions as a tuple."""
        texts = [self.size(d, told) for d in axes]
        return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"

    # texts

    def set(self, v: Value, text: str, level: int = ATOM) -> None:
        """Say how a value is written from now on."""
        self._texts[v] = (text, level)

    def text(self, v: Value) -> tuple[str, int]:
        """How a value is written, and how strongly that binds."""
        return self._texts[v]

    def bare(self, v: Value) -> str:
        """A value where nothing stands beside it, as in a call."""
        return self._texts[v][0]

    def name(self, v: Value, level: int = ATOM) -> str:
        """A value in a place that binds as strongly as ``level``."""
        return enclosed(*self._texts[v], level)

    def filled(self, template: str, args: Sequence[Value]) -> str:
        """A template with the texts of its arguments."""
        return filled(template, [self._texts[v] for v in args])

    def count(self, outputs: Sequence[Value]) -> list[Value]:
        """All values in an order in which they can be computed; their uses are counted."""
        order = schedule(list(outputs))
        self.uses = {}
        for used in (*(a for v in order for a in v.args), *outputs):
            self.uses[used] = self.uses.get(used, 0) + 1
        return order

    def inlined(self, v: Value, text: str, elementwise: Callable[[Value], bool]) -> bool:
        """Whether a value is written where it is used, and has no line of its own."""
        if v.op == "T":
            return True
        return self.uses[v] == 1 and len(text) <= _LONG and elementwise(v) and v.ndim < 2


def enclosed(text: str, own: int, level: int) -> str:
    """A text in a place that binds as strongly as ``level``."""
    return text if own >= level else f"({text})"


def filled(template: str, texts: Sequence[tuple[str, int]]) -> str:
    """A template with texts, each with its level, in parentheses where they need them.

    What stands between a parenthesis or comma and another needs none; a transpose of a
    transpose is none.

    >>> filled("f({0}) + {0}", [("a - b", SUM)])
    'f(a - b) + (a - b)'
    """

    def text(found: re.Match[str]) -> str:
        before, place, after = found.groups()
        inner, own = texts[int(place)]
        alone = before in ("(", ", ") and after in (")", ",")
        return str(before) + (inner if alone else enclosed(inner, own, ATOM))

    return re.sub(r"(^|, |.)\{(\d)\}(?=(.|$))", text, template).replace(".T.T", "")


def axes_of(e: Expr) -> list[Dim]:
    """The axes of a variable as an array: those longer than one."""
    return [d for d in e.shape if not d.is_one]


def written_shape(e: Expr) -> str:
    """The shape of a variable in words: ``n×m``, ``length n``."""
    axes = axes_of(e)
    return "a number" if not axes else "×".join(str(d) for d in axes)
