"""The shape of every step: one rule for each operator, over axes that are unified.

A rule that cannot hold raises :class:`Clash`, which knows the place and can tell the error;
telling it is left to the end, since another reading of an undeclared vector may do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

from matrixcalc.declare import Declaration
from matrixcalc.errors import MatrixCalcError, ParseError, ShapeError, Span, UnsupportedError
from matrixcalc.operators import TABLE
from matrixcalc.quoting import enclosed, short, transposed
from matrixcalc.steps import Step, Steps, signature
from matrixcalc.syntax import SUPERSCRIPTS, Node, written
from matrixcalc.unify import SCALAR, UNIT, Axes, Sizes

_OFTEN_SCALARS = "ijklmnost"
"""First letters of vectors, by their names, that are often meant as scalars."""


class Clash(Exception):
    """Shapes that do not fit.

    Attributes:
        place: the step, and how far into its chain of operands.
        sides: the operands on either side, as numbers of steps.
        error: makes the error to be raised.
    """

    def __init__(
        self,
        place: tuple[int, int],
        sides: tuple[Sequence[int], Sequence[int]],
        error: Callable[[], MatrixCalcError],
    ) -> None:
        super().__init__()
        self.place = place
        self.sides = sides
        self.error = error


def fresh_names(taken: set[str]) -> Iterator[str]:
    """Names for dimensions that nobody has named."""
    for name in "nmpqklrstuvw":
        if name not in taken:
            yield name
    for number in count(1):
        if f"n{number}" not in taken:
            yield f"n{number}"


class Shapes:
    """The axes of every step of a text, for one reading of its undeclared vectors."""

    def __init__(
        self,
        steps: Steps,
        text: str,
        kinds: Mapping[str, str],
        rows: frozenset[str] = frozenset(),
        latex: bool = False,
    ) -> None:
        self.steps = steps
        self.text = text
        self.latex = latex
        self.kinds = kinds
        self.rows = rows
        self.sizes = Sizes()
        self.shapes: list[Axes] = []
        self.axes: list[int] = []
        """The axes of the variables, in the order in which they are met."""
        self.constants: list[int] = []

    def run(self) -> None:
        """Find the shape of every step, or raise :class:`Clash`."""
        shapes = self.shapes
        for number, step in enumerate(self.steps.steps):
            rule = _RULES[step.op]
            shapes.append(rule(self, number, step, [shapes[a] for a in step.args]))

    # leaves

    def number(self, number: int, step: Step, args: list[Axes]) -> Axes:
        return SCALAR

    def variable(self, number: int, step: Step, args: list[Axes]) -> Axes:
        declared: Declaration | None = self.steps.declared.get(step.value)
        sizes = self.sizes
        if declared is not None:
            shape = (sizes.rigid(declared.shape[0]), sizes.rigid(declared.shape[1]))
        else:
            kind = self.kinds[step.value]
            if kind == "scalar":
                return SCALAR
            if kind == "matrix":
                shape = (sizes.fresh(), sizes.fresh())
            elif step.value in self.rows:
                shape = (UNIT, sizes.fresh())
            else:
                shape = (sizes.fresh(), UNIT)
        self.axes.extend(shape)
        return shape

    def eye(self, number: int, step: Step, args: list[Axes]) -> Axes:
        axis = self.sizes.fresh() if step.value is None else self.sizes.rigid(step.value)
        self.constants.append(number)
        return (axis, axis)

    def commutation(self, number: int, step: Step, args: list[Axes]) -> Axes:
        rows, cols = step.value
        axis = self.sizes.rigid(rows * cols)
        return (axis, axis)

    def constant(self, number: int, step: Step, args: list[Axes]) -> Axes:
        name, given = step.value
        if args[0] != SCALAR:
            raise self.clash(number, f"the value of {name}(…) is a scalar", [0], args)
        self.constants.append(number)
        sizes = self.sizes
        if given is None:
            return (sizes.fresh(), UNIT if name == "vector" else sizes.fresh())
        axes = [sizes.rigid(dim) for dim in given]
        return (axes[0], axes[1] if name == "matrix" else UNIT)

    # operators

    def same(self, number: int, step: Step, args: list[Axes]) -> Axes:
        return args[0]

    def transpose(self, number: int, step: Step, args: list[Axes]) -> Axes:
        return args[0][::-1]

    def sum(self, number: int, step: Step, args: list[Axes]) -> Axes:
        shape = SCALAR
        first = 0
        for i, term in enumerate(args):
            if term == SCALAR:
                continue
            if shape == SCALAR:
                shape, first = term, i
            elif not self.equal(shape, term):
                raise self.unlike(number, step, first, i, step.value[i - 1])
        return shape

    def hadamard(self, number: int, step: Step, args: list[Axes]) -> Axes:
        shape = args[0]
        first = 0
        for i, factor in enumerate(args):
            if factor == SCALAR:
                continue
            if shape == SCALAR:
                shape, first = factor, i
            elif not self.equal(shape, factor):
                raise self.unlike(number, step, first, i, step.value[i - 1])
        return shape

    def elementwise_power(self, number: int, step: Step, args: list[Axes]) -> Axes:
        base, exponent = args
        if base == SCALAR:
            return exponent
        if exponent != SCALAR and not self.equal(base, exponent):
            raise self.unlike(number, step, 0, 1, ".^")
        return base

    def product(self, number: int, step: Step, args: list[Axes]) -> Axes:
        shape = args[0]
        for i in range(1, len(args)):
            factor = args[i]
            sign = step.value[i - 1]
            if factor == SCALAR:
                continue
            if sign == "/":
                raise self.division(number, step, i, shape)
            if shape == SCALAR:
                shape = factor
            elif self.sizes.unify(shape[1], factor[0]):
                shape = (shape[0], factor[1])
            else:
                raise self.inner(number, step, i, shape, factor, sign)
        return shape

    def solve(self, number: int, step: Step, args: list[Axes]) -> Axes:
        a, b = args
        if a == SCALAR:
            return b
        if not self.sizes.unify(*a):
            hint = f"write pinv({self.operand(number, 0)}) for the least squares solution"
            message = "the left side of \\ is a square matrix, not {0}"
            raise self.clash(number, message, [0], args, hint)
        if b == SCALAR or not self.sizes.unify(a[1], b[0]):
            message = "the left side of \\ is {0} and the right side {1}"
            raise self.clash(number, message, [0, 1], args)
        return b

    def power(self, number: int, step: Step, args: list[Axes]) -> Axes:
        base, exponent = args
        if base == SCALAR and exponent == SCALAR:
            return base
        left, right = self.operand(number, 0), self.operand(number, 1).translate(SUPERSCRIPTS)
        hint = f"write {enclosed(left)}.^{enclosed(right)} for elementwise powers"
        if base == SCALAR:
            raise self.clash(number, "the exponent of ^ is a scalar, not {0}", [1], args, hint)
        if UNIT in (self.sizes.find(base[0]), self.sizes.find(base[1])):
            message = "^ is the power of a scalar or of a square matrix, not of {0}"
            raise self.clash(number, message, [0], args, hint)
        if exponent != SCALAR:
            message = "the exponent of a matrix is a whole number, not {0}"
            raise self.clash(number, message, [1], args, kind=ParseError)
        if not self.sizes.unify(*base):
            message = "^ is the power of a scalar or of a square matrix, not of {0}"
            raise self.clash(number, message, [0], args, hint)
        return base

    # functions

    def call(self, number: int, step: Step, args: list[Axes]) -> Axes:
        name: str = step.value
        if name == "diag":
            return self.diag(number, args)
        parameters, result = signature(TABLE[name].signature)
        kinds = TABLE[name].kinds
        if kinds and kind_of_shape(args[0]) not in kinds:
            raise self.argument(number, name, 0, f"a {' or a '.join(kinds)}", args)
        bound: dict[str, int] = {"1": UNIT}
        for i, (pattern, shape) in enumerate(zip(parameters, args, strict=True)):
            if pattern is None:
                continue
            if pattern == ():
                if shape != SCALAR:
                    raise self.argument(number, name, i, "a scalar", args)
            elif len(pattern) == 1:
                if name == "cumsum" and UNIT not in shape:
                    continue
                if shape == SCALAR or UNIT not in shape:
                    raise self.argument(number, name, i, "a vector or a row", args)
                axis = shape[0] if shape[1] == UNIT else shape[1]
                if not self.sizes.unify(bound.setdefault(pattern[0], axis), axis):
                    message = f"the arguments of {name} differ in length: {{0}} and {{1}}"
                    raise self.clash(number, message, [0, i], args)
            else:
                for axis, key in zip(shape, pattern, strict=True):
                    if not self.sizes.unify(bound.setdefault(key, axis), axis):
                        square = pattern[0] == pattern[1] and i == 0
                        wants = "a square matrix"
                        if not square:
                            wants = f"a matrix of the size of {self.operand(number, 0)}"
                        raise self.argument(number, name, i, wants, args)
        if result is None:
            return args[0]
        axes = [self.length(product, bound, number) for product in result]
        if not axes:
            return SCALAR
        return (axes[0], axes[1] if len(axes) == 2 else UNIT)

    def diag(self, number: int, args: list[Axes]) -> Axes:
        rows, cols = args[0]
        if args[0] == SCALAR:
            raise self.argument(number, "diag", 0, "a vector, a row or a square matrix", args)
        if cols == UNIT:
            return (rows, rows)
        if rows == UNIT:
            return (cols, cols)
        if not self.sizes.unify(rows, cols):
            raise self.argument(number, "diag", 0, "a vector, a row or a square matrix", args)
        return (rows, UNIT)

    def bars(self, number: int, step: Step, args: list[Axes]) -> Axes:
        """``|A|``: the determinant of a matrix, else absolute values."""
        rows, cols = args[0]
        if UNIT in args[0]:
            return args[0]
        if not self.sizes.unify(rows, cols):
            message = "between | and | stands a scalar, a vector or a square matrix, not {0}"
            raise self.clash(number, message, [0], args)
        return SCALAR

    def norm(self, number: int, step: Step, args: list[Axes]) -> Axes:
        """A norm with a 1 or a 2 below: of a matrix these are not norms of its entries."""
        if UNIT not in args[0]:
            mark = step.value[-1]
            message = f"the operator norm with the mark {mark} is not supported; this is {{0}}"
            hint = r"write \lVert … \rVert_F for the Frobenius norm"
            raise self.clash(number, message, [0], args, hint, kind=UnsupportedError)
        return SCALAR

    def root(self, number: int, step: Step, args: list[Axes]) -> Axes:
        """``A^{1/2}``: of a scalar, or of a square matrix."""
        if args[0] != SCALAR and (UNIT in args[0] or not self.sizes.unify(*args[0])):
            message = "the power 1/2 is of a scalar or of a square matrix, not of {0}"
            hint = r"write x^{\odot 1/2} for elementwise powers"
            raise self.clash(number, message, [0], args, hint)
        return args[0]

    def exponential(self, number: int, step: Step, args: list[Axes]) -> Axes:
        """e to a power: of a matrix, the exponential of the matrix."""
        if UNIT not in args[0] and not self.sizes.unify(*args[0]):
            message = "e^{…} is of a scalar, a vector or a square matrix, not of {0}"
            raise self.clash(number, message, [0], args, r"write \exp(…) for each entry")
        return args[0]

    def length(self, product: str, bound: dict[str, int], number: int) -> int:
        axis = UNIT
        for name in product.split("*"):
            axis = self.sizes.product(axis, bound[name], number)
        return axis

    # what goes wrong

    def equal(self, a: Axes, b: Axes) -> bool:
        # both kinds first, so that a failed attempt joins no lengths
        if (a[0] == UNIT) != (b[0] == UNIT) or (a[1] == UNIT) != (b[1] == UNIT):
            return False
        return self.sizes.unify(a[0], b[0]) and self.sizes.unify(a[1], b[1])

    def clash(
        self,
        number: int,
        message: str,
        operands: list[int],
        args: list[Axes],
        hint: str = "",
        kind: type[MatrixCalcError] = ShapeError,
    ) -> Clash:
        step = self.steps.steps[number]
        sides = ([step.args[operands[0]]], [step.args[o] for o in operands[1:]])

        def error() -> MatrixCalcError:
            shown = [self.describe(args[o]) for o in operands]
            advice = self.advised(hint, [step.args[o] for o in operands])
            return kind(message.format(*shown), hint=advice, span=step.node.span)

        return Clash((number, 0), sides, error)

    def advised(self, hint: str, numbers: Sequence[int]) -> str:
        """A hint, with what to declare where a mistake may come from a kind told by a name."""
        for number in numbers:
            step = self.steps.steps[number]
            kind = self.kinds.get(step.value) if step.op == "var" else None
            if kind in ("scalar", "vector"):
                name, other = step.value, "vector(n)" if kind == "scalar" else "scalar"
                if not hint:
                    return f"{name} is a {kind} by its name; if not, declare it: {name}: {other}"
                return f"{hint}; if {name} is no {kind}, declare {name}: {other}"
        return hint

    def argument(self, number: int, name: str, i: int, wants: str, args: list[Axes]) -> Clash:
        spelled = TABLE[name].spelled.partition("(")[0] or name
        shown = self.operand(number, i)
        return self.clash(number, f"{spelled} takes {wants}; {shown} is {{0}}", [i], args)

    def unlike(self, number: int, step: Step, first: int, i: int, sign: str) -> Clash:
        left, right = step.args[first], step.args[i]

        def error() -> MatrixCalcError:
            a, b = self.shapes[left], self.shapes[right]
            texts = self.operand(number, first), self.operand(number, i)
            hint = ""
            if self.alike(a, b[::-1]):
                hint = f"transpose one of them, as in {transposed(texts[1])}"
            return ShapeError(
                f"{texts[0]} {sign} {texts[1]}: the shapes are {self.describe(a)} "
                f"and {self.describe(b)}",
                hint=hint,
                span=self.span(number, first, i),
            )

        return Clash((number, i), ([left], [right]), error)

    def inner(self, number: int, step: Step, i: int, shape: Axes, factor: Axes, sign: str) -> Clash:
        def error() -> MatrixCalcError:
            span = self.span(number, 0, i)
            left = self.show(number, 0, i - 1)
            right = self.operand(number, i)
            one, two = enclosed(left), enclosed(right)
            turned, other = transposed(left), transposed(right)
            a, b = self.describe(shape), self.describe(factor)
            columns = shape[1] == UNIT and factor[1] == UNIT
            if columns or (shape[0] == UNIT and factor[0] == UNIT):
                inner, outer = f"{turned}*{two}", f"{one}*{other}"
                if not columns:
                    inner, outer = outer, inner
                message = f"{left}{sign or '*'}{right}: both are {'columns' if columns else 'rows'}"
                kind = ParseError if sign == "@" else ShapeError
                hint = (
                    f"write {inner} for the inner product, {outer} for the outer, "
                    f"{one}.*{two} for elementwise"
                )
                if left[0] in _OFTEN_SCALARS:
                    hint = self.advised(hint, step.args[:1])
                return kind(f"{message}, {a} and {b}", hint=hint, span=span)
            hints = []
            if self.possible(shape[0], factor[0]):
                hints.append(f"{turned}*{two}")
            if self.possible(shape[1], factor[1]):
                hints.append(f"{one}*{other}")
            if not hints and shape[0] != UNIT and self.possible(shape[0], factor[1]):
                hints = [f"{two}*{one}", f"{turned}*{other}"]
            m, n = self.describe_axis(shape[1]), self.describe_axis(factor[0])
            return ShapeError(
                f"{left}{sign or '*'}{right}: {a} times {b}, "
                f"the inner dimensions {m} and {n} differ",
                hint=f"did you mean {' or '.join(hints)}?" if hints else "",
                span=span,
            )

        return Clash((number, i), (step.args[:i], [step.args[i]]), error)

    def division(self, number: int, step: Step, i: int, shape: Axes) -> Clash:
        factor = step.args[i]

        def error() -> MatrixCalcError:
            right = self.operand(number, i)
            span = self.span(number, 0, i)
            left = self.show(number, 0, i - 1)
            hint = f"write {left}./{enclosed(right)} for elementwise division"
            if self.sizes.find(self.shapes[factor][0]) == self.sizes.find(self.shapes[factor][1]):
                hint += f", {left}*inv({right}) for the inverse"
            hint = self.advised(hint, [factor])
            return ShapeError(
                f"/ divides by a scalar; {right} is {self.describe(self.shapes[factor])}",
                hint=hint,
                span=span,
            )

        return Clash((number, i), (step.args[:i], [factor]), error)

    # telling shapes and places

    def possible(self, a: int, b: int) -> bool:
        """Whether two axes are one, or might be: a vector beside a matrix of unknown size."""
        a, b = self.sizes.find(a), self.sizes.find(b)
        return a == b or (UNIT not in (a, b) and None in (self.sizes.value[a], self.sizes.value[b]))

    def alike(self, a: Axes, b: Axes) -> bool:
        return all(self.sizes.find(p) == self.sizes.find(q) for p, q in zip(a, b, strict=True))

    def describe(self, shape: Axes) -> str:
        if shape == SCALAR:
            return "a scalar"
        return f"{self.describe_axis(shape[0])}×{self.describe_axis(shape[1])}"

    def describe_axis(self, axis: int) -> str:
        dim = self.sizes.dim(axis)
        if dim is not None:
            return str(dim)
        taken = {*self.steps.dims, *self.steps.variables, *self.steps.equations}
        taken.update(name for known in self.sizes.known for name in known.names)
        names = fresh_names(taken)
        labels: dict[int, str] = {}
        constants = [a for c in self.constants if c < len(self.shapes) for a in self.shapes[c]]
        for known in (*self.axes, *constants):
            root = self.sizes.find(known)
            if self.sizes.value[root] is None and root not in labels:
                labels[root] = next(names)
        root = self.sizes.find(axis)
        for whole, a, b, _ in self.sizes.products:
            if self.sizes.find(whole) == root and root not in labels:
                return f"{self.describe_axis(a)}*{self.describe_axis(b)}"
        return labels.get(root, "?")

    def span(self, number: int, first: int, last: int) -> Span:
        """Where operands of a step stand. A variable's own step stands at its first use."""
        operands = _bare(self.steps.steps[number].node)
        return (operands.args[first].start, operands.args[last].end)

    def show(self, number: int, first: int, last: int) -> str:
        """The text of operands of a step."""
        if self.latex:
            node = _bare(self.steps.steps[number].node)
            chain = isinstance(node.value, list)
            signs = node.value[first:last] if chain else [""] * (last - first)
            return short(written(node.args[first : last + 1], signs))
        start, end = self.span(number, first, last)
        return short(self.text[start:end])

    def operand(self, number: int, i: int) -> str:
        return self.show(number, i, i)


def kind_of_shape(shape: Axes) -> str:
    if shape == SCALAR:
        return "scalar"
    return "vector" if shape[1] == UNIT else "row" if shape[0] == UNIT else "matrix"


def _bare(node: Node) -> Node:
    while node.op in ("group", "pos"):
        node = node.args[0]
    return node


Rule = Callable[[Shapes, int, Step, list[Axes]], Axes]
_RULES: dict[str, Rule] = {
    "num": Shapes.number,
    "size": Shapes.number,
    "pi": Shapes.number,
    "var": Shapes.variable,
    "eye": Shapes.eye,
    "commutation": Shapes.commutation,
    "const": Shapes.constant,
    "sum": Shapes.sum,
    "mul": Shapes.product,
    "had": Shapes.hadamard,
    "solve": Shapes.solve,
    "neg": Shapes.same,
    "pow": Shapes.power,
    "epow": Shapes.elementwise_power,
    "T": Shapes.transpose,
    "call": Shapes.call,
    "bars": Shapes.bars,
    "norm": Shapes.norm,
    "root": Shapes.root,
    "exponential": Shapes.exponential,
}
