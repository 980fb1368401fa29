"""Functions that a user adds: verified against their meaning before they are used."""

from __future__ import annotations

import re
from string import Formatter

from matrixcalc import templates
from matrixcalc.build import call, sym
from matrixcalc.checking import claim_of
from matrixcalc.declare import RESERVED
from matrixcalc.derive import derive
from matrixcalc.dims import ONE, SCALAR, Dim, Shape
from matrixcalc.elementwise import forget
from matrixcalc.errors import MatrixCalcError, ParseError, RuleError
from matrixcalc.expr import Expr
from matrixcalc.grids import Grid
from matrixcalc.infer import typed
from matrixcalc.operators import SPELLINGS, TABLE, Operator
from matrixcalc.realize import forget_definition
from matrixcalc.verify import Verification, compare

_N, _M = Dim.named("n"), Dim.named("m")
_SHAPES: dict[str, tuple[Shape, ...]] = {
    "any": (SCALAR, (_N, ONE), (ONE, _N), (_N, _M)),
    "[]": (SCALAR,),
    "[n]": ((_N, ONE), (ONE, _N)),
    "[n,m]": ((_N, _M),),
    "[n,n]": ((_N, _N),),
}
_RESULTS = ("same", "[]", "[n]", "[n,n]", "[n,m]", "[m,n]", "[m,m]", "[1,m]")
_SPAN = 5

_added: set[str] = set()


def register(
    name: str,
    signature: str = "any -> same",
    *,
    differential: str,
    meaning: str,
    where: str = "",
    source: str = "",
    latex: str = "",
    sample: str = "",
) -> Operator:
    """Add a function of one argument to the language.

    The differential is checked entry by entry against the meaning, for every kind of
    argument that the signature takes, before the function can be used.

    Args:
        name: how it is written.
        signature: ``"any -> same"`` for an elementwise function, else the shapes of argument
            and value: ``"any -> []"``, ``"[n] -> same"``, ``"[n,n] -> []"`` and the like.
        differential: in the input language, linear in ``dA``; the argument is ``A``.
        meaning: the value, in the input language, in terms of known functions.
        where: a condition under which it holds, such as ``"{A} positive"``; source: where
            it is found; latex: how it is typeset, with ``{A}`` for the argument.
        sample: ``"positive"``, ``"unit"`` (in (-1, 1)) or ``"spd"`` where random arguments
            must be so.

    Returns:
        The row of the table.

    Raises:
        ParseError: a name that is taken or no name; a signature that is not known; texts
        that cannot be read. ShapeError: a differential or meaning of the wrong shape.
        RuleError: the differential is wrong; the message has the counterexample.

    >>> row = register(
    ...     "swish", differential="(sigmoid(A) + A.*sigmoid(A).*(1 - sigmoid(A))).*dA",
    ...     meaning="A.*sigmoid(A)")
    >>> derive("sum(swish(x))", "x").verification.status
    'proved'
    >>> unregister("swish")
    """
    if not isinstance(name, str) or not re.fullmatch(r"[^\W\d]\w*", name):
        raise ParseError(f"a function cannot be called {name!r}")
    if name in SPELLINGS or name in TABLE or name in RESERVED:
        raise ParseError(f"there is a function {name} already")
    argument, _, result = (part.strip() for part in signature.partition("->"))
    argument, result = argument.replace(" ", ""), result.replace(" ", "")
    if argument not in _SHAPES or result not in _RESULTS:
        raise ParseError(
            f"the signature {signature!r} is not known",
            hint=f"arguments: {', '.join(_SHAPES)}; values: {', '.join(_RESULTS)}",
        )
    _check_template(latex)
    spelled = name.replace("_", r"\_")
    row = Operator(
        name,
        f"{argument} -> {result}",
        differential=differential,
        meaning=meaning,
        where=where,
        source=source or "added by the user",
        latex=latex or rf"\operatorname{{{{{spelled}}}}}({{A}})",
        sample=sample,
        follows=(argument, result) == ("any", "same"),
    )
    TABLE[name] = row
    SPELLINGS[name] = name
    _added.add(name)
    try:
        for shape in _SHAPES[argument]:
            _prove(row, shape)
    except MatrixCalcError:
        unregister(name)
        raise
    return row


def _check_template(latex: str) -> None:
    try:
        fields = {field for _, field, *_ in Formatter().parse(latex) if field is not None}
    except ValueError:
        fields = {""}
    pairs = (("(", ")"), (r"\lVert", r"\rVert"), (r"\lvert", r"\rvert"))
    uneven = any(latex.count(left) != latex.count(right) for left, right in pairs)
    if fields - {"A"} or uneven:
        raise ParseError(
            "the LaTeX of a function has {A} for its argument, and delimiters in pairs",
            hint=r"other braces are doubled, as in \operatorname{{f}}({A})",
        )


def unregister(name: str) -> None:
    """Take away a function that was added by :func:`register`.

    Raises ParseError for any other name.
    """
    if name not in _added:
        raise ParseError(f"{name} was not added by register")
    _added.discard(name)
    del TABLE[name], SPELLINGS[name]
    templates.forget()
    forget()
    forget_definition()


def _prove(row: Operator, shape: Shape) -> None:
    """Check the differential for an argument of one shape."""
    a = sym("A", shape)
    value = call(row.name, a)
    declared = {"A": _declaration(a)}
    for text in (row.meaning, row.differential):
        more = {**declared, "dA": declared["A"]} if text is row.differential else declared
        found = typed(text, vars=more).expr
        if found.shape != value.shape:
            raise RuleError(
                f"{text} is {_size(found)}, where the signature says {_size(value)}", text=text
            )
    d = derive(value, "A", verify=False)
    outcome = compare(value, [a], claim_of(d.tensor, d.result, d.layout), span=_SPAN)
    if outcome.status == "failed":
        raise RuleError(
            f"the differential of {row.name} is wrong for {_kind(a)}: {_example(outcome)}",
            hint="check it by hand, or the meaning that it was compared with",
        )
    if outcome.status == "skipped":
        raise RuleError(
            f"the differential of {row.name} could not be checked: {outcome.detail}",
            hint="say by sample= what arguments it takes",
        )


def _example(outcome: Verification) -> str:
    m = outcome.mismatch
    if m is None:
        return outcome.detail
    values = ", ".join(f"{name} = {_rows(grid)}" for name, grid in m.values.items())
    return f"at {values} entry {m.entry} of the derivative is {m.expected}, not {m.found}"


def _rows(grid: Grid) -> str:
    rows = [[str(x) for x in row] for row in grid]
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    return "[" + "; ".join(" ".join(row) for row in rows) + "]"


def _kind(a: Expr) -> str:
    return f"a {a.kind}"


def _size(e: Expr) -> str:
    return "a scalar" if e.is_scalar else f"{e.rows}×{e.cols}"


def _declaration(a: Expr) -> str:
    dims = ", ".join(str(d) for d in a.shape if not d.is_one)
    return f"{a.kind}({dims})" if dims else a.kind
