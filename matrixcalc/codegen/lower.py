"""From expressions to array operations: every pass that looks at one product or sum.

Products are cut in the cheapest order, diagonal matrices become broadcasting, an
inverse that meets a factor becomes a solve with one factorisation for all its uses, a
product X'*diag(d)*X with d known to be nonnegative becomes Z'*Z, and scalars are
applied to the smallest operand.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from matrixcalc import build
from matrixcalc.codegen.chain import Link, multiply, size_of
from matrixcalc.codegen.indexed import PRODUCTS, is_long, term_of
from matrixcalc.codegen.ir import Builder, Dims, Value, is_symmetric
from matrixcalc.codegen.signs import nonnegative, semidefinite
from matrixcalc.codegen.stability.logs import below_largest
from matrixcalc.codegen.terms import lower_terms
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, topological, topological_many
from matrixcalc.index import Indices
from matrixcalc.operators import row_of

_MANY = 16
"""Higher powers of a matrix are formed, although a vector is beside."""


def dims_of(e: Expr) -> Dims:
    """The axes of an expression as an array: those longer than one."""
    return tuple(d for d in e.shape if not d.is_one)


def pair(a: Expr, b: Expr) -> frozenset[tuple[Expr, Expr]]:
    """What is the same for a product and for its transpose."""
    return frozenset({(a, b), (build.transpose(b), build.transpose(a))})


class Lowering:
    """One translation: the builder, the hints and what is already lowered."""

    def __init__(self, sizes: Mapping[str, int] | None = None) -> None:
        self.builder = Builder()
        self.sizes = dict(sizes or {})
        self.known: dict[Expr, Value] = {}
        self.pairs: Counter[frozenset[tuple[Expr, Expr]]] = Counter()
        self.long: set[Expr] = set()

    def expect(self, roots: Sequence[Expr]) -> None:
        """Count the products of two neighbours in all chains that are going to be lowered."""
        for e in topological_many(roots):
            if e.op == "mul":
                chain = [a for a in e.args if not a.is_scalar]
                self.pairs.update(pair(a, b) for a, b in itertools.pairwise(chain))

    def lower(self, root: Expr) -> Value:
        """The value of an expression."""
        for e in topological(root, lambda e: e not in self.known):
            if is_long(e, self.long):
                self.long.add(e)
            if e not in self.known:
                made = self._by_index(e) or self._node(e)
                if not made.note and made.args and e.cost <= 40:
                    made.note = e
                self.known[e] = made
        return self.known[root]

    def dim(self, d: Dim) -> Value:
        """A dimension as a number."""
        if d.is_number:
            return self.builder.number(d.factor)
        return self.builder.make("size", dims=(), data=d)

    def _node(self, e: Expr) -> Value:
        b = self.builder
        args = [self.known[a] for a in e.args]
        op = e.op
        if op == "num":
            return b.number(e.data)
        if op == "pi":
            return b.make("pi", dims=())
        if op == "size":
            return self.dim(e.data)
        if op == "sym":
            return b.make("input", dims=dims_of(e), data=e.data)
        if op in ("eye", "ones", "zeros"):
            return b.make(op, dims=dims_of(e))
        if op == "add":
            return self._add(e)
        if op == "mul":
            return self._mul(e)
        if op == "had":
            return self._had(e, args)
        if op == "T":
            return b.transpose(args[0])
        if op == "pow" and not e.is_scalar:
            return self._matrix_power(e, args[0])
        if op in ("pow", "epow"):
            return self._power(args[0], args[1])
        return self._call(e, args)

    def _by_index(self, e: Expr) -> Value | None:
        """A product with a Kronecker factor, or its trace or sum, without forming that."""
        if e.op not in PRODUCTS or not self.long.intersection(e.args):
            return None
        indices = Indices()
        term = term_of(e, self.long, indices)
        if term is None:
            return None
        return lower_terms(self, [term], indices, dims_of(e), lambda part: part)

    # sums

    def _add(self, e: Expr) -> Value:
        b = self.builder
        below = below_largest(e)
        if below is not None:
            # u - max(u) + v: what is huge cancels before v is added, which it would swallow
            first, others = (self.lower(part) for part in below)
            return b.binary("add", first, others)
        numbers = {abs(build.split_number(t)[0]) for t in e.args}
        if e.order == 1 and len(numbers) == 1 and numbers != {1}:
            # one multiplication for all
            (number,) = numbers
            rest = build.add(*(build.mul(build.num(1 / number), t) for t in e.args))
            return b.scaled(b.number(number), self.lower(rest))
        plus: list[Value] = []
        minus: list[Value] = []
        diagonals: list[Value] = []
        constant: list[Expr] = []
        for t in e.args:
            number, rest = build.split_number(t)
            inner = [a for a in (rest.args if rest.op == "mul" else (rest,)) if not a.is_scalar]
            if e.order == 2 and len(inner) == 1 and inner[0].op in ("eye", "diag"):
                v = self.lower(t)
                diagonals.append(v.args[0] if v.op == "diag" else self._eye_scale(v))
            elif e.order and len(inner) == 1 and inner[0].op == "ones":
                scalars = [a for a in (t.args if t.op == "mul" else ()) if a.is_scalar]
                constant.append(build.mul(*scalars))
            elif number < 0:
                minus.append(self.lower(build.neg(t)))
            else:
                plus.append(self.lower(t))
        total: Value | None = None
        for v in plus:
            total = v if total is None else b.binary("add", total, v)
        for c in constant:
            if total is not None and build.split_number(c)[0] < 0:
                total = b.binary("sub", total, self.lower(build.neg(c)))
            else:
                v = self.lower(c)
                total = v if total is None else b.binary("add", total, v)
        for v in minus:
            total = b.make("neg", v, dims=v.dims) if total is None else b.binary("sub", total, v)
        if diagonals:
            v = diagonals[0]
            for other in diagonals[1:]:
                v = b.binary("add", v, other)
            if total is None:
                return self._diag(v, e)
            return b.make("add_diag", total, v, dims=dims_of(e))
        assert total is not None
        if total.ndim < e.order:
            return b.make("full", total, dims=dims_of(e))
        return total

    def _eye_scale(self, v: Value) -> Value:
        return self.builder.number(1) if v.op == "eye" else v.args[0]

    def _diag(self, v: Value, e: Expr) -> Value:
        if v.ndim == 0:
            return self.builder.make("scaled_eye", v, dims=dims_of(e))
        return self.builder.make("diag", v, dims=dims_of(e))

    # elementwise

    def _had(self, e: Expr, args: Sequence[Value]) -> Value:
        b = self.builder
        up: list[Value] = []
        down: list[Value] = []
        for f, v in zip(e.args, args, strict=True):
            if f.op == "eye":
                continue
            exponent = f.args[1].number if f.op == "epow" else None
            if exponent is not None and exponent < 0:
                down.append(self.lower(build.epower(f.args[0], build.num(-exponent))))
            else:
                up.append(v)
        total = up[0] if up else b.number(1)
        for v in up[1:]:
            total = b.binary("mul", total, v)
        for v in down:
            total = b.binary("div", total, v)
        if any(f.op == "eye" for f in e.args):
            if total.ndim < 2:
                return b.make("eye", dims=dims_of(e))
            return b.make("diag", b.make("diagonal", total, dims=total.dims[:1]), dims=total.dims)
        return total

    def _power(self, base: Value, exponent: Value) -> Value:
        b = self.builder
        if exponent.op == "number":
            k = exponent.data
            if k == 2:
                return b.binary("mul", base, base)
            if k == 3:
                return b.binary("mul", b.binary("mul", base, base), base)
            if k.denominator == 2 and k.numerator == 1:
                return b.unary("sqrt", base)
            if k < 0:
                return b.binary("div", b.number(1), self._power(base, b.number(-k)))
            if k == 1:
                return base
        return b.binary("pow", base, exponent)

    # products

    def _mul(self, e: Expr) -> Value:
        scalars = [a for a in e.args if a.is_scalar]
        chain = [a for a in e.args if not a.is_scalar]
        scale = self._scale(scalars)
        if not chain:
            assert scale is not None
            return scale
        if len(chain) == 1:
            return self._scaled_leaf(scale, chain[0])
        weighted = self._symmetric(chain, scale)
        if weighted is not None:
            return weighted
        if any(f.order == 1 for f in chain):
            chain = [g for f in chain for g in self._repeated(f)]
        cut = next((i for i, f in enumerate(chain[:-1], 1) if f.cols.is_one), None)
        if scale is not None and cut is not None and len(chain) > 2:
            # an outer product: its vectors may stand elsewhere too, unscaled
            left, right = (self._chain(part, None) for part in (chain[:cut], chain[cut:]))
            sizes = [size_of(d, self.sizes) for d in (e.rows, e.cols)]
            first = sizes[0] <= sizes[1]
            scaled = self.builder.scaled(scale, left if first else right)
            left, right = (scaled, right) if first else (left, scaled)
            if left.ndim and right.ndim:
                return self.builder.outer(left, right)
            return self.builder.binary("mul", left, right)
        return self._chain(chain, scale)

    def _chain(self, chain: Sequence[Expr], scale: Value | None) -> Value:
        """A product in the order that takes the least work."""
        links = [self._link(f) for f in chain]
        if scale is not None:
            links, scale = self._smallest(links, scale)
        shared = [self.pairs[pair(a, b)] > 1 for a, b in itertools.pairwise(chain)]
        made = multiply(links, self.sizes, self.builder, shared, self._solve, self._form)
        return self.builder.scaled(scale, made)

    def _scale(self, scalars: Sequence[Expr]) -> Value | None:
        b = self.builder
        up: Value | None = None
        down: Value | None = None
        for s in scalars:
            exponent = s.args[1].number if s.op == "pow" else None
            if exponent is not None and exponent < 0:
                v = self.lower(build.power(s.args[0], build.num(-exponent)))
                down = v if down is None else b.binary("mul", down, v)
            else:
                v = self.known[s]
                up = v if up is None else b.binary("mul", up, v)
        if down is None:
            return up
        return b.binary("div", b.number(1) if up is None else up, down)

    def _scaled_leaf(self, scale: Value | None, f: Expr) -> Value:
        b = self.builder
        v = self.known[f]
        if scale is None:
            return v
        if f.op == "eye":
            return b.make("scaled_eye", scale, dims=v.dims)
        if f.op == "ones":
            return b.make("full", scale, dims=v.dims)
        if v.op == "diag":
            return b.make("diag", b.scaled(scale, v.args[0]), dims=v.dims)
        return b.scaled(scale, v)

    def _smallest(self, links: list[Link], scale: Value) -> tuple[list[Link], Value | None]:
        """The scale on the smallest operand, where that is smaller than the result."""
        def entries(k: Link) -> int:
            if k.kind == "diag":
                return size_of(k.rows, self.sizes)
            if k.kind == "solve":
                return 10**18
            return size_of(k.rows, self.sizes) * size_of(k.cols, self.sizes)

        result = size_of(links[0].rows, self.sizes) * size_of(links[-1].cols, self.sizes)
        place = min(range(len(links)), key=lambda i: entries(links[i]))
        if entries(links[place]) >= result:
            return links, scale
        k = links[place]
        scaled = self.builder.scaled(scale, k.value)
        links[place] = Link(k.kind, scaled, k.rows, k.cols, k.flipped)
        return links, None

    def _link(self, f: Expr) -> Link:
        inner = f.args[0] if f.op == "T" else f
        if f.op == "diag":
            return Link("diag", self.known[f.args[0]], f.rows, f.cols)
        if inner.op == "pow" and inner.args[1].number == -1:
            base = self.known[inner.args[0]]
            return Link("solve", self._factor(inner.args[0], base), f.rows, f.cols, f.op == "T")
        return Link("plain", self.known[f], f.rows, f.cols)

    def _repeated(self, f: Expr) -> list[Expr]:
        """A power of a matrix, beside a vector: as often by the matrix, or by its inverse."""
        inner = f.args[0] if f.op == "T" else f
        k = inner.args[1].number if inner.op == "pow" and inner.order == 2 else None
        if k is None or k.denominator != 1 or not 1 < abs(k) <= _MANY:
            return [f]
        base = build.power(inner.args[0], build.num(1 if k > 0 else -1))
        one = build.transpose(base) if f.op == "T" else base
        self.lower(one)
        return [one] * abs(int(k))

    def _form(self, link: Link) -> Value:
        b = self.builder
        if link.kind == "diag":
            return b.make("diag", link.value, dims=(link.rows, link.cols))
        if link.kind == "solve":
            made = b.make("inverse", link.value, dims=(link.rows, link.cols))
            flip = link.flipped and link.value.op == "lu"
            return b.transpose(made) if flip else made
        return link.value

    def _solve(self, link: Link, other: Value, left: bool) -> Value:
        b = self.builder
        if not left:
            # other*inv(A) is (inv(A)'*other')'
            link = Link(link.kind, link.value, link.cols, link.rows, not link.flipped)
            return b.transpose(self._solve(link, b.transpose(other), True))
        whole = link.value.args[0]
        flipped = link.flipped and link.value.op == "lu" and not is_symmetric(whole)
        return b.make("solve", link.value, other, dims=other.dims, data=flipped)

    def _factor(self, e: Expr, v: Value) -> Value:
        kind = "cholesky" if semidefinite(e) else "lu"
        return self.builder.make(kind, v, dims=v.dims)

    def _symmetric(self, chain: Sequence[Expr], scale: Value | None) -> Value | None:
        """X'*X and X'*diag(d)*X, with a nonnegative d, as a product Z'*Z."""
        b = self.builder
        if len(chain) == 3 and chain[1].op == "diag" and chain[0] is build.transpose(chain[2]):
            if not nonnegative(chain[1].args[0]):
                return None
            root = b.unary("sqrt", self.known[chain[1].args[0]])
            z = b.rows(root, self.known[chain[2]])
            z.note = "rows scaled by square roots, so that the product is symmetric"
            return b.scaled(scale, b.make("gram", z, dims=z.dims[1:] * 2))
        if len(chain) == 2 and chain[0].order == 2 and chain[0] is build.transpose(chain[1]):
            right = self.known[chain[1]]
            if right.ndim == 2:
                return b.make(
                    "gram", right, *(() if scale is None else (scale,)), dims=right.dims[1:] * 2
                )
        return None

    def _matrix_power(self, e: Expr, base: Value) -> Value:
        b = self.builder
        k = int(e.args[1].data)
        if k < 0:
            base = b.make("inverse", self._factor(e.args[0], base), dims=base.dims)
        if abs(k) == 1:
            return base
        return b.make("matrix_power", base, dims=base.dims, data=abs(k))

    # functions

    def _call(self, e: Expr, args: Sequence[Value]) -> Value:
        b = self.builder
        op = e.op.lstrip("_")
        row = row_of(e.op)
        if row is None:
            raise UnsupportedError(f"no code for {op}")
        if op == "sech2":
            return self._sech2(args[0])
        if op == "softmax_rest":
            return b.make(op, b.make("softmax", args[0], dims=args[0].dims), dims=args[0].dims)
        if op == "near":
            return b.make(op, *args[:2], dims=dims_of(e), data=tuple(a.data for a in args[2:]))
        if op in ("below_max", "above_min"):
            return self._gap(op, args[0])
        if row.elementwise:
            return b.unary(op, args[0])
        if op == "logsumexp" and args[0].ndim == 2:
            flat = b.make("reshape", args[0], dims=(e.args[0].rows * e.args[0].cols,))
            return b.make(op, flat, dims=())
        if op == "tr":
            return self._trace(e, args[0])
        if op == "sum" and args[0].op == "apply" and args[0].ndim == 0:
            return args[0]
        if op == "logdet":
            return b.make("logdet", self._factor(e.args[0], args[0]), dims=())
        if op == "diag" and args[0].ndim == 0:
            return args[0]
        data: Any = None
        if op in ("colsum", "rowsum") and args[0].ndim < 2:
            return args[0] if dims_of(e) else b.make("sum", args[0], dims=())
        if op == "kron" and min(a.ndim for a in args) < 2:
            data = tuple("".join("1" if d.is_one else "n" for d in a.shape) for a in e.args)
        if op == "vec" and args[0].ndim < 2:
            return args[0]
        if op == "cumsum" and args[0].ndim == 0:
            return args[0]
        if all(a.ndim == 0 for a in args) and op in ("sum", "tr", "diagonal", "max", "min"):
            return args[0]
        return b.make(op, *args, dims=dims_of(e), data=data)

    def _sech2(self, u: Value) -> Value:
        """4*a/(1 + a)^2 with a = exp(-2*abs(u)): nothing overflows or cancels."""
        b = self.builder
        a = b.unary("exp", b.binary("mul", b.number(-2), b.unary("abs", u)))
        below = b.binary("add", b.number(1), a)
        above = b.binary("mul", b.number(4), a)
        return b.binary("div", above, b.binary("mul", below, below))

    def _gap(self, op: str, v: Value) -> Value:
        """The sign of the difference from the greatest entry, or of that from the least."""
        b = self.builder
        if v.ndim == 0:
            return b.number(0)
        end = b.make(op[-3:], v, dims=())
        gap = b.binary("sub", end, v) if op == "below_max" else b.binary("sub", v, end)
        return b.unary("sign", gap)

    def _trace(self, e: Expr, whole: Value) -> Value:
        """tr(A*B) is the sum of A.*B', which needs no product."""
        b = self.builder
        if whole.op == "dot" and all(a.ndim == 2 for a in whole.args):
            return b.make("trace_product", *whole.args, dims=())
        if whole.op == "matrix_power":
            (base,), k = whole.args, whole.data - 1
            below = b.make("matrix_power", base, dims=whole.dims, data=k) if k > 1 else base
            return b.make("trace_product", below, base, dims=())
        return b.make("tr", whole, dims=())
