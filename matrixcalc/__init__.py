"""matrixcalc: symbolic matrix calculus, with every result verified entry by entry.

>>> from matrixcalc import derive
>>> derive("y = W*x", "x")
W
>>> derive("y = W*x", "x").verification.status
'proved'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from matrixcalc.derivative import Derivative
from matrixcalc.derive import derive, gradient, hessian, jacobian
from matrixcalc.errors import (
    LimitError,
    MatrixCalcError,
    ParseError,
    RuleError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    VerificationError,
)
from matrixcalc.expr import Expr
from matrixcalc.infer import parse

if TYPE_CHECKING:
    from matrixcalc.backprop import Graph, graph
    from matrixcalc.checks.code import assert_gradient, check_code
    from matrixcalc.checks.run import check
    from matrixcalc.checks.verdict import Verdict
    from matrixcalc.derivation import Step
    from matrixcalc.differentials import Differential, differential
    from matrixcalc.registration import register, unregister
    from matrixcalc.sympy_bridge import from_sympy
    from matrixcalc.sympy_export import to_sympy

__version__ = "0.1.0"

__all__ = [
    "Derivative",
    "Differential",
    "Expr",
    "Graph",
    "LimitError",
    "MatrixCalcError",
    "ParseError",
    "RuleError",
    "ShapeError",
    "Step",
    "UnknownNameError",
    "UnsupportedError",
    "Verdict",
    "VerificationError",
    "__version__",
    "assert_gradient",
    "check",
    "check_code",
    "code",
    "compile",
    "derive",
    "differential",
    "from_sympy",
    "gradient",
    "graph",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "parse",
    "register",
    "to_sympy",
    "unregister",
    "vjp",
]

# Public names that are imported when they are first used, so that a start stays quick.
_LATER = {
    "Graph": "matrixcalc.backprop",
    "Step": "matrixcalc.derivation",
    "graph": "matrixcalc.backprop",
    "Verdict": "matrixcalc.checks.verdict",
    "check": "matrixcalc.checks.run",
    "assert_gradient": "matrixcalc.checks.code",
    "check_code": "matrixcalc.checks.code",
    "code": "matrixcalc.codegen.api",
    "compile": "matrixcalc.codegen.api",
    "hvp": "matrixcalc.codegen.products",
    "jvp": "matrixcalc.codegen.products",
    "vjp": "matrixcalc.codegen.products",
    "Differential": "matrixcalc.differentials",
    "differential": "matrixcalc.differentials",
    "from_sympy": "matrixcalc.sympy_bridge",
    "to_sympy": "matrixcalc.sympy_export",
    "register": "matrixcalc.registration",
    "unregister": "matrixcalc.registration",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'matrixcalc' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found
