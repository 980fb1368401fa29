"""Text to syntax: what was written, with its place, before anything is known of its meaning.

The grammar is ``grammar/matrix.lark``; here are the limits, the characters that stand for
others, and the nodes. Nodes are made while Lark reads, so that deep texts need no recursion.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from matrixcalc.errors import LimitError, ParseError, Span

if TYPE_CHECKING:
    from lark import Lark, Token

MAX_TEXT = 200_000
"""Characters in a text, at most."""

MAX_TOKENS = 30_000
"""Names, numbers, brackets and operators in a text, at most."""

MAX_DIGITS = 1_000
"""Digits of a number, written out without an exponent, at most."""


@dataclass(slots=True, eq=False)
class Node:
    """A piece of syntax.

    Attributes:
        op: ``name number group neg pos sum mul had solve kron pow epow T call``; chains of one
            precedence (``sum``, ``mul``, ``had``) are one node with many operands.
        args: the operands.
        value: a name, a number, or the operators of a chain between its operands.
        start, end: where it stands in the text.
    """

    op: str
    args: list[Node]
    value: Any
    start: int
    end: int

    @property
    def span(self) -> Span:
        return (self.start, self.end)

    def __repr__(self) -> str:
        return f"<{self.op} {self.value!r} at {self.start}:{self.end}>"


class KindNode(NamedTuple):
    """The right side of a declaration: ``sizes`` is None where no parentheses stand."""

    kind: str
    sizes: tuple[Node, ...] | None
    properties: tuple[tuple[str, Span], ...]
    span: Span


class DeclarationNode(NamedTuple):
    name: str
    kind: KindNode
    span: Span


class EquationNode(NamedTuple):
    """``left = right``; a statement without ``=`` has no left side."""

    left: Node | None
    right: Node
    span: Span


class DerivativeNode(NamedTuple):
    """The head of a claim: ``d2(f)/dxdy`` has order 2 and ``by`` ``("xdy",)``.

    ``by`` holds what is written after each ``d`` or ``∂``, repeated for a power: it takes the
    names of the variables to tell ``dxdy`` from a variable ``xdy`` (:func:`split_by`). It is
    empty for a differential, ``d(f) = …``. ``vec`` tells that it is by the stacked columns.
    """

    of: Node
    order: int
    by: tuple[str, ...]
    span: Span
    vec: bool = False


class ClaimNode(NamedTuple):
    """``derivative = right``; the right side may be missing."""

    left: DerivativeNode
    right: Node | None
    span: Span


Statement = DeclarationNode | EquationNode | ClaimNode


@dataclass(frozen=True, slots=True)
class Program:
    """What a text holds, with the text as the grammar saw it.

    In LaTeX a name may be bold: ``bold`` has the kind that this tells, ``plain`` the names that
    are not bold, both with the place.
    """

    text: str
    declarations: list[DeclarationNode] = field(default_factory=list)
    statements: list[EquationNode | ClaimNode] = field(default_factory=list)
    latex: bool = False
    bold: dict[str, tuple[str, Span]] = field(default_factory=dict)
    plain: dict[str, Span] = field(default_factory=dict)


def read(text: object) -> Program:
    """Read a whole text.

    >>> [statement.left for statement in read("q = W*x; q'*q").statements]
    [<name 'q' at 0:1>, None]
    """
    clean = _checked(text, "an expression")
    program = Program(clean)
    for statement in _statements(str(text), clean):
        if isinstance(statement, DeclarationNode):
            program.declarations.append(statement)
        else:
            program.statements.append(statement)
    return program


@lru_cache(maxsize=64)
def _statements(text: str, clean: str) -> tuple[Statement, ...]:
    """What stands in a text. A function is often differentiated by one variable after another."""
    return tuple(_run(text, clean, "program", "there is no expression"))


def names_in(root: Node) -> set[str]:
    """The names in a piece of syntax."""
    found: set[str] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.op == "name":
            found.add(node.value)
        stack.extend(node.args)
    return found


def read_kind(text: object) -> KindNode:
    """Read the type of a variable, such as ``matrix(n, m) symmetric``."""
    clean = _checked(text, "a declaration")
    kind: KindNode = _run(str(text), clean, "kind", "there is no kind")
    return kind


def _checked(text: object, what: str) -> str:
    if not isinstance(text, str):
        raise ParseError(f"{what} is a text, not {type(text).__name__}")
    if len(text) > MAX_TEXT:
        raise LimitError(
            f"the text has {len(text):,} characters; the limit is {MAX_TEXT:,}",
            span=(MAX_TEXT, MAX_TEXT + 1),
        )
    clean = normalise(text)
    if len(clean) > MAX_TOKENS:
        beyond = next(islice(_COUNTED.finditer(clean), MAX_TOKENS, None), None)
        if beyond is not None:
            raise LimitError(
                f"the text has more than {MAX_TOKENS:,} names, numbers and signs",
                span=beyond.span(),
            )
    return clean


def _run(text: str, clean: str, start: str, empty: str) -> Any:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(clean, start=start)
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        at_end = token is not None and token.type == "$END"
        stop = len(clean) if at_end else error.pos_in_stream
    raise _explained(text, clean, len(clean) if stop is None else stop, empty, start == "kind")


def _explained(*place: Any) -> ParseError:
    # the table of mistakes is loaded when there is one
    from matrixcalc.wordings import explain

    return explain(*place)


_COUNTED = re.compile(r"\w+|[^\w\s]")


# Characters

_ALIKE = {
    **dict.fromkeys("\u2032\u2019\u2018\u02b9\u00b4", "'"),  # primes and quotes
    **dict.fromkeys("\u2212\u2013", "-"),  # minus sign, en dash
    **dict.fromkeys("\u00b7\u22c5\u2219\u00d7\u2217", "*"),  # product dots, cross, asterisk
    **dict.fromkeys("\u00f7\u2215", "/"),  # division signs
    **dict.fromkeys("\u200b\u2060\ufeff", " "),  # of no width
    **dict.fromkeys("\u2028\u2029\u0085", "\n"),
    "\u2218": "⊙",  # ring operator
    **dict.fromkeys("\u22ba\u22a4", "ᵀ"),  # intercalate, top
}
_KEPT = frozenset("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ…")
_FOLDED = ("", "<font>", "<wide>", "<narrow>", "<noBreak>", "<compat>", "<sub>")
UNREADABLE = "\ufffd"
"""What stands for a character that looks like a letter or a digit and is none."""


def normalise(text: str) -> str:
    """One plain character for each typographic one; the length stays the same.

    >>> normalise("x\\u2032\\u00b7y \\u2212 x\\u2081")
    "x'*y - x1"
    """
    if text.isascii():
        return text
    return "".join(c if c.isascii() else _plain(c) for c in text)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in _KEPT:
        return character
    if character in _ALIKE:
        return _ALIKE[character]
    style = unicodedata.decomposition(character).partition(">")
    style_name = f"{style[0]}>" if style[1] else ""
    folded = unicodedata.normalize("NFKC", character)
    if style_name in _FOLDED and len(folded) == 1 and (style_name != "<sub>" or folded.isdigit()):
        character = folded
    elif style_name in ("<super>", "<sub>"):
        # xᴴ and xᵢ are not the names xH and xi
        return UNREADABLE
    if character.isalnum() and not (character.isascii() or character.isalpha()):
        return UNREADABLE
    return character


# A tree in the language

_LOOSE = {"sum": 0, "neg": 1, "pos": 1, "mul": 2, "had": 2, "kron": 2, "solve": 2}


def written(nodes: list[Node], signs: list[str]) -> str:
    """Nodes of a chain in the language, whatever they were written in.

    >>> written([read("x'*A").statements[0].right, read("2 + b").statements[0].right], ["*"])
    "x'*A*(2 + b)"
    """
    out: list[str] = []
    stack: list[str | tuple[Node, int]] = []
    for node, sign in reversed(list(zip(nodes, ["", *signs], strict=True))):
        stack += [(node, 2), sign or ("*" if node is not nodes[0] else "")]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            out.append(piece)
        else:
            stack.extend(reversed(_pieces(*piece)))
    return "".join(out)


def _pieces(node: Node, binding: int) -> list[str | tuple[Node, int]]:
    """The signs and operands of a node; in parentheses where it binds too loosely."""
    op, args = node.op, node.args
    if op == "group":
        return ["(", (args[0], 0), ")"] if args[0].op in _LOOSE else [(args[0], binding)]
    if op in ("name", "number"):
        return [str(node.value)]
    if op in ("sum", "mul", "had"):
        made: list[str | tuple[Node, int]] = [(args[0], _LOOSE[op])]
        for sign, arg in zip(node.value, args[1:], strict=True):
            made += [f" {sign} " if op == "sum" else sign or "*", (arg, _LOOSE[op] + 1)]
    elif op in ("neg", "pos"):
        made = ["-" if op == "neg" else "+", (args[0], 2)]
    elif op == "solve":
        made = [(args[0], 2), "\\", (args[1], 3)]
    elif op == "T":
        made = [(args[0], 3), "'"]
    elif op in ("pow", "epow"):
        made = [(args[0], 3), "^" if op == "pow" else ".^", (args[1], 3)]
    elif op == "root":
        made = [(args[0], 3), "^0.5"]
    else:
        name = {"bars": "abs", "exponential": "exp"}.get(op, str(node.value or op))
        inside: list[str | tuple[Node, int]] = []
        for i, a in enumerate(args):
            inside += [", ", (a, 0)] if i else [(a, 0)]
        return [f"{name}(", *inside, ")"]
    return ["(", *made, ")"] if _LOOSE.get(op, 3) < binding else made


# Making nodes while Lark reads: one method for each alias of the grammar.


class _Maker:
    def program(self, c: list[Statement]) -> list[Statement]:
        return c

    # statements

    def declaration(self, c: list[Any]) -> DeclarationNode:
        return DeclarationNode(str(c[0]), c[1], (c[0].start_pos, c[0].end_pos))

    def expression(self, c: list[Node]) -> EquationNode:
        return EquationNode(None, c[0], c[0].span)

    def equation(self, c: list[Node]) -> EquationNode:
        return EquationNode(c[0], c[1], (c[0].start, c[1].end))

    def claim(self, c: list[Any]) -> ClaimNode:
        left: DerivativeNode = c[0]
        right: Node | None = c[1] if len(c) > 1 else None
        return ClaimNode(left, right, (left.span[0], right.end if right else left.span[1]))

    # kinds

    def plain_kind(self, c: list[Any]) -> KindNode:
        return KindNode(str(c[0]), None, c[1], (c[0].start_pos, c[0].end_pos))

    def plain_kind_with_parentheses(self, c: list[Any]) -> KindNode:
        return KindNode(str(c[0]), (), c[3], (c[0].start_pos, c[2].end_pos))

    def sized_kind(self, c: list[Any]) -> KindNode:
        return KindNode(str(c[0]), tuple(c[2]), c[4], (c[0].start_pos, c[3].end_pos))

    def properties(self, c: list[Token]) -> tuple[tuple[str, tuple[Any, Any]], ...]:
        return tuple((str(t), (t.start_pos, t.end_pos)) for t in c)

    # derivatives

    def differential(self, c: list[Any]) -> DerivativeNode:
        return DerivativeNode(c[2], _order(c[0]), (), (c[0].start_pos, c[3].end_pos))

    def derivative(self, c: list[Any]) -> DerivativeNode:
        parts = [p for p in c[4:] if isinstance(p, tuple)]
        names = tuple(name for p in parts for name in p[0])
        end = parts[-1][1] if isinstance(c[-1], tuple) else c[-1].end_pos
        return DerivativeNode(c[2], _order(c[0]), names, (c[0].start_pos, end))

    def derivative_of_name(self, c: list[Any]) -> DerivativeNode:
        of = Node("name", [], str(c[1]), c[1].start_pos, c[1].end_pos)
        parts = [p for p in c[2:] if isinstance(p, tuple)]
        names = tuple(name for p in parts for name in p[0])
        end = parts[-1][1] if isinstance(c[-1], tuple) else c[-1].end_pos
        return DerivativeNode(of, _order(c[0]), names, (c[0].start_pos, end))

    def by_once(self, c: list[Token]) -> tuple[tuple[str, ...], int | None]:
        return (_by(c[0]),), c[0].end_pos

    def by_superscript(self, c: list[Token]) -> tuple[tuple[str, ...], int | None]:
        return (_by(c[0]),) * _times(_superscript(c[1])), c[1].end_pos

    def by_power(self, c: list[Token]) -> tuple[tuple[str, ...], int | None]:
        return (_by(c[0]),) * _times(str(c[2])), c[2].end_pos

    # operators

    def add(self, c: list[Any]) -> Node:
        return _chain("sum", c[0], "+", c[2])

    def subtract(self, c: list[Any]) -> Node:
        return _chain("sum", c[0], "-", c[2])

    def times(self, c: list[Node]) -> Node:
        return _chain("mul", c[0], "*", c[1])

    def matmul(self, c: list[Node]) -> Node:
        return _chain("mul", c[0], "@", c[1])

    def over(self, c: list[Node]) -> Node:
        return _chain("mul", c[0], "/", c[1])

    def hadamard(self, c: list[Node]) -> Node:
        return _chain("had", c[0], ".*", c[1])

    def hadamard_over(self, c: list[Node]) -> Node:
        return _chain("had", c[0], "./", c[1])

    def solve(self, c: list[Node]) -> Node:
        return Node("solve", c, None, c[0].start, c[1].end)

    def kronecker(self, c: list[Node]) -> Node:
        return Node("kron", c, None, c[0].start, c[1].end)

    def negative(self, c: list[Any]) -> Node:
        return Node("neg", [c[1]], None, c[0].start_pos, c[1].end)

    def positive(self, c: list[Any]) -> Node:
        return Node("pos", [c[1]], None, c[0].start_pos, c[1].end)

    def power(self, c: list[Any]) -> Node:
        return Node("pow", [c[0], c[2]], None, c[0].start, c[2].end)

    def elementwise_power(self, c: list[Any]) -> Node:
        return Node("epow", [c[0], c[2]], None, c[0].start, c[2].end)

    def superscript(self, c: list[Any]) -> Node:
        start, end = c[1].start_pos, c[1].end_pos
        value = Fraction(int(_limited(_superscript(c[1]), start, end)))
        return Node("pow", [c[0], Node("number", [], value, start, end)], None, c[0].start, end)

    def transpose(self, c: list[Any]) -> Node:
        return Node("T", [c[0]], None, c[0].start, c[1].end_pos)

    # operands

    def number(self, c: list[Token]) -> Node:
        start, end = c[0].start_pos or 0, c[0].end_pos or 0
        return Node("number", [], Fraction(_limited(str(c[0]), start, end)), start, end)

    def name(self, c: list[Token]) -> Node:
        return Node("name", [], str(c[0]), c[0].start_pos or 0, c[0].end_pos or 0)

    def call(self, c: list[Any]) -> Node:
        args = c[2] if len(c) > 3 else []
        return Node("call", args, str(c[0]), c[0].start_pos, c[-1].end_pos)

    def group(self, c: list[Any]) -> Node:
        return Node("group", [c[1]], None, c[0].start_pos, c[2].end_pos)

    def arguments(self, c: list[Node]) -> list[Node]:
        return c


def _chain(op: str, left: Node, sign: str, right: Node) -> Node:
    if left.op != op:
        return Node(op, [left, right], [sign], left.start, right.end)
    left.args.append(right)
    left.value.append(sign)
    left.end = right.end
    return left


SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")


def _superscript(token: Token) -> str:
    return token.translate(SUPERSCRIPTS)


def _limited(digits: str, start: int | None, end: int | None) -> str:
    mantissa, _, exponent = digits.lower().partition("e")
    # the exponent's own length first: int() of very long digits is slow
    far = len(exponent) > 6 or (exponent != "" and abs(int(exponent)) > MAX_DIGITS)
    if far or len(mantissa) > MAX_DIGITS:
        message = f"a number of more than {MAX_DIGITS:,} digits"
        raise LimitError(message, span=(start or 0, end or 0))
    return digits


def _order(head: Token) -> int:
    last = head.rstrip()[-1]
    return int(_superscript_digit(last)) if last in "23456²³⁴⁵⁶" else 1


def _superscript_digit(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _by(token: Token) -> str:
    return re.sub(r"^(?:d|∂|\\partial\s*)", "", token)


def _times(digits: str) -> int:
    # more than two is refused later, where the orders are compared
    return int(digits) if digits in ("1", "2") else 3


def split_by(derivative: DerivativeNode, known: set[str]) -> tuple[str, ...] | None:
    """The variables of a derivative, once it is known which there are; None if unclear.

    >>> d = read("d2(x'*A*y)/dxdy = A").statements[0].left
    >>> split_by(d, {"x", "y", "A"})
    ('x', 'y')
    """
    names: list[str] = []
    for raw in derivative.by:
        if raw in known:
            names.append(raw)
        elif raw[:-1] in known and raw[-1] == str(derivative.order) and derivative.order > 1:
            names.extend([raw[:-1]] * derivative.order)
        else:
            cut = [i for i in range(1, len(raw) - 1) if raw[i] == "d"]
            pairs = [(raw[:i], raw[i + 1 :]) for i in cut]
            pairs = [p for p in pairs if p[0] in known and p[1] in known]
            if len(pairs) != 1:
                return None
            names.extend(pairs[0])
    return tuple(names) if len(names) == derivative.order else None


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from matrixcalc.tables import load

    return load("matrix", _Maker())
