"""The text of a claim: what is claimed of which function, by which variables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from matrixcalc.errors import ParseError, UnknownNameError
from matrixcalc.notation import is_latex, read
from matrixcalc.syntax import ClaimNode, EquationNode, Node, Program, normalise, split_by

_LAYOUT = re.compile(
    r"[;,]?\s*(?:\blayout\s*[:=]\s*(numerator|denominator|mixed)\b\s*;?"
    r"|[(\[](numerator|denominator|mixed) layout[)\]])"
)
_BY_VEC = re.compile(
    r"(/\s*)(d|∂)\s*\(\s*vec\(\s*(\w+)\s*\)\s*\)'?|(/\s*)(d|∂)\s*vec\(\s*(\w+)\s*\)'?"
)
_BY_GROUP = re.compile(r"(/\s*)(d|∂)\s*\(\s*(\w+)\s*\)")
_BY_SPACED = re.compile(r"(/\s*)(d|∂)(\s+)([^\W\d]\w*)(?=\s*=)")
_OF_CALL = re.compile(r"(^|[;\n])(\s*)(∂|\\partial|d(?=\s))(\^?2|²)?\s*(?=[a-z_0-9]+\()")
_OF_NAME = re.compile(r"(^|[;\n])(\s*)(d|∂)([^\W\d]\w*)(?=\s*/\s*(?:d|∂))")
_OPERATOR = re.compile(
    r"(?:^|[;\n])\s*(?P<of>(?:d|∂)(?:\^?[2-9]|[²³])?)(?P<by>\s*/\s*(?:d|∂)\w+(?:\^[2-9]|[²³])?)\s*(?=\()"
)
_WORDS = {
    "grad": "gradient",
    "gradient": "gradient",
    "jacobian": "jacobian",
    "jac": "jacobian",
    "J": "jacobian",
    "hessian": "hessian",
    "hess": "hessian",
}


@dataclass(frozen=True)
class ClaimText:
    """A claim, read.

    Attributes:
        kind: ``derivative``, ``differential`` or ``identity``.
        program: the declarations and the equations before the claim.
        of: the left side; right: the right side.
        by: the variables of a derivative; order: of a differential.
        layout: the layout that the claim names, or that its word means; vec: whether it is
            by the entries of a matrix stacked.
    """

    kind: str
    text: str
    program: Program
    of: Node
    right: Node
    by: tuple[str, ...] = ()
    order: int = 1
    layout: str | None = None
    vec: bool = False
    word: str = ""


def read_claim(text: object, names: Iterable[str] = ()) -> ClaimText:
    r"""Read a claim. Raises ParseError where the text is none.

    ``names`` are those that are declared outside of it.

    >>> read_claim(r"\nabla_{\mathbf{x}} \mathbf{x}^\top \mathbf{x} = 2 \mathbf{x}").word
    'gradient'
    >>> read_claim("d(x'*x)/dx = 2*x'").by
    ('x',)
    >>> read_claim("tr(A*B) = tr(B*A)").kind
    'identity'
    """
    if not isinstance(text, str):
        raise ParseError(f"a claim is a text, not {type(text).__name__}")
    clean = normalise(text)
    layout = None
    found = _LAYOUT.search(clean)
    if found is not None:
        layout = found[1] or found[2]
        clean = clean[: found.start()] + " " * len(found[0]) + clean[found.end() :]
    latex = is_latex(clean, names)
    vec = not latex and _BY_VEC.search(clean) is not None
    program = read(clean if latex else _plain_heads(clean), names)
    clean = program.text
    if not program.statements:
        raise ParseError("there is no claim", hint="a claim is d(f)/dx = g or f = g")
    last = program.statements[-1]
    before = replace(program, statements=program.statements[:-1])
    if any(isinstance(s, ClaimNode) for s in before.statements):
        raise ParseError("one claim at a time: only the last statement is a claim")
    if isinstance(last, ClaimNode):
        if last.right is None:
            raise ParseError(
                "the right side of the claim is missing", span=last.span, hint="write = …"
            )
        of, right, head = last.left.of, last.right, last.left
        if not head.by:
            return ClaimText("differential", clean, before, of, right, (), head.order, layout)
        known = _names(before, of, right)
        by = split_by(head, known)
        if by is None:
            listed = ", ".join(head.by)
            raise UnknownNameError(
                f"the variables to differentiate by cannot be told from {listed}",
                span=head.span,
                hint="write one d for each order, as in d(f)/dx or d2(f)/(dx dy)",
            )
        vec = vec or head.vec
        return ClaimText("derivative", clean, before, of, right, by, head.order, layout, vec)
    if last.left is None:
        raise ParseError("this is no claim: it has no =", span=last.span)
    left = last.left
    while left.op == "group":
        left = left.args[0]
    word = _WORDS.get(left.value, _WORDS.get(left.value.lower())) if left.op == "call" else None
    if word is not None and len(left.args) == 2:
        name = left.args[1]
        if name.op != "name":
            raise ParseError("the second argument is the name of a variable", span=name.span)
        by = (name.value,) * (2 if word == "hessian" else 1)
        layout = {"gradient": "mixed", "jacobian": "numerator"}.get(word, layout)
        of = left.args[0]
        return ClaimText("derivative", clean, before, of, last.right, by, 1, layout, False, word)
    return ClaimText("identity", clean, before, last.left, last.right, layout=layout)


def _plain_heads(text: str) -> str:
    """``∂f/∂vec(X)'`` and its like in the form that the grammar reads."""
    text = _BY_VEC.sub(lambda m: _padded(m, f"{m[1] or m[4]}{m[2] or m[5]}{m[3] or m[6]}"), text)
    text = _BY_GROUP.sub(lambda m: _padded(m, f"{m[1]}{m[2]}{m[3]}"), text)
    text = _BY_SPACED.sub(lambda m: f"{m[1]}{m[2]}{m[4]}{m[3]}", text)
    return _of_name(_partial_of_call(_operator_in_front(text)))


