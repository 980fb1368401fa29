"""Syntax as a list of steps: each an operator and the numbers of earlier steps it works on.

Here names and calls get their meaning: variables, functions of the table, constants, sizes, the
names of earlier equations. Shapes are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from matrixcalc.declare import RESERVED, Declaration, check_name, dimension
from matrixcalc.dims import Dim
from matrixcalc.errors import MatrixCalcError, ParseError, UnknownNameError
from matrixcalc.foreign import instead_of
from matrixcalc.operators import SPELLINGS, TABLE
from matrixcalc.syntax import ClaimNode, EquationNode, Node, Program


class Step(NamedTuple):
    """One operation.

    Attributes:
        op: ``num size pi var eye const sum mul had solve neg pow epow T call``, and of LaTeX
            ``bars norm root exponential``, whose meaning depends on the kind of the operand.
        args: the steps it works on, by number.
        value: a number, a name, the signs of a chain, or the sizes of a constant.
        node: where it was written.
    """

    op: str
    args: tuple[int, ...]
    value: Any
    node: Node


Plan = tuple[str, list[Node], Any]

_CONSTANT_CALL = re.compile(r"\b(?:eye|vector|matrix)\s*\(")
_AXES = {
    "sum": {1: "colsum", 2: "rowsum"},
    "mean": {1: "mean_columns", 2: "mean_rows"},
}


class Steps:
    """The steps of a text.

    Attributes:
        steps: in an order in which each comes after those it works on.
        variables: the step of each variable, in the order in which they are met.
        equations: the step of each name that an equation gives.
        dims: the names that stand for dimensions.
    """

    def __init__(self, declared: Mapping[str, Declaration], future: Collection[str] = ()) -> None:
        self.declared = declared
        self.future = set(future)
        self.steps: list[Step] = []
        self.variables: dict[str, int] = {}
        self.equations: dict[str, int] = {}
        self.given_dims = {n for d in declared.values() for axis in d.shape for n in axis.names}
        self.dims = set(self.given_dims)
        self.defining = ""

    def add(self, root: Node) -> int:
        """Append the steps of an expression; the number of its last."""
        done: list[int] = []
        stack: list[tuple[Node, Plan | None]] = [(root, None)]
        while stack:
            node, plan = stack.pop()
            if plan is None:
                inner = node
                while inner.op in ("group", "pos"):
                    inner = inner.args[0]
                if inner.op == "name":
                    done.append(self.name(inner, node))
                    continue
                plan = self.call(inner) if inner.op == "call" else _plain(inner)
                children = plan[1]
                if children:
                    stack.append((node, plan))
                    stack.extend((child, None) for child in reversed(children))
                    continue
            op, children, value = plan
            args: tuple[int, ...] = ()
            if children:
                args = tuple(done[-len(children) :])
                del done[-len(children) :]
            done.append(self.append(op, args, value, node))
        return done[0]

    def append(self, op: str, args: tuple[int, ...], value: Any, node: Node) -> int:
        self.steps.append(Step(op, args, value, node))
        return len(self.steps) - 1

    def name(self, node: Node, place: Node) -> int:
        """The step that a name stands for."""
        name: str = node.value
        known = self.variables.get(name)
        if known is None:
            known = self.equations.get(name)
        if known is not None:
            return known
        if name in self.future:
            if name == self.defining:
                raise ParseError(
                    f"{name} is defined by itself",
                    span=node.span,
                    hint="give what stands on the left another name",
                )
            raise ParseError(
                f"{name} is used before the equation that defines it",
                span=node.span,
                hint=f"put {name} = … first",
            )
        if name not in self.declared:
            if name == "eye":
                return self.append("eye", (), None, place)
            if name in SPELLINGS or name in RESERVED:
                raise ParseError(
                    f"{name!r} is a function; its argument is missing",
                    span=node.span,
                    hint=_usage(name),
                )
            if name in self.dims:
                return self.append("size", (), Dim.named(name), place)
            if name in ("pi", "π"):
                return self.append("pi", (), None, place)
        step = self.append("var", (), name, node)
        self.variables[name] = step
        return step

    def call(self, node: Node) -> Plan:
        """What a call means, with the operands that are expressions."""
        name: str = node.value
        args = node.args
        if name in self.declared or name in self.equations or name in self.variables:
            raise ParseError(
                f"{name} is a variable, not a function",
                span=(node.start, node.start + len(name)),
                hint=f"for a product write {name}*(…); there are no entries by index",
            )
        if name in ("row", "scalar"):
            span = (node.start, node.start + len(name))
            message = f"{name!r} stands in declarations only"
            raise ParseError(message, span=span, hint=_USAGE[name])
        if name == "eye":
            _count(node, (0, 1))
            return "eye", [], self.size(args[0]) if args else None
        if name == "commutation":
            _count(node, (2,))
            return "commutation", [], (self.size(args[0]), self.size(args[1]))
        if name in ("vector", "matrix"):
            _count(node, (1, 2) if name == "vector" else (1, 3))
            sizes = tuple(self.size(a) for a in args[1:]) or None
            return "const", args[:1], (name, sizes)
        if name == "transpose":
            _count(node, (1,))
            return "T", args, None
        row = SPELLINGS.get(name)
        if row is None:
            raise _unknown(node)
        if len(args) == 2 and row in _AXES:
            axis = _literal(args[1])
            if axis not in (1, 2):
                raise ParseError(
                    f"the second argument of {name} is 1 (down the columns) or 2 (along the rows)",
                    span=args[1].span,
                    hint=f"{name}(X, 1) is a row, {name}(X, 2) a column, {name}(X) a scalar",
                )
            return "call", args[:1], _AXES[row][int(axis)]
        if len(args) == 2 and row == "max" and 0 in (_literal(args[0]), _literal(args[1])):
            return "call", [args[1] if _literal(args[0]) == 0 else args[0]], "relu"
        _count(node, (len(signature(TABLE[row].signature)[0]),))
        return "call", args, row

    def size(self, node: Node) -> Dim:
        dim = dimension(node)
        for name in dim.names:
            if name in self.declared and name not in self.given_dims:
                raise ParseError(
                    f"{name} is a variable, and cannot be a dimension here",
                    span=node.span,
                    hint="a dimension is a name that stands in declarations, or a whole number",
                )
        self.dims.update(dim.names)
        return dim


def _plain(node: Node) -> Plan:
    if node.op == "number":
        return "num", [], node.value
    if node.op == "kron":
        return "call", node.args, "kron"
    return node.op, node.args, node.value


def _literal(node: Node) -> Fraction | None:
    while node.op == "group":
        node = node.args[0]
    return node.value if node.op == "number" else None


def _count(node: Node, allowed: tuple[int, ...]) -> None:
    if len(node.args) in allowed:
        return
    words = ("no argument", "one argument", "two arguments", "three arguments")
    wants = " or ".join(words[n] for n in allowed)
    raise ParseError(
        f"{node.value} takes {wants}, not {len(node.args)}",
        span=node.span,
        hint=_usage(node.value),
    )


_USAGE = {
    "eye": "write eye or eye(n)",
    "commutation": "write commutation(n, m), which takes vec(A) to vec(A') for A of size n×m",
    "vector": "write vector(1) or vector(1, n)",
    "matrix": "write matrix(1) or matrix(1, n, m)",
    "transpose": "write x' or transpose(x)",
    "row": "write vector(1)' for a row of ones",
    "scalar": "a number is written as it is; a declaration is a: scalar",
    "sum": "write sum(X), sum(X, 1) down the columns or sum(X, 2) along the rows",
    "mean": "write mean(X), mean(X, 1) down the columns or mean(X, 2) along the rows",
    "max": "write max(x) for the greatest entry, y + relu(x - y) for the greater of two",
    "min": "write min(x) for the least entry, y - relu(y - x) for the lesser of two",
    "diag": "write diag(x) for a diagonal matrix, diag(X) for a diagonal",
    **dict.fromkeys(
        ("norm", "norm1", "norm2"),
        "write norm2(x), Euclidean or Frobenius, or norm1(x), the sum of absolute values",
    ),
}


def _usage(name: str) -> str:
    if name in _USAGE:
        return _USAGE[name]
    row = TABLE[SPELLINGS[name]]
    letters = ("x", "y") if "[n]" in row.signature or row.elementwise else ("A", "B")
    count = len(signature(row.signature)[0])
    return f"write {name}({', '.join(letters[:count])})"


def _unknown(node: Node) -> MatrixCalcError:
    from difflib import get_close_matches

    name: str = node.value
    span = (node.start, node.start + len(name))
    if name in ("d", "d2"):
        return ParseError(
            "a derivative can stand only at the head of a claim",
            span=span,
            hint=f"for a product write {name}*(…)",
        )
    spelled = {s.lower(): s for s in (*SPELLINGS, *RESERVED) if s not in ("row", "scalar")}
    near = get_close_matches(name.lower(), spelled, n=1, cutoff=0.7)
    shown = name if len(name) <= 30 else name[:29] + "…"
    hint = instead_of(name)
    if re.fullmatch(r"d[A-Za-z]", name):
        hint = f"to differentiate by {name[1]}, give {name[1]} beside the expression"
    if not hint and near:
        hint = f"did you mean {spelled[near[0]]}?"
    elif not hint:
        hint = f"for a product write {shown}*(…); a function is added by register"
    return UnknownNameError(f"there is no function {shown!r}", span=span, hint=hint)


@lru_cache(maxsize=256)
def signature(text: str) -> tuple[tuple[tuple[str, ...] | None, ...], tuple[str, ...] | None]:
    """The parameters of a signature and its result; None for ``any`` and for ``same``.

    >>> signature("[n,m], [p,q] -> [n*p,m*q]")
    ((('n', 'm'), ('p', 'q')), ('n*p', 'm*q'))
    """
    source, target = (side.replace(" ", "") for side in text.split("->"))
    parameters = tuple(
        None if part == "any" else _axes(part) for part in re.findall(r"any|\[[^]]*\]", source)
    )
    return parameters, None if target == "same" else _axes(target)


def _axes(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.strip("[]").split(",")))


def steps_of(
    program: Program, declared: Mapping[str, Declaration]
) -> tuple[Steps, int, str | None]:
    """The steps of a text, the number of the last statement's, and its name."""
    statements = [_equation(s) for s in program.statements]
    if not statements:
        raise ParseError(
            "there are declarations, but no expression",
            span=(len(program.text.rstrip()), len(program.text.rstrip()) + 1),
            hint="write the expression after them, as in x: vector(n); x'*x",
        )
    names = [_left_name(s) for s in statements]
    for statement, name in zip(statements[:-1], names, strict=False):
        if name is None:
            raise ParseError(
                "only the last of several expressions can be without a name",
                span=statement.span,
                hint="write name = expression",
            )
    steps = Steps(declared, [name for name in names if name is not None])
    if program.latex or _CONSTANT_CALL.search(program.text):
        _find_sizes(steps, [s.right for s in statements])
    root = -1
    for statement, name in zip(statements, names, strict=True):
        if name is not None and name in steps.equations and statement.left is not None:
            raise ParseError(
                f"{name} is defined twice",
                span=statement.left.span,
                hint="give the second another name",
            )
        steps.defining = name or ""
        root = steps.add(statement.right)
        if name is not None:
            steps.equations[name] = root
    return steps, root, names[-1]


