"""Derivatives as lines that a person reads, in Unicode or plain ASCII."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from matrixcalc.cases import CASES, LAYOUTS, Case, table_rows
from matrixcalc.operators import TABLE, Operator

SHORT = 32
"""The longest expression, in characters, that stands in ``∂(…)/∂x`` by its own text."""

STRUCTURE = frozenset({"symmetric", "positive_definite", "diagonal", "skew", "orthogonal"})
"""The properties that leave a variable in a space of its own."""

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Check(Protocol):
    """What a line needs of a verification."""

    @property
    def status(self) -> str: ...
    @property
    def detail(self) -> str: ...


class Answer(Protocol):
    """What a line needs of a derivative."""

    @property
    def name(self) -> str | None: ...
    @property
    def written(self) -> str: ...
    @property
    def wrt(self) -> tuple[str, ...]: ...
    @property
    def result(self) -> object: ...
    @property
    def case(self) -> Case: ...
    @property
    def problem_dependent(self) -> bool: ...
    @property
    def why(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def layout(self) -> str: ...
    @property
    def shape(self) -> tuple[str, ...]: ...
    @property
    def variables(self) -> Mapping[str, object]: ...
    @property
    def conditions(self) -> Sequence[str]: ...
    @property
    def structured(self) -> str | None: ...
    @property
    def verification(self) -> Check: ...
    @property
    def index_form(self) -> str: ...
    @property
    def index_left(self) -> str: ...
    @property
    def vec_form(self) -> str | None: ...
    @property
    def vjp(self) -> str | None: ...


def head(d: Answer) -> str:
    """The left-hand side: ``∂y/∂x``, ``∂²f/∂x∂x``, or with the expression's own text."""
    count = len(d.wrt)
    power = str(count).translate(_SUPERSCRIPTS) if count > 1 else ""
    return f"∂{power}{subject(d)}/" + "".join(f"∂{name}" for name in d.wrt)


def subject(d: Answer) -> str:
    """What is differentiated: its name, its own text where that is short, or a letter."""
    if d.name:
        return d.name
    text = " ".join(re.split(r"[;\n]", d.written.strip("; \n"))[-1].split())
    if text.isidentifier():
        return text
    if 0 < len(text) <= SHORT:
        return f"({text})"
    return next(letter for letter in ("f", "F", "g", "G", "f_0") if letter not in d.variables)


def answer_lines(d: Answer) -> list[str]:
    """All lines that the command line prints for a derivative."""
    first = f"{_left(d)} = {d}"
    notes = [str(d.case), f"{d.layout} layout", _shape(d), verdict(d.verification)]
    if d.problem_dependent:
        notes.insert(1, "problem-dependent")
    if _has_structure(d):
        notes.insert(-1, f"structured: {d.structured}")
    lines = [f"{first}    {', '.join(notes)}"]
    lines += [f"    where {condition}" for condition in d.conditions]
    if d.problem_dependent:
        lines += _readings(d, first)
    return lines


def _shape(d: Answer) -> str:
    return "×".join(f"({axis})" if "*" in axis else axis for axis in d.shape) or "1×1"


def _has_structure(d: Answer) -> bool:
    declared = (str(d.variables[name]).replace(",", " ").split() for name in d.wrt)
    return any(STRUCTURE.intersection(words) for words in declared)


def verdict(check: Check) -> str:
    """What was checked, in words: never more than was done."""
    if check.status == "skipped":
        return "not verified"
    return f"{check.status} by SymPy"


def _readings(d: Answer, first: str) -> list[str]:
    lines = [f"index form: {d.index_left} = {d.index_form}"]
    if d.vec_form:
        lines.append(f"vec form: {_vec_left(d)} = {d.vec_form}")
    if d.vjp:
        lines.append(f"vjp form: {d.vjp}, for the gradient G by {d.name or 'the expression'}")
    lines += [f"why: {d.why}", f"advice: {d.advice}"]
    return [f"    {line}" for line in lines if line.partition(": ")[2] != first]


def _left(d: Answer) -> str:
    """What the printed result is equal to."""
    if d.result is None:
        return d.index_left
    return _vec_left(d, d.layout == "denominator") if d.problem_dependent else head(d)


def _vec_left(d: Answer, transposed: bool = False) -> str:
    """Of a first derivative ``∂vec(y)/∂vec(W)'``; vectors are their own vec."""
    if len(d.wrt) != 1:
        return head(d)
    y, x = d.case.orders
    name = subject(d)
    top = name if y < 2 else f"vec{name}" if name.startswith("(") else f"vec({name})"
    below = d.wrt[0] if x < 2 else f"vec({d.wrt[0]})"
    return f"∂{top}'/∂{below}" if transposed else f"∂{top}/∂{below}'"


def reading(d: Answer, form: str) -> str | None:
    """One reading of a derivative alone: ``matrix``, ``index``, ``vec`` or ``vjp``."""
    if form == "matrix":
        return None if d.result is None or d.problem_dependent else str(d)
    return {"index": d.index_form, "vec": d.vec_form, "vjp": d.vjp}[form]


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of text as aligned lines, two spaces apart.

    >>> columns([("a", "bc"), ("def", "g")])
    ['a    bc', 'def  g']
    """
    table = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def case_lines() -> list[str]:
    """The nine cells and the layouts, as lines."""
    header = ("case", "numerator layout", "example", "answer")
    lines = columns([header, *table_rows()])
    lines += ["", "why"]
    lines += [f"  {line}" for line in columns((c.name, c.why) for c in CASES.values())]
    dependent = next(c for c in CASES.values() if c.problem_dependent)
    lines += ["", "advice for problem-dependent cases", f"  {dependent.advice}", "", "layouts"]
    return lines + [f"  {line}" for line in columns(LAYOUTS.items())]


def rule_of(row: Operator) -> str:
    """How a function is differentiated, in a word or a formula.

    >>> rule_of(TABLE["logdet"]), rule_of(TABLE["tr"])
    ('d = tr(inv(A)*dA)', 'index ii ->')
    """
    if row.differential:
        return f"d = {row.differential}"
    return f"is {row.definition}" if row.definition else f"index {row.index}"


def spelling(row: Operator) -> str:
    """How a function is written: ``sum(A, 1)``, ``exp(A)``.

    >>> spelling(TABLE["colsum"]), spelling(TABLE["kron"])
    ('sum(A, 1)', 'kron(A, B)')
    """
    if row.spelled:
        return row.spelled.format(A="A")
    count = row.signature.split("->")[0].count("[") or 1
    return f"{row.name}({', '.join('AB'[:count])})"


def rule_lines() -> list[str]:
    """The rule table, as lines."""
    rows = [(spelling(row), rule_of(row), row.where.format(A="A")) for row in TABLE.values()]
    return columns([("function", "rule", "where"), *rows])