def _padded(match: re.Match[str], text: str) -> str:
    return text + " " * (len(match[0]) - len(text))


def _operator_in_front(text: str) -> str:
    """``d/dx (f)`` as ``d(f)/dx``.

    >>> _operator_in_front("d/dx (x'*x) = 2*x'")
    "d(x'*x)/dx  = 2*x'"
    """
    match = _OPERATOR.search(text)
    end = -1 if match is None else _closed(text, match.end())
    if match is None or end < 0:
        return text
    before, operator = text[: match.end("of")], text[match.start("by") : match.end()]
    return f"{before}{text[match.end() : end]}{operator}{text[end:]}"


def _partial_of_call(text: str) -> str:
    """``∂tr(A*X)/∂X`` and ``d tr(A*X)`` with parentheses round the function."""
    match = _OF_CALL.search(text)
    end = -1 if match is None else _closed(text, match.end())
    if match is None or end < 0:
        return text
    return f"{text[: match.end()].rstrip()}({text[match.end() : end]}){text[end:]}"


def _of_name(text: str) -> str:
    """``df/dx`` as ``d(f)/dx``, where an equation before it has that name.

    >>> _of_name("f = x'*x; df/dx = 2*x'")
    "f = x'*x; d(f)/dx = 2*x'"
    """
    match = _OF_NAME.search(text)
    if match is None or not re.search(rf"(?:^|[;\n])\s*{match[4]}\s*=", text[: match.start()]):
        return text
    return f"{text[: match.start(4)]}({match[4]}){text[match.end() :]}"


def _closed(text: str, start: int) -> int:
    """Where the call or the group that begins at a place has ended; -1 if it has no end."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0 and text[i] == ")":
            return i + 1
    return -1


def _names(program: Program, *roots: Node) -> set[str]:
    found = {d.name for d in program.declarations}
    stack = list(roots)
    for s in program.statements:
        if isinstance(s, EquationNode):
            stack.append(s.right)
            if s.left is not None:
                stack.append(s.left)
    while stack:
        node = stack.pop()
        if node.op == "name":
            found.add(node.value)
        stack.extend(node.args)
    return found
