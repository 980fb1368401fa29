"""What is asked: a function, the variables to differentiate by, the reading of their structure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod

from matrixcalc import build, engine
from matrixcalc.declare import RESERVED, SQUARE, collect, declare
from matrixcalc.dims import ONE
from matrixcalc.errors import (
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
)
from matrixcalc.expr import Expr, symbols
from matrixcalc.index import Term
from matrixcalc.infer import Typed, names_of, typed
from matrixcalc.notation import name_of, plain
from matrixcalc.operators import SPELLINGS
from matrixcalc.templates import substitute

MAX_ORDER = 6


class Problem:
    """What is asked: the function, the variables, the reading of their structure.

    A structured variable is differentiated as a twin without the property, its entries
    independent; the property is put back, and the reading applied, at the end.
    """

    def __init__(self, source: Typed, wrt: tuple[str, ...], structured: str | None) -> None:
        self.source = source
        self.wrt = wrt
        found = {e.name: e for e in symbols(source.expr)}
        self.twins: list[Expr] = []
        self.targets: list[Expr] = []
        self.back: dict[Expr, Expr] = {}
        for name in wrt:
            d = source.variables[name]
            properties = [p for p in d.properties if p not in SQUARE]
            twin = found.get(name) or build.sym(name, d.shape, properties)
            target = build.sym(name, d.shape, d.properties)
            self.twins.append(twin)
            self.targets.append(target)
            if twin is not target:
                self.back[twin] = target
        kinds = [engine.structure_of(t) for t in self.targets]
        self.structured = (structured or "gradient") if any(kinds) else "none"
        self.function = substitute(source.expr, self.back) if self.back else source.expr
        self._found = [engine.value_of(source.expr)]

    def by_first(self, count: int) -> Problem:
        """The same function by the first variables alone; the two share what they find."""
        made = Problem(self.source, self.wrt[:count], self.structured)
        made._found = self._found
        return made

    def written(self) -> list[Expr]:
        """The parts of the function as they were written, with the declared properties."""
        return [substitute(e, self.back) if self.back else e for e in self.source.parts()]

    def tensor(self) -> engine.Tensor:
        """The derivative, axes of y first."""
        return self.restored(self.before_restoring(len(self.twins)))

    def before_restoring(self, count: int) -> engine.Tensor:
        """The derivative by the first variables, in terms of the twins."""
        found = self._found
        for k in range(len(found) - 1, count):
            tensor = engine.derivative(found[k], self.twins[k])
            axis = sum(tensor.orders[:-1])
            found.append(engine.in_structure(tensor, axis, self.targets[k], self.structured))
        return found[count]

    def restored(self, tensor: engine.Tensor) -> engine.Tensor:
        """The tensor with the declared properties of the variables put to use."""
        if self.back and tensor.natural is not None:
            natural = engine.restore(tensor.natural, self.back)
            terms = engine.lowered(natural, tensor.indices)
            return engine.Tensor(natural, terms, tensor.indices, tensor.orders)
        return tensor

    def backpropagated(self) -> engine.Tensor | None:
        """The product with an upstream gradient, in the shape of the last variable.

        None where the derivative by the variables before it has no matrix notation.
        """
        tensor = self.before_restoring(len(self.twins) - 1)
        if tensor.natural is None:
            return None
        upstream = self.upstream(tensor.natural)
        made = engine.backpropagated(tensor.natural, self.twins[-1], upstream)
        return self.restored(engine.in_structure(made, 0, self.targets[-1], self.structured))

    def upstream(self, y: Expr) -> Expr:
        """The gradient that flows back into y: G, or the next free name."""
        taken = set(self.source.variables)
        name = next(n for n in ("G", *(f"G_{k}" for k in range(1, 99))) if n not in taken)
        return build.sym(name, y.shape)

    def restored_term(self, term: Term) -> Term:
        """A term of an index form with the declared properties of the variables."""
        if not self.back:
            return term
        return Term(
            tuple(substitute(s, self.back) for s in term.scalars),
            tuple((substitute(e, self.back), axes) for e, axes in term.factors),
            term.free,
        )

    def vec_form(self, tensor: engine.Tensor) -> Expr | None:
        """The vec form of a tensor of this problem; None if it has none."""
        if tensor.natural is None and not tensor.terms:
            lengths = [e.rows * e.cols for e in (self.function, *self.targets)]
            return build.zeros((prod(lengths[:-1], start=ONE), lengths[-1]))
        form = engine.vec_form(tensor)
        return None if form is None else engine.restore(form, self.back)


def problem_of(
    function: str | Expr,
    wrt: tuple[str, ...],
    vars: Mapping[str, str] | None,
    structured: str | None,
) -> Problem:
    if not wrt:
        raise ParseError("no variable to differentiate by", hint='as in derive("W*x", "x")')
    if len(wrt) > MAX_ORDER:
        raise UnsupportedError(f"derivatives above order {MAX_ORDER} are not supported")
    names = plain_names(wrt, vars)
    source = source_of(function, vars, names, loose=names)
    for name in names:
        if name not in source.variables:
            raise unknown_variable(name, source)
    return Problem(source, names, structured)


def plain_names(wrt: Sequence[object], vars: object = None) -> tuple[str, ...]:
    """The names of variables to differentiate by: texts, or symbols of SymPy or ours."""
    given = [name_of(variable) for variable in wrt]
    for name in given:
        if not isinstance(name, str) or not name.strip():
            raise ParseError(
                f"a variable to differentiate by is a name, not {name!r}",
                hint='as in derive("W*x", "x")',
            )
    known = names_of(vars)
    return tuple(plain(str(name), known) for name in given)


def source_of(
    function: str | Expr,
    vars: Mapping[str, str] | None,
    names: tuple[str, ...],
    loose: tuple[str, ...] = (),
) -> Typed:
    """What is to be differentiated, read and typed; ``loose`` as for ``typed``."""
    if hasattr(function, "free_symbols"):
        from matrixcalc.sympy_bridge import from_sympy

        function = from_sympy(function, vars)
    if not isinstance(function, Expr):
        return typed(function, vars, extra_names=names, loose=loose)
    variables = {e.name: declare(e.shape, e.data[1]) for e in symbols(function)}
    for name, given in collect([], vars).items():
        if name in names:
            variables.setdefault(name, given)
        if variables.get(name, given) != given:
            raise ShapeError(
                f"{name} is {variables[name]} in the expression, and is declared {given}",
                hint="declare it where the expression is parsed",
            )
    twins = {
        e: build.sym(e.name, e.shape, [p for p in e.data[1] if p not in SQUARE])
        for e in symbols(function)
        if e.name in loose and set(SQUARE).intersection(e.data[1])
    }
    return Typed(substitute(function, twins), None, variables, str(function), {})


def unknown_variable(name: str, source: Typed) -> UnknownNameError:
    """The error for a name to differentiate by that is none of the variables."""
    shown = name if len(name) <= 30 else name[:29] + "…"
    known = source.variables
    return UnknownNameError(
        f"no variable {shown!r} in the expression",
        hint=_meant(name, source, known),
        text=source.text,
    )


def _meant(name: str, source: Typed, known: Mapping[str, object]) -> str:
    listed = f"its variable{'s are' if len(known) > 1 else ' is'} {', '.join(known)}"
    if not known:
        return "there is no variable in it at all"
    if name in source.equations or name == source.name:
        return f"{name} is what an equation gives; {listed}; leave out its equation to vary {name}"
    if name in ("pi", "π"):
        return f"{name} is the number, unless it is declared, as in {name}: scalar; {listed}"
    if name in SPELLINGS or name in RESERVED:
        return f"{name} is a word of the language; {listed}"
    if re.search(r"[\s,;]", name):
        return f'each variable is an argument of its own, as in derive(f, "x", "y"); {listed}'
    near = [other for other in known if other.lower() == name.lower()]
    return f"did you mean {near[0]}? {listed}" if near else listed
