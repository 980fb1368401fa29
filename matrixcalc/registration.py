"""Functions that a user adds: verified against their meaning before they are used."""

from __future__ import annotations

import re
from dataclasses import replace
from string import Formatter
from threading import RLock

from matrixcalc import templates
from matrixcalc.build import call, sym
from matrixcalc.checking import claim_of
from matrixcalc.declare import RESERVED
from matrixcalc.derive import derive
from matrixcalc.dims import ONE, SCALAR, Dim, Shape
from matrixcalc.elementwise import forget
from matrixcalc.errors import MatrixCalcError, ParseError, RuleError
from matrixcalc.expr import Expr, symbols, topological
from matrixcalc.grids import Grid
from matrixcalc.infer import typed
from matrixcalc.numeric import evaluate
from matrixcalc.operators import SPELLINGS, TABLE, Operator
from matrixcalc.realize import forget_definition
from matrixcalc.syntax import normalise
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
_SAMPLES = ("", "positive", "unit", "spd")
_TAKEN = frozenset({"add", "mul", "had", "pow", "epow", "num", "sym", "ones", "zeros"}).union(
    {"pi", "size", "rows", "cols"}
)
"""Words that the engine uses for operators and in the rows of the table."""

_LESSER: dict[str, tuple[Shape, ...]] = {
    "[n,m]": ((_N, ONE), (ONE, _M), SCALAR),
    "[n,n]": (SCALAR,),
}
"""What fits a signature and is a smaller thing: vectors and numbers as matrices."""

_added: set[str] = set()
_changing = RLock()


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
    argument that the signature takes, before the function can be used. Of vectors and
    numbers in the place of a matrix those are taken for which the check succeeds.

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
    name = _free_name(name)
    if not isinstance(signature, str):
        raise ParseError(f"a signature is a text, not {type(signature).__name__}")
    argument, _, result = (part.strip() for part in signature.partition("->"))
    argument, result = argument.replace(" ", ""), result.replace(" ", "")
    if argument not in _SHAPES or result not in _RESULTS:
        raise ParseError(
            f"the signature {signature!r} is not known",
            hint=f"arguments: {', '.join(_SHAPES)}; values: {', '.join(_RESULTS)}",
        )
    if sample not in _SAMPLES:
        raise ParseError(f"sample is one of {', '.join(_SAMPLES[1:])}, not {sample!r}")
    _check_template(latex)
    spelled = name.replace("_", r"\_")
    row = Operator(
        name,
        f"{argument} -> {result}",
        differential=differential,
        meaning=meaning,
        where=_form("where", where),
        source=source or "added by the user",
        latex=latex or rf"\operatorname{{{{{spelled}}}}}({{A}})",
        sample=sample,
        follows=(argument, result) == ("any", "same"),
    )
    with _changing:
        if name in SPELLINGS:
            raise ParseError(f"there is a function {name} already")
        TABLE[name] = row
        SPELLINGS[name] = name
        _added.add(name)
        try:
            for shape in _SHAPES[argument]:
                _prove(row, shape)
            lesser = _LESSER.get(argument, ())
            taken = [sym("A", shape).kind for shape in lesser if _proves(row, shape)]
            if len(taken) < len(lesser):
                row = TABLE[name] = replace(row, kinds=("matrix", *taken))
        except BaseException:
            unregister(name)
            raise
    return row


def _free_name(name: object) -> str:
    """A name that a new function may have."""
    plain = normalise(name) if isinstance(name, str) else ""
    if not re.fullmatch(r"[^\W\d_⁰¹²³⁴-⁹ᵀ][^\W⁰¹²³⁴-⁹ᵀ]*", plain):
        raise ParseError(
            f"a function cannot be called {name!r}",
            hint="a name is a letter, then letters, digits and _",
        )
    if plain in SPELLINGS or plain in TABLE or plain in RESERVED:
        raise ParseError(f"there is a function {plain} already")
    if len(plain) == 1 or plain in _TAKEN or re.fullmatch(r"d(?:\d|[AB])", plain):
        raise ParseError(
            f"a function cannot be called {plain!r}",
            hint="single letters and words such as pi, size and dA have another meaning",
        )
    return plain


def _form(what: str, text: str) -> str:
    """A text with ``{A}`` in the place of the argument, which is all that it may hold."""
    try:
        text.format(A="A")
    except (AttributeError, KeyError, IndexError, ValueError):
        raise ParseError(
            f"{what} is a text with {{A}} for the argument, not {text!r}",
            hint="a brace that is to stand is written twice",
        ) from None
    return text


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
    name = normalise(name) if isinstance(name, str) else name
    with _changing:
        if name not in _added:
            raise ParseError(f"{name} was not added by register")
        _added.discard(name)
        del TABLE[name], SPELLINGS[name]
        templates.forget()
        forget()
        forget_definition()


def _proves(row: Operator, shape: Shape) -> bool:
    try:
        _prove(row, shape)
    except MatrixCalcError:
        return False
    return True


def _prove(row: Operator, shape: Shape) -> None:
    """Check the differential for an argument of one shape."""
    a = sym("A", shape)
    value = call(row.name, a)
    meaning = _read(row, row.meaning, {"A": _declaration(a)}, value, "meaning")
    if any(e.op == row.name for e in topological(meaning)):
        raise ParseError(f"the meaning of {row.name} is told by {row.name} itself")
    given = {"A": _declaration(a), "dA": _declaration(a)}
    differential = _read(row, row.differential, given, value, "differential")
    _check_linear(row, differential, shape)
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


def _read(
    row: Operator, text: str, given: dict[str, str], value: Expr, what: str
) -> Expr:
    """The differential or the meaning of a row, which has a shape and what it may use."""
    try:
        found = typed(text, vars=given).expr
    except MatrixCalcError as error:
        error.message = f"in the {what} of {row.name}: {error.message}"
        raise
    others = [e.name for e in symbols(found) if e.name not in given]
    if others:
        raise ParseError(
            f"the {what} of {row.name} uses {others[0]}, which is not known",
            hint=f"it is written in terms of {' and '.join(given)}",
            text=text,
        )
    if found.shape != value.shape:
        raise RuleError(
            f"{text} is {_size(found)}, where the signature says {_size(value)}", text=text
        )
    return found


def _check_linear(row: Operator, differential: Expr, shape: Shape) -> None:
    """Refuse what is not linear in dA: it must add up, whatever dA is, and be 0 for 0."""
    import numpy

    random = numpy.random.default_rng(7)
    size = [1 if d.is_one else 3 if d is _N or shape[0] == shape[1] else 2 for d in shape]

    def at(point: object, step: object) -> numpy.ndarray:
        made: numpy.ndarray = evaluate(differential, {"A": point, "dA": step})
        return made

    for _ in range(4):
        point = random.uniform(0.1, 0.9, size)
        u, v = random.uniform(-1, 1, size), random.uniform(-1, 1, size)
        with numpy.errstate(all="ignore"):
            apart = at(point, u) + 3 * at(point, v) - at(point, u + 3 * v)
            scale = abs(at(point, u)) + abs(at(point, v)) + 1
            wrong = abs(apart) > 1e-8 * scale
            zero = at(point, 0 * u)
        if wrong.any() or (abs(zero) > 1e-12).any():
            raise RuleError(
                f"the differential of {row.name} is not linear in dA for {_kind(sym('A', shape))}",
                text=row.differential,
                hint="each term has dA in it once, as a factor",
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
