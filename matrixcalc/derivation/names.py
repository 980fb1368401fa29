"""The names of what is differentiated: ``dy``, ``∂y/∂x``, ``∂y_i/∂W_jk``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrixcalc.derivation.records import Formula
from matrixcalc.printers.index import index_latex, index_text

if TYPE_CHECKING:
    from matrixcalc.derivative import Derivative
    from matrixcalc.engine import Tensor

_POWERS = "²³⁴⁵⁶"


class Names:
    """The names in one derivation."""

    def __init__(self, d: Derivative) -> None:
        self.d = d
        taken = self.taken = set(d.variables)
        order = d.function.order
        letters = "YFZ" if order == 2 else "yfzh"
        self.subject = d.name or next(
            (a for a in letters if a not in taken), f"{letters[0]}_0"
        )
        kinds = {self.subject: order, **{n: v.kind != "scalar" for n, v in d.variables.items()}}
        self.bold = frozenset(name for name, kind in kinds.items() if kind)

    def derivative(self, stage: int) -> str:
        """Such as ``∂y/∂x``, of the first differentiations."""
        power = _POWERS[stage - 2] if stage > 1 else ""
        d = self.d
        head, below = self.subject, "".join(f"∂{name}" for name in d.wrt[:stage])
        if stage == 1 and d.problem_dependent and len(d.wrt) == 1:
            y, x = d.case.orders
            head = f"vec({head})" if y == 2 else head
            below = f"∂vec({d.wrt[0]})" if x == 2 else below
            below += "'"
        return f"∂{power}{head}/{below}"

    def differential(self, stage: int) -> str:
        """What is differentiated at a stage, behind a ``d``."""
        if stage == 1:
            return f"d{self.subject}"
        return f"d({self.derivative(stage - 1)})"

    def entry(self, stage: int) -> str:
        """Such as ``∂y_i/∂W_jk``."""
        if stage < len(self.d.wrt):
            return self.derivative(stage)
        return self.d.index_left if self.d.name else self.d.index_left.replace("y", self.subject, 1)

    def entries(self, found: Tensor, final: bool) -> Formula:
        """The index form of a derivative."""
        terms = self.d.index_terms if final else found.terms
        text = self.d.index_form if final else index_text(terms, found.indices, found.order)
        return Formula(text, latex_template=index_latex(terms, found.indices))

