"""The pipeline: text in, derivative out, with every reading and its verification."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from matrixcalc import build, engine
from matrixcalc.cases import READINGS, Case, case_of
from matrixcalc.claims import SKIPPED, Verification
from matrixcalc.conditions import conditions_of
from matrixcalc.declare import RESERVED, SQUARE, collect, declare
from matrixcalc.dims import ONE
from matrixcalc.errors import (
    LimitError,
    MatrixCalcError,
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
)
from matrixcalc.expr import Expr, symbols
from matrixcalc.index import Term, explicit
from matrixcalc.infer import Typed, names_of, typed
from matrixcalc.layouts import arrange, check_layout, flips
from matrixcalc.notation import name_of, plain
from matrixcalc.operators import SPELLINGS
from matrixcalc.printers.text import to_text
from matrixcalc.templates import substitute

if TYPE_CHECKING:
    import numpy

    from matrixcalc.derivation.records import Steps

MAX_ORDER = 6


class Derivative:
    """A derivative, with its layout, its conditions and how it was checked.

    ``str`` gives the result alone, in the input language.

    Attributes:
        name: the name on the left of the equation, or None.
        function: what was differentiated; wrt: the names of the variables, in order.
        result: the derivative in matrix notation in the layout (for a problem-dependent
            case the vec form), or None where only the index form exists.
        layout: ``"numerator"``, ``"denominator"`` or ``"mixed"``.
        tensor: the derivative as a tensor, before it is laid out.
        structured: how a variable with a property was read: ``"gradient"``,
            ``"entries"`` or ``"none"``.
        variables: name -> declaration of every variable, as given or inferred.
        verification: what the check did (``status``, ``sizes``, ``detail``).
    """

    def __init__(
        self,
        problem: Problem,
        tensor: engine.Tensor,
        layout: str,
        verification: Verification | None = None,
    ) -> None:
        self.problem = problem
        self.tensor = tensor
        self.layout = layout
        self.name = problem.source.name
        self.expression_text = problem.source.text
        self.written = to_text(problem.source.expr) if problem.source.latex else problem.source.text
        self.function = problem.function
        self.wrt = problem.wrt
        self.structured = problem.structured
        self.variables = problem.source.variables
        self.result = _in_layout(tensor, layout)
        self.verification = verification or SKIPPED

    def __str__(self) -> str:
        return self.index_form if self.result is None else to_text(self.result)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from matrixcalc.printers.equations import derivative_html

        return derivative_html(self)

    @property
    def targets(self) -> tuple[Expr, ...]:
        """The variables of ``wrt``."""
        return tuple(self.problem.targets)

    def latex(self, right_only: bool = False, form: str = "matrix") -> str:
        """The equation as LaTeX, or its right side alone.

        ``form`` is the reading: ``"matrix"`` (the result), ``"index"``, ``"vec"`` or ``"vjp"``.
        Raises UnsupportedError for a form that there is not.
        """
        from matrixcalc.printers.equations import derivative_latex

        return derivative_latex(self, right_only, form)

    def pretty(self, form: str = "matrix", ascii: bool = False) -> str:
        """The equation on a line, in mathematical signs or in ASCII; ``form`` as for
        :meth:`latex`.
        """
        from matrixcalc.printers.equations import derivative_pretty

        return derivative_pretty(self, form, ascii)

    def mathml(self, form: str = "matrix") -> str:
        """The equation as MathML; ``form`` as for :meth:`latex`. Needs the extra ``mathml``."""
        from matrixcalc.printers.mathml import to_mathml

        return to_mathml(self.latex(form=form))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    @property
    def case(self) -> Case:
        """The cell of the table, such as ``vector by vector``."""
        return case_of(self.tensor.orders)

    @property
    def problem_dependent(self) -> bool:
        """Whether the derivative is a tensor that no one matrix stands for."""
        return self.case.problem_dependent

    @property
    def why(self) -> str:
        """Why the result has the form it has, in a sentence."""
        last = _last_step(self.tensor.orders)
        same = flips(self.layout, *last) == flips("numerator", *last)
        if same or self.problem_dependent or self.result is None or self.result.is_scalar:
            return self.case.why
        turned = f"the {self.layout} layout is the transpose of that"
        return f"in numerator layout {self.case.why.rstrip('.')}; {turned}."

    @property
    def advice(self) -> str:
        """What to do about a problem-dependent case, or ``""``."""
        return self.case.advice

    @property
    def shape(self) -> tuple[str, ...]:
        """Rows and columns of the result; () for a scalar; the tensor's axes without a matrix."""
        if self.result is not None:
            return () if self.result.is_scalar else tuple(str(d) for d in self.result.shape)
        axes = [d for e in (self.function, *self.problem.targets) for d in e.shape]
        return tuple(str(d) for d in axes if not d.is_one)

    @cached_property
    def conditions(self) -> list[str]:
        """The conditions under which the result holds, such as ``"X invertible"``."""
        parts = self.problem.written()
        return conditions_of(self.function, self.problem.targets, self.result, parts)

    @cached_property
    def index_form(self) -> str:
        """One entry of the tensor: ``∂y_i/∂W_jk = δ_ij x_k`` without its left side."""
        from matrixcalc.printers.index import index_text

        return index_text(self.index_terms, self.tensor.indices, self.tensor.order)

    @property
    def index_terms(self) -> list[Term]:
        """The terms of the index form."""
        return [_restored(t, self.problem) for t in self.tensor.terms]

    @cached_property
    def index_left(self) -> str:
        """The left side of the index form, such as ``∂y_i/∂W_jk``."""
        from matrixcalc.printers.index import axis_names

        names = axis_names(self.tensor.orders)
        head = _subscript(self.name or "y", names[0])
        below = "".join(
            "∂" + _subscript(n, axes) for n, axes in zip(self.wrt, names[1:], strict=True)
        )
        power = "" if len(self.wrt) == 1 else "²³⁴⁵⁶"[len(self.wrt) - 2]
        return f"∂{power}{head}/{below}"

    @cached_property
    def vec_form(self) -> str | None:
        """∂vec(y)/∂vec(x)' with Kronecker products, columns stacked; None if it has none."""
        form = self.vec
        return None if form is None else to_text(form)

    @cached_property
    def vec(self) -> Expr | None:
        """The vec form as an expression."""
        return _vec_of(self.tensor, self.problem)

    @cached_property
    def vjp(self) -> str | None:
        """The product with an upstream gradient G, in the shape of the (last) variable.

        G has the shape of y; for a scalar y it is a number. For higher derivatives y is
        the derivative by all variables but the last, in its natural shape.
        """
        return None if self.backpropagated is None else to_text(self.backpropagated)

    @cached_property
    def backpropagated(self) -> Expr | None:
        """The product of :attr:`vjp` as an expression."""
        return self.problem.backpropagated()

    def in_layout(self, layout: str) -> Derivative:
        """The same derivative in another layout."""
        other = Derivative(self.problem, self.tensor, check_layout(layout), self.verification)
        return other.in_vec_form() if self.tensor.natural is None else other

    def in_vec_form(self) -> Derivative:
        """This, with the vec form, where there is one, as the result."""
        if self.vec is not None:
            self.result = arrange(self.vec, self.layout, *_last_step(self.tensor.orders))
        return self

    def with_result(self, result: Expr) -> Derivative:
        """The same derivative with another answer in its place, not yet checked."""
        other = Derivative(self.problem, self.tensor, self.layout)
        other.result = result
        return other

    def check(self) -> Verification:
        """Check the printed result with SymPy, entry by entry.

        Raises VerificationError where an entry is wrong.
        """
        from matrixcalc.checking import verify_result

        p = self.problem
        # with independent entries S' is not S, whatever S is declared
        loose = p.structured == "none"
        function, targets = (p.source.expr, p.twins) if loose else (p.function, p.targets)
        return verify_result(
            function, targets, self.tensor, self.result, self.layout, p.structured, p.targets
        )

    @cached_property
    def steps(self) -> Steps:
        """The derivation: equations that lead to the printed result, each with its rule."""
        from matrixcalc.derivation.trace import trace

        return trace(self)

    def explain(self, style: str = "differential", format: str = "text") -> str:
        """The derivation as text or LaTeX; ``style="elements"`` goes by single entries."""
        from matrixcalc.derivation.explain import explain

        return explain(self, style, format)

    # numbers

    def evaluate(self, values: Mapping[str, Any]) -> numpy.ndarray:
        """The result as an array in the layout's shape; 0-d for a scalar.

        ``values`` gives each variable a number, a 1-D or a 2-D array. Without a matrix
        form this is the tensor.
        """
        if self.result is None:
            return self.as_tensor(values)
        from matrixcalc.numeric import evaluate_many
        from matrixcalc.values import named

        values = named(values)
        wanted = [self.result, self.function, *self._given(values)]
        result: numpy.ndarray = evaluate_many(wanted, values)[0]
        return result

    def _given(self, values: Mapping[str, Any]) -> list[Expr]:
        """All variables that have a value: they tell the sizes, also where they cancel."""
        found = self.variables.items()
        return [build.sym(name, d.shape) for name, d in found if name in values]

    def as_tensor(self, values: Mapping[str, Any]) -> numpy.ndarray:
        """The derivative as an array, whatever the layout: axes of y, then of each variable.

        A scalar has no axis, a vector or row one, a matrix two. Computed from the
        printed result wherever there is one, else from the index form.
        """
        from matrixcalc import numeric
        from matrixcalc.values import named, sizes_of

        values = named(values)
        shape = self.tensor_shape(values)
        if self.result is not None:
            return unfold(self.tensor, self.layout, self.evaluate(values), shape)
        import numpy

        total = numpy.zeros(shape)
        sizes = sizes_of([*self.problem.targets, *self._given(values)], values)
        for t in self.tensor.terms:
            t = explicit(_restored(t, self.problem), self.tensor.indices)
            part = numeric.contract([t], t.free, self.tensor.indices.dims, values, sizes)
            total = total + part
        return total

    def value(self, values: Mapping[str, Any]) -> numpy.ndarray:
        """The function itself: 0-d for a scalar, 1-D for a vector or row, else 2-D."""
        from matrixcalc.numeric import evaluate_many
        from matrixcalc.values import named

        values = named(values)
        made: numpy.ndarray = evaluate_many([self.function, *self._given(values)], values)[0]
        return made.reshape(-1) if self.function.order == 1 else made

    def tensor_shape(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        """The lengths of the tensor's axes, as the values tell them."""
        from matrixcalc.values import named, size_of, sizes_of

        values = named(values)
        needed = [self.function, *self.problem.targets]
        sizes = sizes_of([*needed, *self._given(values)], values)
        return tuple(size_of(d, sizes) for e in needed for d in e.shape if not d.is_one)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        check = self.verification
        return {
            "expression": self.expression_text,
            "name": self.name,
            "wrt": list(self.wrt),
            "result": str(self),
            "matrix": None if self.result is None else to_text(self.result),
            "case": str(self.case),
            "problem_dependent": self.problem_dependent,
            "why": self.why,
            "advice": self.advice,
            "layout": self.layout,
            "shape": list(self.shape),
            "structured": self.structured,
            "variables": {name: str(d) for name, d in self.variables.items()},
            "conditions": self.conditions,
            "index_form": f"{self.index_left} = {self.index_form}",
            "vec_form": self.vec_form,
            "vjp": self.vjp,
            "verification": {
                "status": check.status,
                "sizes": dict(check.sizes),
                "detail": check.detail,
            },
        }


def _subscript(name: str, axes: Sequence[str]) -> str:
    return f"{name}_{''.join(axes)}" if axes else name


def unfold(
    tensor: engine.Tensor, layout: str, array: numpy.ndarray, shape: tuple[int, ...]
) -> numpy.ndarray:
    """An array in the layout's shape as the tensor it stands for."""
    if flips(layout, *_last_step(tensor.orders)):
        array = array.T
    if tensor.order <= 2:
        return array.reshape(shape)
    # columns are stacked, so the first axis of y, and of x, runs fastest
    return array.reshape(shape, order="F")


def _last_step(orders: tuple[int, ...]) -> tuple[int, int]:
    """The orders of what is differentiated last, and of the last variable."""
    return sum(orders[:-1]), orders[-1]


def _in_layout(tensor: engine.Tensor, layout: str) -> Expr | None:
    if tensor.natural is not None:
        return arrange(tensor.natural, layout, *_last_step(tensor.orders))
    return None


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

    def written(self) -> list[Expr]:
        """The parts of the function as they were written, with the declared properties."""
        return [substitute(e, self.back) if self.back else e for e in self.source.parts()]

    def tensor(self) -> engine.Tensor:
        """The derivative, axes of y first."""
        tensor = engine.value_of(self.source.expr)
        for twin, target in zip(self.twins, self.targets, strict=True):
            tensor = engine.derivative(tensor, twin)
            axis = sum(tensor.orders[:-1])
            tensor = engine.in_structure(tensor, axis, target, self.structured)
        return self.restored(tensor)

    def restored(self, tensor: engine.Tensor) -> engine.Tensor:
        """The tensor with the declared properties of the variables put to use."""
        if self.back and tensor.natural is not None:
            natural = engine.restore(tensor.natural, self.back)
            terms = engine.lowered(natural, tensor.indices)
            return engine.Tensor(natural, terms, tensor.indices, tensor.orders)
        return tensor

    def backpropagated(self) -> Expr | None:
        tensor = engine.value_of(self.source.expr)
        for twin, target in zip(self.twins[:-1], self.targets[:-1], strict=True):
            tensor = engine.derivative(tensor, twin)
            axis = sum(tensor.orders[:-1])
            tensor = engine.in_structure(tensor, axis, target, self.structured)
        if tensor.natural is None:
            return None
        upstream = self.upstream(tensor.natural)
        made = engine.backpropagated(tensor.natural, self.twins[-1], upstream)
        if made is None:
            return None
        reading = engine.Tensor(made, [], tensor.indices, (0, made.order))
        reading = engine.in_structure(reading, 0, self.targets[-1], self.structured)
        assert reading.natural is not None
        return engine.restore(reading.natural, self.back)

    def upstream(self, y: Expr) -> Expr:
        """The gradient that flows back into y: G, or the next free name."""
        taken = set(self.source.variables)
        name = next(n for n in ("G", *(f"G_{k}" for k in range(1, 99))) if n not in taken)
        return build.sym(name, y.shape)


def _restored(term: Any, problem: Problem) -> Any:
    if not problem.back:
        return term
    return Term(
        tuple(substitute(s, problem.back) for s in term.scalars),
        tuple((substitute(e, problem.back), axes) for e, axes in term.factors),
        term.free,
    )


def _vec_of(tensor: engine.Tensor, problem: Problem) -> Expr | None:
    if tensor.natural is None and not tensor.terms:
        lengths = [e.rows * e.cols for e in (problem.function, *problem.targets)]
        return build.zeros((prod(lengths[:-1], start=ONE), lengths[-1]))
    form = engine.vec_form(tensor)
    return None if form is None else engine.restore(form, problem.back)


# The public functions


def derive(
    function: str | Expr,
    *wrt: str,
    vars: Mapping[str, str] | None = None,
    layout: str = "numerator",
    verify: bool = True,
    structured: str | None = None,
) -> Derivative:
    r"""The derivative of an expression by one variable, or by several in turn.

    Args:
        function: text of the input language, LaTeX, an expression from ``parse`` or one of
            SymPy.
        wrt: names of variables, as text or in LaTeX, or SymPy's symbols; two of them give a
            second derivative.
        vars: declarations, such as ``{"A": "matrix(n, n) symmetric"}``.
        layout: ``"numerator"`` (a scalar by a vector is a row, by a matrix has entry
            (j, i) = ∂y/∂X_ij), ``"denominator"`` (its transpose) or ``"mixed"``
            (gradients in the shape of the variable, Jacobians as in numerator layout).
        verify: check the result entry by entry with SymPy.
        structured: for a variable declared symmetric, diagonal or skew: ``"gradient"``
            (in the space of such matrices; the default), ``"entries"`` (by the
            independent entries) or ``"none"`` (entries taken as independent).

    Raises:
        ParseError, ShapeError, UnknownNameError: the input is at fault.
        UnsupportedError, LimitError: there is no derivative here, or it is too large.
        VerificationError: the result failed its check; please report it.

    >>> derive("y = W*x", "x", verify=False)
    W
    >>> derive("x'*A*x", "x", verify=False)
    x'*(A + A')
    >>> derive(r"\mathbf{x}^\top A \mathbf{x}", "x", verify=False)
    x'*(A + A')
    """
    check_layout(layout)
    if structured is not None and structured not in READINGS:
        raise UnsupportedError(
            f"no reading {structured!r} of a structured variable",
            hint=f"the readings are {', '.join(READINGS)}",
        )
    problem = _problem(function, wrt, vars, structured)
    try:
        tensor = problem.tensor()
        made = Derivative(problem, tensor, layout)
        if tensor.natural is None:
            made.in_vec_form()
        if verify:
            made.verification = made.check()
    except MatrixCalcError as error:
        error.with_text(problem.source.text)
        if isinstance(error, LimitError) and error.span is None:
            error.span = (0, len(problem.source.text))
        raise
    except RecursionError:
        # a simplification met sums within products within sums beyond Python's stack
        raise LimitError("the expression is nested too deeply") from None
    return made


def _problem(
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


def gradient(function: str | Expr, wrt: str, **options: Any) -> Derivative:
    """The gradient of a scalar, in the shape of the variable.

    Options and errors as for :func:`derive`; ShapeError for a function that is no scalar.

    >>> gradient("norm2(W*x)^2", "W", verify=False)
    2*W*x*x'
    """
    made = derive(function, wrt, **{"layout": "mixed", **options})
    return _of_scalar(made, "a gradient", "use jacobian or derive")


def jacobian(function: str | Expr, wrt: str, **options: Any) -> Derivative:
    """The Jacobian, one row for each entry of the function (numerator layout).

    Options and errors as for :func:`derive`.

    >>> jacobian("sin(A*x)", "x", verify=False)
    diag(cos(A*x))*A
    """
    return derive(function, wrt, **options)


def hessian(function: str | Expr, wrt: str, **options: Any) -> Derivative:
    """The second derivative of a scalar by one variable.

    Options and errors as for :func:`derive`; ShapeError for a function that is no scalar.

    >>> hessian("x'*A*x", "x", verify=False)
    A + A'
    """
    made = derive(function, wrt, wrt, **options)
    return _of_scalar(made, "a Hessian", "use derive with the variable twice")


def _of_scalar(made: Derivative, what: str, hint: str) -> Derivative:
    """The derivative, if it is one of a scalar."""
    if not made.function.is_scalar:
        raise ShapeError(
            f"{what} is of a scalar; this is a {made.function.kind}",
            hint=hint,
            text=made.expression_text,
        )
    return made
