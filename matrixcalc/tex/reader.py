r"""LaTeX to syntax: the same nodes as of the language, with places in the LaTeX text.

The grammar is ``grammar/latex.lark``, its tokens come from :mod:`matrixcalc.tex.lexer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matrixcalc.errors import LimitError, MatrixCalcError, ParseError
from matrixcalc.syntax import (
    MAX_TEXT,
    ClaimNode,
    DeclarationNode,
    DerivativeNode,
    EquationNode,
    KindNode,
    Node,
    Program,
    normalise,
    read_kind,
)
from matrixcalc.tex.lexer import tokens_of
from matrixcalc.tex.tokens import Token
from matrixcalc.tex.wordings import explain

if TYPE_CHECKING:
    from lark import Lark

_DECLARATION = re.compile(
    r"(?P<start>^|[;\n])(?P<name>\s*[^\s:;=]+)\s*:\s*"
    r"(?P<kind>(?:scalar|vector|row|matrix)\b[^;\n\\$&]*)"
)


def read_latex(text: str, names: Iterable[str] = ()) -> Program:
    r"""Read a whole text; ``names`` are those that are declared elsewhere.

    >>> read_latex(r"2\,\mathbf{x}^\top A \mathbf{x}").statements[0].right.args
    [<number Fraction(2, 1) at 0:1>, <T None at 3:18>, <name 'A' at 19:20>, <name 'x' at 21:31>]
    """
    if len(text) > MAX_TEXT:
        raise LimitError(f"the text has {len(text):,} characters; the limit is {MAX_TEXT:,}")
    clean = normalise(text)
    known = set(names)
    body, declarations = _declarations(clean, known)
    known.update(d.name for d in declarations)
    lexer = tokens_of(body, known)
    return Program(
        clean,
        declarations,
        _parsed(body, lexer.tokens),
        latex=True,
        bold={n: (m.kind, (m.start, m.end)) for n, m in lexer.bold.items()},
        plain={n: (m.start, m.end) for n, m in lexer.plain.items()},
    )


def read_name(text: str, names: Iterable[str] = ()) -> str:
    """The name of a variable that is written in LaTeX; the text itself where it is none."""
    try:
        tokens = tokens_of(text, {*names, "I", "sigma", "pi", "e", "d"}).tokens
    except ParseError:
        return text
    found: str = tokens[0].value if len(tokens) == 1 and tokens[0].type == "NAME" else text
    return found


def _declarations(text: str, known: set[str]) -> tuple[str, list[DeclarationNode]]:
    """The declarations among the statements, and the text with blanks in their place."""
    found: list[DeclarationNode] = []

    def taken(match: re.Match[str]) -> str:
        start, end = match.span("kind")
        try:
            kind = _moved(read_kind(text[start:end]), start)
        except MatrixCalcError as error:
            if error.span is not None:
                error.span = (error.span[0] + start, error.span[1] + start)
            error.text = None
            raise
        place = match.start("name"), match.end("name")
        written = text[place[0] : place[1]].strip()
        found.append(DeclarationNode(read_name(written, known), kind, place))
        return match["start"] + " " * (match.end() - match.end("start"))

    return _DECLARATION.sub(taken, text), found


def _moved(kind: KindNode, by: int) -> KindNode:
    """A kind that was read by itself, at its place in the text."""
    stack = list(kind.sizes or ())
    while stack:
        node = stack.pop()
        node.start, node.end = node.start + by, node.end + by
        stack.extend(node.args)
    properties = tuple((name, (a + by, b + by)) for name, (a, b) in kind.properties)
    return kind._replace(properties=properties, span=(kind.span[0] + by, kind.span[1] + by))


def _parsed(text: str, tokens: list[Token]) -> list[EquationNode | ClaimNode]:
    from lark import Token as LarkToken
    from lark.exceptions import UnexpectedToken

    reader = _parser().parse_interactive(start="program")
    for token in tokens:
        fed = LarkToken(token.type, token.value, token.start, end_pos=token.end)
        try:
            reader.feed_token(fed)
        except UnexpectedToken:
            raise explain(text, tokens, token) from None
    try:
        end: Any = reader.feed_eof
        statements: list[EquationNode | ClaimNode] = end()
    except UnexpectedToken:
        raise explain(text, tokens, None) from None
    _refuse_lists(statements)
    return statements


def _refuse_lists(statements: list[EquationNode | ClaimNode]) -> None:
    """A comma in parentheses that no function has taken is an error."""
    stack: list[Node] = []
    for s in statements:
        sides = (s.left.of if isinstance(s.left, DerivativeNode) else s.left, s.right)
        stack.extend(side for side in sides if side is not None)
    while stack:
        node = stack.pop()
        if node.op == "list":
            message = "',' can stand only between the arguments of a function"
            raise ParseError(message, span=node.span)
        stack.extend(node.args)


class _Open(Node):
    """A function whose argument stands without parentheses: it ends where the factor ends."""


class _Maker:
    """Makes nodes while Lark reads: one method for each alias of the grammar."""

    # statements

    def program(self, c: list[Any]) -> list[Any]:
        return [part for part in c if isinstance(part, EquationNode | ClaimNode)]

    def expression(self, c: list[Node]) -> EquationNode:
        return EquationNode(None, c[0], c[0].span)

    def equation(self, c: list[Any]) -> EquationNode:
        left: Node = c[0]
        head = left.args[0] if left.op == "mul" and len(left.args) == 2 else left
        behind = left.args[1] if head is not left else left
        names = behind.op in ("group", "list") and all(a.op == "name" for a in behind.args)
        if head.op == "name" and names:
            left = head  # f(x, W) = … defines f
        return EquationNode(left, c[2], (c[0].start, c[2].end))

    def claim(self, c: list[Any]) -> Any:
        left, right = c[0], c[2] if len(c) > 1 else None
        if isinstance(left, Node):
            if right is None:
                return EquationNode(None, left, left.span)
            return EquationNode(left, right, (left.start, right.end))
        return ClaimNode(left, right, (left.span[0], right.end if right else left.span[1]))

    # derivatives

    def derivative_above(self, c: list[Any]) -> DerivativeNode:
        return _derivative(c[0], c[2], c[3], c[6:-1], c[-1].end_pos)

    def derivative_behind(self, c: list[Any]) -> DerivativeNode:
        return _derivative(c[0], c[2], c[-1], c[5:-2], c[-1].end)

    def derivative_inline(self, c: list[Any]) -> DerivativeNode:
        by = [p for p in c[3:] if isinstance(p, list)]
        return _derivative(c[0], c[0], c[1], by, by[-1][0][2])

    def gradient(self, c: list[Any]) -> Node:
        order, name = c[0].value
        start, end = _place(c[0])
        by = Node("name", [], name, start, end)
        word = "gradient" if order == 1 else "hessian"
        return Node("call", [c[1], by], word, start, c[1].end)

    def differential(self, c: list[Any]) -> DerivativeNode:
        return DerivativeNode(c[1], 1, (), (c[0].start_pos, c[1].end))

    def by_name(self, c: list[Any]) -> list[tuple[str, bool, int]]:
        return [(c[1].value, False, c[-1].end_pos)]

    def by_power(self, c: list[Any]) -> list[tuple[str, bool, int]]:
        node: Node = c[3]
        count = node.value if node.op == "number" else 0
        return [(c[1].value, False, node.end)] * (int(count) if count in (1, 2) else 3)

    def by_vec(self, c: list[Any]) -> list[tuple[str, bool, int]]:
        if c[1].value != "vec":
            raise ParseError("a derivative is by a variable", span=_place(c[1]))
        return [(c[3].value, True, c[-1].end_pos)]

    # operators

    def add(self, c: list[Any]) -> Node:
        return _chain("sum", c[0], "+", c[2])

    def subtract(self, c: list[Any]) -> Node:
        return _chain("sum", c[0], "-", c[2])

    def times(self, c: list[Any]) -> Node:
        return _chain("mul", c[0], "*", c[2])

    def over(self, c: list[Any]) -> Node:
        top, below = c[0], c[2]
        if below.op == "mul" and below.value[0] == "":
            # 1/2 x is a half of x; what a/b c is cannot be told
            first = below.args[0]
            if top.op != "number" or first.op != "number":
                raise ParseError(
                    "what stands below this / is not clear",
                    span=_place(c[1]),
                    hint=r"write \frac{…}{…}, or parentheses",
                )
            half = _chain("mul", top, "/", first)
            group = Node("group", [half], None, half.start, half.end)
            return Node("mul", [group, *below.args[1:]], below.value, top.start, below.end)
        return _chain("mul", top, "/", below)

    def hadamard(self, c: list[Any]) -> Node:
        return _chain("had", c[0], ".*", c[2])

    def hadamard_over(self, c: list[Any]) -> Node:
        return _chain("had", c[0], "./", c[2])

    def kronecker(self, c: list[Any]) -> Node:
        return Node("kron", [c[0], c[2]], None, c[0].start, c[2].end)

    def negative(self, c: list[Any]) -> Node:
        return Node("neg", [c[1]], None, c[0].start_pos, c[1].end)

    def positive(self, c: list[Any]) -> Node:
        return Node("pos", [c[1]], None, c[0].start_pos, c[1].end)

    def beside(self, c: list[Any]) -> Node:
        left: Node = c[0]
        right: Node = c[1]
        last = left.args[-1] if left.op == "mul" and left.value[-1] == "" else left
        if isinstance(last, _Open) and not isinstance(right, _Open) and right.op != "call":
            raise ParseError(
                "how far the argument of this function goes is not clear",
                span=(last.start, right.end),
                hint="write it in parentheses",
            )
        if left.op == "mul" and left.value[-1] == "":
            left.args.append(right)
            left.value.append("")
            left.end = right.end
            return left
        return Node("mul", [left, right], [""], left.start, right.end)

    def transpose(self, c: list[Any]) -> Node:
        return Node("T", [c[0]], None, c[0].start, c[1].end_pos)

    def inverse_transpose(self, c: list[Any]) -> Node:
        start, end = c[1].start_pos, c[1].end_pos
        minus = Node("number", [], Fraction(-1), start, end)
        return Node("T", [Node("pow", [c[0], minus], None, c[0].start, end)], None, c[0].start, end)

    def pseudoinverse(self, c: list[Any]) -> Node:
        return Node("call", [c[0]], "pinv", c[0].start, c[1].end_pos)

    def power(self, c: list[Any]) -> Node:
        half = _half(c[2])
        if half:
            root = Node("root", [c[0]], None, c[0].start, c[2].end)
            minus = Node("number", [], Fraction(-1), c[2].start, c[2].end)
            return root if half > 0 else Node("pow", [root, minus], None, root.start, root.end)
        return Node("pow", [c[0], c[2]], None, c[0].start, c[2].end)

    def elementwise_power(self, c: list[Any]) -> Node:
        return Node("epow", [c[0], c[2]], None, c[0].start, c[2].end)

    # functions

    def call(self, c: list[Any]) -> Node:
        return _call(c[0], c[2], c[3].end_pos)

    def call_of_bars(self, c: list[Any]) -> Node:
        return _bare(c[0], self.bars(c[1:]))

    def call_power(self, c: list[Any]) -> Node:
        return _raised(_call(c[0], c[4], c[5].end_pos), c[2])

    def call_bare(self, c: list[Any]) -> Node:
        return _open(_bare(c[0], c[1]))

    def call_bare_power(self, c: list[Any]) -> Node:
        return _open(_raised(_bare(c[0], c[3]), c[2]))

    def exponential(self, c: list[Any]) -> Node:
        return Node("exponential", [c[1]], None, c[0].start_pos, c[1].end)

    # operands

    def number(self, c: list[Any]) -> Node:
        return Node("number", [], c[0].value, *_place(c[0]))

    def name(self, c: list[Any]) -> Node:
        return Node("name", [], c[0].value, *_place(c[0]))

    def constant(self, c: list[Any]) -> Node:
        made: Node = c[0].value
        return made

    def group(self, c: list[Any]) -> Node:
        op = "group" if len(c[1]) == 1 else "list"
        return Node(op, c[1], None, c[0].start_pos, c[2].end_pos)

    def braced(self, c: list[Any]) -> Node:
        return Node("group", [c[1]], None, c[0].start_pos, c[2].end_pos)

    def fraction(self, c: list[Any]) -> Node:
        start = c[0].start_pos
        over = Node("mul", [c[1], c[2]], ["/"], start, c[2].end)
        return Node("group", [over], None, start, c[2].end)

    def square_root(self, c: list[Any]) -> Node:
        return Node("call", [c[1]], "sqrt", c[0].start_pos, c[1].end)

    def cube_root(self, c: list[Any]) -> Node:
        return Node("call", [c[1]], "cbrt", c[0].start_pos, c[1].end)

    def bars(self, c: list[Any]) -> Node:
        return Node("bars", [c[1]], None, c[0].start_pos, c[2].end_pos)

    def norm(self, c: list[Any]) -> Node:
        mark = c[2].value
        op, value = ("norm", f"norm{mark}") if mark in ("1", "2") else ("call", "norm2")
        return Node(op, [c[1]], value, c[0].start_pos, c[2].end_pos)

    def inner(self, c: list[Any]) -> Node:
        start, end = c[0].start_pos, c[4].end_pos
        each = Node("had", [c[1], c[3]], [".*"], start, end)
        return Node("call", [each], "sum", start, end)

    def arguments(self, c: list[Any]) -> list[Node]:
        return [part for part in c if isinstance(part, Node)]


def _half(node: Node) -> int:
    """1 for 1/2, as it stands above the root of a matrix, -1 for -1/2, else 0."""
    sign = 1
    while node.op in ("group", "neg"):
        sign = -sign if node.op == "neg" else sign
        node = node.args[0]
    if node.op == "mul" and node.value == ["/"]:
        above, below = node.args
        if above.op == "neg":
            sign, above = -sign, above.args[0]
        return sign if (above.value, below.value) == (1, 2) else 0
    return sign if node.op == "number" and node.value == Fraction(1, 2) else 0


def _open(node: Node) -> _Open:
    return _Open(node.op, node.args, node.value, node.start, node.end)


def _place(token: Any) -> tuple[int, int]:
    return token.start_pos, token.end_pos


def _derivative(
    head: Any, order: Any, of: Node, by: list[list[tuple[str, bool, int]]], end: int
) -> DerivativeNode:
    names = [name for part in by for name in part]
    vec = any(vec for _, vec, _ in names)
    by_names = tuple(n for n, _, _ in names)
    return DerivativeNode(of, order.value, by_names, (head.start_pos, end), vec)


def _chain(op: str, left: Node, sign: str, right: Node) -> Node:
    if left.op != op or (op == "mul" and left.value[0] == ""):
        return Node(op, [left, right], [sign], left.start, right.end)
    left.args.append(right)
    left.value.append(sign)
    left.end = right.end
    return left


def _call(head: Any, args: list[Node], end: int) -> Node:
    return Node("call", args, head.value, head.start_pos, end)


def _bare(head: Any, arg: Node) -> Node:
    r"""A function before its argument; ``\log\det X`` and ``\log\lvert\det X\rvert`` are logdet."""
    inner = arg.args[0] if arg.op == "bars" else arg
    if head.value == "log" and inner.op == "call" and inner.value == "det":
        return Node("call", inner.args, "logdet", head.start_pos, arg.end)
    return _call(head, [arg], arg.end)


def _raised(call: Node, exponent: Node) -> Node:
    r"""``\sin^2 x``; what ``\sin^{-1}`` is cannot be told."""
    number = exponent
    while number.op == "group":
        number = number.args[0]
    if number.op != "number":
        hint = "write the power behind the parentheses, or the name of the inverse function"
        raise ParseError("this power of a function is not read", span=exponent.span, hint=hint)
    return Node("epow", [call, exponent], None, call.start, call.end)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from matrixcalc.tables import load

    return load("latex", _Maker())
