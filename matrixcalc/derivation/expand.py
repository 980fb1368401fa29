"""The rules of differentials, one node at a time: ``d(W*x) = W*dx``.

The differential of an expression ``e`` that is not yet worked out is a variable of its
own, named ``d(e)``, in the shape of ``e``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from matrixcalc import build
from matrixcalc.build import add, mul, transpose
from matrixcalc.derivation.rules import title
from matrixcalc.expr import Expr, topological
from matrixcalc.forward import LINEAR, terms_of
from matrixcalc.printers.text import to_text

_PRODUCTS = {
    "mul": "product rule",
    "had": "elementwise product rule",
    "kron": "Kronecker product rule",
}
_LINEAR_LAWS = {
    "add": "sum rule",
    "mul": "constant factor",
    "had": "constant factor",
    "kron": "constant factor",
    "tr": "trace",
    "T": "transpose",
}
VIA_COST = 30
"""The longest expression that is written with the differentials of its constants."""


@dataclass(frozen=True)
class Expansion:
    """The differential of a node by one rule.

    Attributes:
        rule: its name; after: the differential; via: the same with the differentials
        of the constants in it, or None.
        names: the rules that were used within, for linear ones.
        constants: what was constant.
    """

    rule: str
    after: Expr
    via: Expr | None = None
    names: tuple[str, ...] = ()
    constants: tuple[Expr, ...] = ()


class Differentials:
    """The variables that stand for differentials, in one derivation by one variable.

    >>> from matrixcalc.infer import parse
    >>> e = parse("W*sin(x)")
    >>> x = e.args[1].args[0]
    >>> d = Differentials(e, x)
    >>> d.symbol(e), d.expansion(e).after, d.symbol(x)
    (d(W*sin(x)), W*d(sin(x)), dx)
    """

    def __init__(self, root: Expr, target: Expr) -> None:
        self.target = target
        self.order = topological(root)
        self.position = {e: i for i, e in enumerate(self.order)}
        self.active: set[Expr] = {target}
        self.height: dict[Expr, int] = {}
        for e in self.order:
            self.height[e] = 1 + max((self.height[a] for a in e.args), default=0)
            if any(a in self.active for a in e.args):
                self.active.add(e)
        self.taken = {e.name for e in self.order if e.op == "sym"}
        self.inner: dict[Expr, Expr] = {}
        self._made: dict[Expr, Expr] = {}

    def symbol(self, e: Expr) -> Expr:
        """The differential of ``e``; of a transpose, the transpose of one."""
        if e.op == "T":
            return transpose(self.symbol(e.args[0]))
        found = self._made.get(e)
        if found is None:
            name = f"d{e.name}" if e.op == "sym" else f"d({to_text(e)})"
            while name in self.taken:
                name += "_"
            self.taken.add(name)
            found = build.sym(name, e.shape)
            self._made[e] = found
            constant = e.op == "sym" and e is not self.target
            self.inner[found] = build.zeros(e.shape) if constant else e
        return found

    @property
    def increment(self) -> Expr:
        """The differential of the variable, such as ``dx``."""
        return self.symbol(self.target)

    def pending(self, e: Expr) -> list[Expr]:
        """What is still under a ``d``, the outermost first, from left to right."""
        found = [self.inner[s] for s in topological(e) if s in self.inner]
        found = [n for n in found if n is not self.target]
        below = {n for f in found for n in topological(f) if n is not f}
        # the highest first: what it lays bare may be done together with the others
        return sorted(found, key=lambda n: (n in below, -self.height[n]))

    def rule(self, e: Expr) -> str:
        """The name of the rule for a node: ``linear``, a product, or a row of the table."""
        if self._is_linear(e):
            return "linear"
        if e.op in _PRODUCTS:
            return _PRODUCTS[e.op]
        if e.op in ("pow", "epow"):
            if e.op == "epow" or e.is_scalar:
                return "power rule" if e.args[0] in self.active else "exponent rule"
            return "inverse" if e.args[1].data == -1 else "power of a matrix"
        return e.op

    def expansion(self, e: Expr) -> Expansion:
        rule = self.rule(e)
        if rule == "linear":
            return self._linear(e)
        changes = {a: self.symbol(a) for a in e.args if a in self.active}
        return Expansion(rule, _total(terms_of(e, changes, self.active), e))

    def _is_linear(self, e: Expr) -> bool:
        active = sum(a in self.active for a in e.args)
        if e.op in ("mul", "had", "kron"):
            return active == 1
        if e.op.endswith("_frechet"):
            return e.args[0] not in self.active
        return e.op in ("add", "T") or e.op in LINEAR

    def _linear(self, root: Expr) -> Expansion:
        """All linear operations that stand upon each other, at one go."""
        changes: dict[Expr, Expr] = {}
        names: list[str] = []
        constants: list[Expr] = []
        inside = {root}
        for e in reversed(self.order[: self.position[root] + 1]):
            if e in inside and e is not self.target and self._is_linear(e):
                inside.update(a for a in e.args if a in self.active)
        region = [e for e in self.order[: self.position[root] + 1] if e in inside]
        for e in region:
            if e is self.target or not self._is_linear(e):
                changes[e] = self.symbol(e)
                continue
            names.append(_LINEAR_LAWS.get(e.op) or title(e.op))
            constants += [_bare(a) for a in e.args if a not in self.active]
            changes[e] = _total(terms_of(e, changes, self.active), e)
        used = tuple(dict.fromkeys(n for n in reversed(names) if n != "transpose"))
        used = used or ("transpose",)
        rule = used[0] if len(used) == 1 else "linearity"
        shown = tuple(
            c for c in dict.fromkeys(constants) if c.op not in ("num", "eye", "ones", "size", "pi")
        )
        return Expansion(rule, changes[root], self._via(root, names), used, shown)

    def _via(self, e: Expr, names: Collection[str]) -> Expr | None:
        """``dW*x + W*dx``, where a reader is helped by it."""
        if len(names) > 1 or e.op not in ("mul", "add") or e.cost > VIA_COST or len(e.args) > 3:
            return None
        if any(a.op in ("num", "ones", "eye", "zeros") for a in e.args):
            return None
        if e.op == "add":
            return add(*(self.symbol(a) for a in e.args))
        terms = [mul(*e.args[:i], self.symbol(a), *e.args[i + 1 :]) for i, a in enumerate(e.args)]
        return add(*terms)


def _total(terms: list[Expr], e: Expr) -> Expr:
    return add(*terms) if terms else build.zeros(e.shape)


def _bare(e: Expr) -> Expr:
    """A constant without sign and transposition, and a scalar for a vector full of it."""
    if e.op == "T":
        return _bare(e.args[0])
    if e.op == "mul" and e.args[0] is build.MINUS:
        e = mul(*e.args[1:])
    if e.op == "mul" and e.args[-1].op == "ones" and not e.is_scalar:
        e = mul(*e.args[:-1])
    return e
