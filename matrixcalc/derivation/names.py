"""The names of what is differentiated: ``dy``, ``∂y/∂x``, ``∂y_i/∂W_jk``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matrixcalc.printers.index import index_text
from matrixcalc.printers.index_latex import entry_latex, index_latex
from matrixcalc.tex.names import name_latex

if TYPE_CHECKING:
    from matrixcalc.derive import Derivative
    from matrixcalc.engine import Tensor

_POWERS = "²³⁴⁵⁶"


class Names:
    """The names in one derivation."""

    def __init__(self, d: Derivative) -> None:
        self.d = d
        taken = set(d.variables)
        order = d.function.order
        letters = "YFZ" if order == 2 else "yfzh"
        self.subject = d.name or next(
            (a for a in letters if a not in taken), f"{letters[0]}_0"
        )

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

    def entries(self, found: Tensor, final: bool) -> str:
        """The index form of a derivative."""
        if final:
            return self.d.index_form
        return index_text(found.terms, found.indices, found.order)

    def entries_latex(self, found: Tensor, final: bool) -> str:
        """The same as LaTeX."""
        if final:
            return self.d.latex(right_only=True, form="index")
        return index_latex(found.terms, found.indices)

    def latex(self, left: str) -> str:
        r"""One of these names as LaTeX.

        >>> from matrixcalc.derive import derive
        >>> names = Names(derive("y = W*x", "x", verify=False))
        >>> print(names.latex("∂y/∂x"), names.latex("dy"))
        \frac{\partial \mathbf{y}}{\partial \mathbf{x}} \mathrm{d}\mathbf{y}
        >>> print(names.latex("∂y_i/∂x_j"))
        \frac{\partial y_{i}}{\partial x_{j}}
        """
        head, tail = "", ""
        while True:
            # d(…) and vec(…) around the rest
            found = re.fullmatch(r"(d|vec)\((.*)\)", left)
            if found is None:
                break
            sign = r"\mathrm{d}" if found[1] == "d" else r"\operatorname{vec}"
            opened, closed = (r"\left(", r"\right)") if "/" in left else ("(", ")")
            head, tail, left = f"{head}{sign}{opened}", f"{closed}{tail}", found[2]
        return head + self._quotient(left) + tail

    def _quotient(self, left: str) -> str:
        found = re.fullmatch(r"∂([²³⁴⁵⁶]?)(.+?)/(∂.+?)('?)", left)
        if found is None:
            if left.startswith("d") and left not in self._bold():
                return rf"\mathrm{{d}}{self._name(left[1:])}"
            return self._name(left)
        power = f"^{{{'²³⁴⁵⁶'.index(found[1]) + 2}}}" if found[1] else ""
        parts = [rf"\partial {self._name(part)}" for part in found[3].split("∂")[1:]]
        prime = r"^\top" if found[4] else ""
        return rf"\frac{{\partial{power} {self._name(found[2])}}}{{{' '.join(parts)}{prime}}}"

    def _bold(self) -> dict[str, bool]:
        kinds = {name: d.kind != "scalar" for name, d in self.d.variables.items()}
        return {**kinds, self.subject: not self.d.function.is_scalar}

    def _name(self, text: str) -> str:
        """A variable, or an entry of it; in ``vec(…)`` where the columns are stacked."""
        stacked = re.fullmatch(r"vec\((.+)\)", text)
        if stacked:
            return rf"\operatorname{{vec}}({self._name(stacked[1])})"
        bold = self._bold()
        if text in bold:
            return name_latex(text, bold[text])
        whole = max((n for n in bold if text.startswith(f"{n}_")), key=len, default=text)
        return entry_latex(whole, text[len(whole) + 1 :])
