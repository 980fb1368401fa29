"""Expressions as MathML, by way of LaTeX; needs ``latex2mathml``, the extra ``mathml``."""

from __future__ import annotations

import re
from importlib import import_module

from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr
from matrixcalc.printers.latex import to_latex

_WORD = re.compile(r"\\operatorname\{([^{}]*\\_[^{}]*)\}")


def to_mathml(formula: str | Expr) -> str:
    """An expression, or LaTeX, as a MathML element."""
    text = formula if isinstance(formula, str) else to_latex(formula)
    try:
        converter = import_module("latex2mathml.converter")
    except ImportError:
        hint = "install it by: pip install 'matrixcalc-engine[mathml]'"
        raise UnsupportedError("MathML needs the package latex2mathml", hint=hint) from None
    # of an operator's name with an underscore the library makes single letters
    text = _WORD.sub(lambda m: rf"\text{{{m[1]}}}".replace(r"\_", "_"), text)
    made: str = converter.convert(text, display="block")
    return made
