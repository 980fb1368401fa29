"""A derivative, with every reading of it, its conditions, and how it was checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from matrixcalc import build, engine
from matrixcalc.cases import Case, case_of
from matrixcalc.claims import SKIPPED, Verification
from matrixcalc.conditions import conditions_of
from matrixcalc.expr import Expr
from matrixcalc.index import Term, explicit
from matrixcalc.layouts import arrange, check_layout, flips
from matrixcalc.printers.text import to_text
from matrixcalc.problem import Problem

if TYPE_CHECKING:
    import numpy

    from matrixcalc.derivation.records import Steps


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
        return [self.problem.restored_term(t) for t in self.tensor.terms]

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
        return self.problem.vec_form(self.tensor)

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
        made = self.problem.backpropagated()
        return None if made is None else made.natural

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
            t = explicit(self.problem.restored_term(t), self.tensor.indices)
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
