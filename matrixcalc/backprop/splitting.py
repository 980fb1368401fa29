"""A text split into the nodes of a computational graph.

Several equations are the nodes as they are written; a single one is split into one node
for each operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from matrixcalc import build
from matrixcalc.build import mul, transpose
from matrixcalc.calls import rebuild
from matrixcalc.declare import SQUARE, declare
from matrixcalc.errors import ParseError, ShapeError
from matrixcalc.expr import Expr, symbols, topological
from matrixcalc.infer import Typed, infer, names_of, typed
from matrixcalc.notation import read
from matrixcalc.syntax import EquationNode, Program, names_in
from matrixcalc.templates import substitute


@dataclass(frozen=True)
class Part:
    """A node: the symbol that names it, and its formula in terms of other symbols."""

    symbol: Expr
    formula: Expr


@dataclass(frozen=True)
class Split:
    """The variables and the nodes of a text, operands before what uses them.

    Attributes:
        function: the last node, written out in the variables.
    """

    inputs: list[Expr]
    parts: list[Part]
    function: Expr
    text: str


def split(text: str, vars: Mapping[str, str] | None = None) -> Split:
    """The graph of a text.

    >>> for part in split("q = W*x; f = norm2(q)^2").parts:
    ...     print(part.symbol, "=", part.formula)
    q = W*x
    f = norm2(q)^2
    """
    whole = typed(text, vars)
    program = read(text, names_of(vars))
    statements = program.statements
    if len(statements) > 1:
        parts = _as_written(program, whole)
    else:
        parts = _by_operator(_freed(whole.expr), whole)
    if not parts:
        raise ParseError("there is nothing to compute", text=text)
    change: dict[Expr, Expr] = {}
    for part in parts:
        change[part.symbol] = substitute(part.formula, change)
    used = {s for part in parts for s in symbols(part.formula)} - set(change)
    order = {name: i for i, name in enumerate(whole.variables)}
    inputs = sorted(used, key=lambda s: order.get(s.name, len(order)))
    return Split(inputs, parts, change[parts[-1].symbol], text)


def _freed(e: Expr) -> Expr:
    """The expression with variables whose entries are independent."""
    change = {
        s: build.sym(s.name, s.shape, [p for p in s.data[1] if p not in SQUARE])
        for s in symbols(e)
        if set(SQUARE).intersection(s.data[1])
    }
    return substitute(e, change) if change else e


def _as_written(program: Program, whole: Typed) -> list[Part]:
    """One node for each equation; the names of earlier ones are kept."""
    known = {name: str(d) for name, d in whole.variables.items()}
    names: list[str] = []
    parts: list[Part] = []
    for statement in program.statements:
        assert isinstance(statement, EquationNode)
        name = None if statement.left is None else statement.left.value
        right = statement.right
        shape = whole.expr.shape if name is None else whole.equations[name].shape
        name = name or _free("f", {*known, *names})
        alone = replace(
            program, declarations=[], statements=[EquationNode(None, right, right.span)]
        )
        used = names_in(right)
        made = infer(alone, {n: d for n, d in known.items() if n in used}, shape=shape)
        if made.expr.shape != shape:
            raise ShapeError(f"the shape of {name} cannot be told from its equation alone")
        formula = _freed(made.expr)
        symbol = build.sym(name, shape)
        names.append(name)
        known[name] = str(declare(shape))
        parts.append(Part(symbol, formula))
    return parts


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _by_operator(root: Expr, whole: Typed) -> list[Part]:
    """One node for each operator; signs, numbers and transposes stay with what uses them."""
    taken = {*whole.variables, *(s.name for s in symbols(root))}
    last = whole.name or next((n for n in ("f", "y", "F") if n not in taken), "f_0")
    taken.add(last)
    parts: list[Part] = []
    made: dict[Expr, Expr] = {}

    def named(formula: Expr) -> Expr:
        name = f"v{len(parts) + 1}"
        symbol = build.sym(_free(name, taken), formula.shape)
        taken.add(symbol.name)
        parts.append(Part(symbol, formula))
        return symbol

    for e in topological(root):
        if not symbols(e) or e.op == "sym":
            made[e] = e
            continue
        args = tuple(made[a] for a in e.args)
        if e.op == "T":
            made[e] = transpose(args[0])
            continue
        if e.op == "mul":
            formula = _binary(args, named)
            inline = sum(bool(symbols(a)) for a in args) == 1 and all(
                a.op in ("num", "ones", "eye") for a in args if not symbols(a)
            )
        else:
            formula, inline = rebuild(e, args, e.shape), False
        made[e] = formula
        if not inline and e is not root and formula.op != "sym":
            made[e] = named(formula)
    formula = made[root]
    return [*parts, Part(build.sym(last, root.shape), formula)]


def _binary(args: tuple[Expr, ...], named: Callable[[Expr], Expr]) -> Expr:
    """A product of two operands, those before it being nodes of their own."""
    front = [a for a in args if a.is_scalar]
    chain = [a for a in args if not a.is_scalar]
    while len(chain) > 2:
        if chain[-1].cols.is_one:
            chain[-2:] = [named(mul(chain[-2], chain[-1]))]
        else:
            chain[:2] = [named(mul(chain[0], chain[1]))]
    numbers = [a for a in front if a.op == "num"]
    scalars = [a for a in front if a.op != "num"]
    if scalars and len(chain) == 2:
        chain = [named(mul(*chain))]
    return mul(*numbers, *scalars, *chain)


