"""Random expressions of the whole language, well-typed by the way they are made.

An expression is a :class:`reference.Tree`; :func:`show` writes it in the language, with as few
parentheses as the grammar allows or with more, in one of the spellings. All dimensions
differ, so that a wrong transpose cannot hide. Choices are made by a function ``choose(k)``
that gives a number below k: hypothesis draws it in the tests, ``random`` in a long run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st
from reference import ELEMENTWISE, SIZES, Array, Dims, Tree, length

Choose = Callable[[int], int]
Shape = tuple[Dims, Dims]
T = TypeVar("T")

ONE: Dims = ()
SCALAR: Shape = (ONE, ONE)
NAMES = {"scalar": "abcdef", "vector": "xyzuvw", "row": "rstkhj", "matrix": "XYZABCDEFHKLMPQRSUVW"}
STRUCTURED = ("symmetric", "positive_definite", "diagonal", "skew")


@dataclass
class Problem:
    """A random expression with its variables, ready to be differentiated."""

    tree: Tree
    text: str
    vars: dict[str, str]
    values: dict[str, Array]
    properties: dict[str, str]
    shapes: dict[str, Shape]


@dataclass
class Generator:
    """Makes one expression.

    Attributes:
        choose: the source of all choices.
        variables: name -> shape of the variables so far; properties: of some of them.
        smooth: whether functions with kinks are left out (for second derivatives).
        shared: trees made so far, by shape, to be used again.
    """

    choose: Choose
    variables: dict[str, Shape] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    smooth: bool = False
    shared: dict[Shape, list[Tree]] = field(default_factory=dict)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.choose(len(options))]

    def chance(self, percent: int) -> bool:
        return self.choose(100) >= 100 - percent

    def dim(self) -> Dims:
        return (self.pick("nmp"),)

    # leaves

    def variable(self, shape: Shape, fresh: bool = False) -> Tree:
        known = [name for name, s in self.variables.items() if s == shape]
        if known and not fresh and (len(known) > 1 or self.chance(60)):
            return Tree("name", [], shape, self.pick(known))
        kind = _kind(shape)
        name = next(c for c in NAMES[kind] if c not in self.variables)
        self.variables[name] = shape
        if self.chance(25):
            choices = ["positive"]
            if kind == "matrix" and shape[0] == shape[1]:
                choices += [*STRUCTURED, "orthogonal"]
            self.properties[name] = self.pick(choices)
        return Tree("name", [], shape, name)

    def number(self) -> Tree:
        return Tree("number", [], SCALAR, self.pick(["1", "2", "3", "0.5", "1.5", "0.25", "10"]))

    def leaf(self, shape: Shape) -> Tree:
        if shape == SCALAR:
            if self.chance(25):
                return self.number()
            if self.chance(6):
                return Tree("pi", [], SCALAR)
            if self.chance(6):
                return Tree("size", [], SCALAR, self.pick("nmp"))
        elif self.chance(12) and self.known(shape):
            if shape[0] == shape[1] and self.chance(60):
                return Tree("eye", [], shape)
            if shape[0]:
                return Tree("const", [], shape, self.pick(["1", "2", "0.5", "1", "0"]))
        return self.variable(shape)

    def known(self, shape: Shape) -> bool:
        """Whether a variable tells the dimensions of a shape."""
        sizes = {d for s in self.variables.values() for axis in s for d in axis}
        return sizes.issuperset(shape[0] + shape[1])

    # expressions

    def make(self, shape: Shape, depth: int) -> Tree:
        """An expression of a shape; ``depth`` more levels at most."""
        known = self.shared.setdefault(shape, [])
        if known and self.chance(10):
            return self.pick(known)
        if depth <= 0 or self.chance(8):
            return self.leaf(shape)
        makers = [self.common]
        if shape == SCALAR:
            makers += [self.scalar, self.scalar]
        elif ONE in shape:
            makers += [self.vector if shape[0] else self.row] * 2
        else:
            makers += [self.matrix] * 2
        if any(len(axis) > 1 for axis in shape):
            makers = [self.common, self.product_dims, self.product_dims]
        made = self.pick(makers)(shape, depth - 1)
        known.append(made)
        return made

    def common(self, shape: Shape, depth: int) -> Tree:
        op = self.pick(
            ["add", "add", "sub", "neg", "scale", "div", "had", "haddiv", "epow", "epowv",
             "fn", "fn", "T", "chain", "chain", "broadcast", "group"]
        )  # fmt: skip
        go = self.make
        if op in ("add", "sub", "had"):
            if op == "had" and shape == SCALAR:
                op = "mul"
            return Tree(op, [go(shape, depth), go(shape, depth)], shape)
        if op in ("neg", "group"):
            return Tree(op, [go(shape, depth)], shape)
        if op == "scale":
            parts = [go(SCALAR, depth - 1), go(shape, depth)]
            return Tree("mul", parts if self.chance(50) else parts[::-1], shape)
        if op == "div":
            return Tree("div", [go(shape, depth), self.nonzero(SCALAR, depth - 1)], shape)
        if op == "broadcast" and shape != SCALAR:
            parts = [go(SCALAR, depth - 1), go(shape, depth)]
            return Tree(self.pick(["add", "sub"]), parts[:: self.pick([1, -1])], shape)
        if op == "haddiv":
            top = go(SCALAR, 1) if self.chance(30) else go(shape, depth)
            return Tree("haddiv", [top, self.nonzero(shape, depth)], shape)
        if op == "epow":
            return self.whole_power(shape, depth)
        if op == "epowv":
            bottom = self.positive(SCALAR if self.chance(20) else shape, depth)
            top = go(SCALAR if self.chance(60) or bottom.shape == SCALAR else shape, depth - 1)
            if bottom.shape == SCALAR and top.shape == SCALAR and shape != SCALAR:
                return self.leaf(shape)
            return Tree("epow" if shape != SCALAR else "pow", [bottom, top], shape)
        if op == "T" and shape != SCALAR:
            return Tree("T", [go(shape[::-1], depth)], shape)
        if op == "chain" and shape != SCALAR:
            inner = self.dim()
            return Tree("mul", [go((shape[0], inner), depth), go((inner, shape[1]), depth)], shape)
        return self.function(shape, depth)

    def whole_power(self, shape: Shape, depth: int) -> Tree:
        k = self.pick(["2", "3", "2", "1", "-1", "-2", "0.5", "-0.5", "1.5"])
        negative = k.startswith("-")
        base = self.positive(shape, depth) if "." in k else (
            self.nonzero(shape, depth) if negative else self.make(shape, depth)
        )
        exponent = Tree("number", [], SCALAR, k.lstrip("-"))
        if negative:
            exponent = Tree("neg", [exponent], SCALAR)
        return Tree("pow" if shape == SCALAR else "epow", [base, exponent], shape)

    def function(self, shape: Shape, depth: int) -> Tree:
        name = self.pick(sorted(ELEMENTWISE))
        if self.smooth and name in ("abs", "sign", "step", "relu", "cbrt"):
            name = "tanh"
        inside: Tree
        if name in ("log", "sqrt", "log1p"):
            inside = self.positive(shape, depth)
        elif name in ("arcsin", "arccos", "tan"):
            inside = Tree("tanh", [self.make(shape, depth - 1)], shape)
            inside = Tree("mul", [Tree("number", [], SCALAR, "0.5"), inside], shape)
        elif name in ("exp", "sinh", "cosh") and self.chance(50):
            inside = Tree("sin", [self.make(shape, depth - 1)], shape)
        else:
            inside = self.make(shape, depth)
        return Tree(name, [inside], shape)

    def positive(self, shape: Shape, depth: int) -> Tree:
        """An expression that is positive."""
        kind = self.choose(4)
        if kind == 0:
            made = self.variable(shape)
            name = made.value
            if self.properties.get(name, "positive") == "positive":
                self.properties[name] = "positive"
                return made
        if kind == 1:
            return Tree("exp", [Tree("sin", [self.make(shape, depth - 1)], shape)], shape)
        if kind == 2:
            return Tree("sigmoid", [self.make(shape, depth - 1)], shape)
        two = Tree("number", [], SCALAR, "2")
        square = Tree(
            "pow" if shape == SCALAR else "epow", [self.make(shape, depth - 1), two], shape
        )
        return Tree("add", [self.pick([square, Tree("square", square.args[:1], shape)]),
                            Tree("number", [], SCALAR, "1")], shape)  # fmt: skip

    def nonzero(self, shape: Shape, depth: int) -> Tree:
        return self.positive(shape, depth) if self.chance(60) else self.make(shape, depth)

    def square(self, dim: Dims, depth: int, spd: bool = False) -> Tree:
        """A square matrix, mostly far from singular."""
        shape = (dim, dim)
        if not spd and self.chance(50):
            return self.make(shape, depth)
        eye = Tree("eye", [], shape)
        if spd or self.chance(50):
            a = self.make((self.dim(), dim), depth - 1)
            inner = Tree("mul", [Tree("T", [a], (dim, a.shape[0])), a], shape)
            return Tree("add", [inner, eye], shape)
        five = Tree("mul", [Tree("number", [], SCALAR, "3"), eye], shape)
        return Tree("add", [self.make(shape, depth - 1), five], shape)

    def any_shape(self) -> Shape:
        kind = self.choose(6)
        if kind == 0:
            return (self.dim(), ONE)
        if kind == 1:
            return (ONE, self.dim())
        if kind == 2:
            return SCALAR
        return (self.dim(), self.dim())

    def scalar(self, shape: Shape, depth: int) -> Tree:
        op = self.pick(
            ["form", "form", "sum", "mean", "norm1", "norm2", "dot", "logsumexp", "max", "min",
             "tr", "tr", "det", "logdet", "trf", "inner", "pow", "sumvec", "kronsum"]
        )  # fmt: skip
        if self.smooth and op in ("norm1", "max", "min"):
            op = "form"
        go = self.make
        d = self.dim()
        column, row = (d, ONE), (ONE, d)
        if op == "form":
            e = self.dim()
            left = self.pick([Tree("T", [go(column, depth)], row), go(row, depth)])
            middle = Tree("mul", [left, go((d, e), depth)], (ONE, e))
            return Tree("mul", [middle, go((e, ONE), depth)], SCALAR)
        if op == "inner":
            return Tree("mul", [go(row, depth), go(column, depth)], SCALAR)
        if op == "dot":
            other = self.pick([column, row])
            return Tree("dot", [go(other, depth), go(other, depth)], SCALAR)
        if op in ("tr", "det", "logdet"):
            inner = go((d, d), depth) if op == "tr" else self.square(d, depth)
            return Tree(op, [inner], SCALAR)
        if op == "trf":
            return self.trace_of_function(d, depth)
        if op == "pow":
            return self.whole_power(SCALAR, depth)
        if op == "logsumexp":
            return Tree(op, [go(self.pick([column, row]), depth)], SCALAR)
        if op == "sumvec":
            shape = (self.dim(), self.dim())
            length_ = tuple(sorted(shape[0] + shape[1]))
            v = Tree("vec", [go(shape, depth)], (length_, ONE))
            w = Tree("vec", [go(shape, depth)], (length_, ONE))
            return Tree("mul", [Tree("T", [v], (ONE, length_)), w], SCALAR)
        if op == "kronsum":
            k = self.kron(self.any_shape(), self.any_shape(), depth)
            return Tree(self.pick(["sum", "norm2", "mean"]), [k], SCALAR)
        return Tree(op, [go(self.any_shape(), depth)], SCALAR)

    def trace_of_function(self, d: Dims, depth: int) -> Tree:
        name = self.pick(["expm", "logm", "sqrtm"])
        if name == "expm":
            inner = Tree("tanh", [self.make((d, d), depth - 1)], (d, d))
        else:
            inner = self.square(d, depth, spd=True)
        return Tree("tr", [Tree(name, [inner], (d, d))], SCALAR)

    def vector(self, shape: Shape, depth: int) -> Tree:
        op = self.pick(
            ["Av", "Av", "diagonal", "rowsum", "rowmean", "softmax", "log_softmax", "cumsum",
             "solve", "invv", "diagv", "T"]
        )  # fmt: skip
        go = self.make
        d = shape[0]
        if op == "Av":
            e = self.dim()
            return Tree("mul", [go((d, e), depth), go((e, ONE), depth)], shape)
        if op == "diagonal":
            return Tree(op, [go((d, d), depth)], shape)
        if op in ("rowsum", "rowmean"):
            return Tree(op, [go((d, self.dim()), depth)], shape)
        if op in ("softmax", "log_softmax", "cumsum"):
            return Tree(op, [go(shape, depth)], shape)
        if op == "T":
            return Tree(op, [go(shape[::-1], depth)], shape)
        if op == "diagv":
            diag = Tree("diag", [go(self.pick([shape, shape[::-1]]), depth)], (d, d))
            return Tree("mul", [diag, go(shape, depth)], shape)
        left = self.square(d, depth)
        if op == "solve":
            return Tree("solve", [left, go(shape, depth)], shape)
        return Tree("mul", [Tree("inv", [left], (d, d)), go(shape, depth)], shape)

    def row(self, shape: Shape, depth: int) -> Tree:
        op = self.pick(["vA", "colsum", "colmean", "softmax", "cumsum", "T", "T", "log_softmax"])
        go = self.make
        d = shape[1]
        if op == "vA":
            e = self.dim()
            return Tree("mul", [go((ONE, e), depth), go((e, d), depth)], shape)
        if op in ("colsum", "colmean"):
            return Tree(op, [go((self.dim(), d), depth)], shape)
        if op == "T":
            return Tree(op, [go(shape[::-1], depth)], shape)
        return Tree(op, [go(shape, depth)], shape)

    def matrix(self, shape: Shape, depth: int) -> Tree:
        d, e = shape
        ops = ["AB", "AB", "outer", "xy", "T", "pinv", "chain", "solve"]
        if d == e:
            ops += ["inv", "adj", "mpow", "mpow", "diag", "diag", "square", "gram"]
        op = self.pick(ops)
        go = self.make
        if op == "AB":
            k = self.dim()
            return Tree("mul", [go((d, k), depth), go((k, e), depth)], shape)
        if op == "outer":
            parts = [go(self.pick([(k, ONE), (ONE, k)]), depth) for k in shape]
            return Tree("outer", parts, shape)
        if op == "xy":
            return Tree("mul", [go((d, ONE), depth), go((ONE, e), depth)], shape)
        if op == "T":
            return Tree("T", [go(shape[::-1], depth)], shape)
        if op == "pinv":
            return Tree("pinv", [self.variable(shape[::-1])], shape)
        if op == "solve":
            return Tree("solve", [self.square(d, depth), go(shape, depth)], shape)
        if op == "inv":
            return Tree("inv", [self.square(d, depth)], shape)
        if op == "adj":
            return Tree("adj", [self.square(d, depth)], shape)
        if op == "mpow":
            k = self.pick(["2", "3", "-1", "-2", "1"])
            exponent = Tree("number", [], SCALAR, k.lstrip("-"))
            if k.startswith("-"):
                exponent = Tree("neg", [exponent], SCALAR)
            return Tree("mpow", [self.square(d, depth), exponent], shape)
        if op == "diag":
            return Tree("diag", [go(self.pick([(d, ONE), (ONE, d)]), depth)], shape)
        if op == "gram":
            a = go((self.dim(), d), depth)
            return Tree("mul", [Tree("T", [a], a.shape[::-1]), a], shape)
        if op == "square":
            return self.square(d, depth)
        return self.common(shape, depth)

    def product_dims(self, shape: Shape, depth: int) -> Tree:
        """A Kronecker product or vec, where an axis is a product of dimensions."""
        d, e = shape
        if not e and len(d) == 2 and self.chance(50):
            rows, cols = self.pick([(d[:1], d[1:]), (d[1:], d[:1])])
            return Tree("vec", [self.make((rows, cols), depth)], shape)
        cut = self.choose(2)
        left = (d[:cut], e[: self.choose(len(e) + 1)])
        right = (d[cut:], e[len(left[1]) :])
        return self.kron(left, right, depth)

    def kron(self, left: Shape, right: Shape, depth: int) -> Tree:
        rows, cols = (tuple(sorted(left[k] + right[k])) for k in (0, 1))
        return Tree("kron", [self.make(left, depth), self.make(right, depth)], (rows, cols))

    # problems

    def problem(self, shape: Shape, depth: int) -> Problem:
        tree = self.make(shape, depth)
        used = {t.value for t in _nodes(tree) if t.op == "name"}
        self.variables = {v: s for v, s in self.variables.items() if v in used}
        unknown = [t.shape for t in _nodes(tree) if not self.known(t.shape)]
        if unknown or not self.variables:
            # of what no variable tells the size there is no value
            extra = [self.variable(s, fresh=True) for s in dict.fromkeys((*unknown, SCALAR))]
            for v in extra:
                sums = Tree("sum", [v], SCALAR)
                tree = Tree("mul", [Tree("sin", [sums], SCALAR), tree], shape)
        for t in _nodes(tree):
            if t.op == "size" and not self.known(((t.value,), ONE)):
                t.op, t.value = "number", str(SIZES[t.value])
        declared = {v: self.declaration(v) for v in self.variables}
        text = show(tree, self.choose)
        return Problem(tree, text, declared, {}, dict(self.properties), dict(self.variables))

    def declaration(self, name: str) -> str:
        shape = self.variables[name]
        kind = _kind(shape)
        axes = ["*".join(axis) or "1" for axis in shape]
        sizes = {
            "scalar": "", "vector": f"({axes[0]})", "row": f"({axes[1]})",
            "matrix": f"({axes[0]}, {axes[1]})",
        }[kind]  # fmt: skip
        return " ".join([kind + sizes, *filter(None, [self.properties.get(name)])])


def _kind(shape: Shape) -> str:
    rows, cols = shape
    if not cols:
        return "vector" if rows else "scalar"
    return "matrix" if rows else "row"


def _nodes(root: Tree) -> list[Tree]:
    found: dict[int, Tree] = {}
    stack = [root]
    while stack:
        t = stack.pop()
        if id(t) not in found:
            found[id(t)] = t
            stack.extend(t.args)
    return list(found.values())


def sample(problem: Problem, seed: int) -> dict[str, Array]:
    """A value with two axes for each variable, in accordance with its properties."""
    rng = np.random.default_rng(seed)
    out: dict[str, Array] = {}
    for name, shape in problem.shapes.items():
        size = (length(shape[0]), length(shape[1]))
        a = rng.uniform(0.3, 1.3, size) * rng.choice([-1.0, 1.0], size)
        match problem.properties.get(name):
            case "positive":
                a = np.abs(a)
            case "symmetric":
                a = a + a.T
            case "positive_definite":
                a = a @ a.T / 2 + np.eye(len(a))
            case "diagonal":
                a = a * np.eye(len(a))
            case "skew":
                a = a - a.T
            case "orthogonal":
                a = np.linalg.qr(a)[0]
        out[name] = a
    return out


# Writing a tree as text

_SUM, _PRODUCT, _SIGNED, _POSTFIX, _PLAIN, _ATOM = range(6)
_SPELLINGS = {
    "add": (" + ", "+"), "sub": (" - ", "-", " − "), "mul": ("*", " @ ", "·", "*"),
    "div": ("/", " / "), "had": (".*", "⊙", " .* "), "haddiv": ("./", " ⊘ "), "solve": ("\\",),
    "pow": ("^", "**"), "mpow": ("^", "**"), "epow": (".^", ".**"), "T": ("'", ".T", "ᵀ", "^T"),
}  # fmt: skip
_CALLS = {"colsum": "sum({}, 1)", "rowsum": "sum({}, 2)", "colmean": "mean({}, 1)",
          "rowmean": "mean({}, 2)", "diagonal": "diag({})"}  # fmt: skip
_ALIASES = {"log": ("log", "ln"), "sigmoid": ("sigmoid", "logistic"), "arcsin": ("arcsin", "asin"),
            "norm2": ("norm2", "norm"), "tr": ("tr", "trace"), "arctan": ("arctan", "atan"),
            "relu": ("relu", "max0")}  # fmt: skip


def show(root: Tree, choose: Choose) -> str:
    """The tree as text of the language."""

    def operand(t: Tree, level: int) -> str:
        text, own = write(t)
        return text if own >= level and (t.op == "name" or choose(8)) else f"({text})"

    def spelled(op: str) -> str:
        options = _SPELLINGS[op]
        return options[0] if choose(5) else options[choose(len(options))]

    def axes(t: Tree) -> list[str]:
        return ["*".join(axis) or "1" for axis in t.shape]

    def write(t: Tree) -> tuple[str, int]:
        op = t.op
        if op in ("name", "number", "size"):
            return str(t.value), _ATOM
        if op == "pi":
            return "pi", _ATOM
        if op == "eye":
            return f"eye({axes(t)[0]})", _ATOM
        if op == "const":
            rows, cols = axes(t)
            plain = cols == "1"
            return (f"vector({t.value}, {rows})" if plain else
                    f"matrix({t.value}, {rows}, {cols})"), _ATOM  # fmt: skip
        if op == "group":
            return f"({write(t.args[0])[0]})", _ATOM
        if op == "neg":
            return "-" + operand(t.args[0], _SIGNED), _SIGNED
        if op == "T":
            return operand(t.args[0], _POSTFIX) + spelled(op), _PLAIN
        if op in ("pow", "epow", "mpow"):
            base, exponent = t.args
            top = operand(exponent, _ATOM)
            if exponent.op == "neg" and exponent.args[0].op == "number":
                top = f"-{exponent.args[0].value}"
            return operand(base, _PLAIN) + spelled(op) + top, _POSTFIX
        if op in ("add", "sub"):
            left, right = operand(t.args[0], _SUM), operand(t.args[1], _PRODUCT)
            return left + spelled(op) + right, _SUM
        if op in ("mul", "div", "had", "haddiv", "solve") or (op == "kron" and choose(2)):
            sign = "⊗" if op == "kron" else spelled(op)
            return operand(t.args[0], _PRODUCT) + sign + operand(t.args[1], _SIGNED), _PRODUCT
        inner = ", ".join(write(a)[0] for a in t.args)
        if op in _CALLS:
            return _CALLS[op].format(inner), _ATOM
        name = _ALIASES[op][choose(len(_ALIASES[op]))] if op in _ALIASES else op
        return (f"max(0, {inner})" if name == "max0" else f"{name}({inner})"), _ATOM

    return write(root)[0]


# hypothesis


@st.composite
def problems(
    draw: st.DrawFn, shapes: Sequence[Shape] | None = None, depth: int = 3, smooth: bool = False
) -> Problem:
    """Random problems; of the given shapes, or of any."""

    def choose(k: int) -> int:
        return draw(st.integers(0, k - 1)) if k > 1 else 0

    generator = Generator(choose, smooth=smooth)
    shape = generator.pick(shapes) if shapes else generator.any_shape()
    return generator.problem(shape, depth)