def _equation(statement: EquationNode | ClaimNode) -> EquationNode:
    if isinstance(statement, EquationNode):
        return statement
    if statement.right is None:
        raise ParseError(
            "this is a derivative, not an expression",
            span=statement.span,
            hint="give what is differentiated, and the variable on its own: x'*A*x, then x",
        )
    raise ParseError(
        "this is a claim, not an expression", span=statement.span, hint="a claim is to be checked"
    )


def _left_name(statement: EquationNode) -> str | None:
    left = statement.left
    if left is None:
        return None
    if left.op == "call" and left.value not in SPELLINGS:
        raise ParseError(
            "the left side of an equation is a name, without arguments",
            span=left.span,
            hint=f"write {left.value} = …",
        )
    if left.op != "name":
        raise ParseError(
            "this is a claim, not an expression: the left side of an equation is a name",
            span=left.span,
            hint="a claim is to be checked",
        )
    try:
        return check_name(left.value)
    except ParseError as error:
        error.span = left.span
        raise


def _find_sizes(steps: Steps, roots: list[Node]) -> None:
    """Names within eye(n), vector(1, n) and matrix(1, n, m) stand for dimensions."""
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.op == "call" and node.value in ("eye", "vector", "matrix"):
            for size in node.args if node.value == "eye" else node.args[1:]:
                steps.size(size)
        stack.extend(node.args)
