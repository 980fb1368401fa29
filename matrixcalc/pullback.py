"""Reverse mode in index form: the derivative of an expression by its variables.

Every node gets the terms that multiply its differential (its adjoint). They are passed
on to its operands, the last node first, so that a shared node is entered once, with
all that is asked of it. Where the axes of result and node are two or fewer the adjoint
is brought back to one matrix expression and simplified there: sums stay whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matrixcalc import build
from matrixcalc.build import MINUS, add, had, mul, num, power, transpose
from matrixcalc.calls import make_call
from matrixcalc.errors import LimitError, UnsupportedError
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.index import Factor, Index, Indices, Term, flat, multiply, unify
from matrixcalc.operators import TABLE
from matrixcalc.raise_ import to_matrix
from matrixcalc.reduce import reduced
from matrixcalc.simplify import simplify_sum
from matrixcalc.templates import differential_of, slope

MAX_TERMS = 2_000
MAX_POWER = 200
MAX_WORK = 100_000
"""Factors of products that one derivative may pass through, all together."""

Contributions = list[tuple[Expr, Term]]


class Pullback:
    """One computation: its indices, and the number of axes that the result has."""

    def __init__(self, indices: Indices | None = None) -> None:
        self.indices = indices or Indices()
        self.work = 0

    def derivative(self, root: Expr, targets: Sequence[Expr]) -> dict[Expr, list[Term]]:
        """The derivative by each target: terms whose free axes are those of root, then of it."""
        axes = self.indices.axes(root)
        return self.pull(root, [Term((), (), (*axes, *axes))], targets, len(axes))

    def pull(
        self, root: Expr, seeds: list[Term], targets: Sequence[Expr], outer: int
    ) -> dict[Expr, list[Term]]:
        """Pass the adjoint of ``root`` down to the targets.

        The first ``outer`` free axes of each seed are those of the result; the others
        are the axes of root.
        """
        active = depends(root, targets)
        order = [e for e in topological(root, lambda e: e in active) if e in active]
        adjoints: dict[Expr, list[Term]] = {root: seeds}
        goal = set(targets)
        for e in reversed(order):
            terms = adjoints.get(e)
            if not terms:
                continue
            terms = self.gather(e, terms, outer)
            if e in goal:
                adjoints[e] = terms
                continue
            del adjoints[e]
            for term in terms:
                for operand, part in self.step(e, term, outer, active):
                    adjoints.setdefault(operand, []).append(part)
        return {t: adjoints.get(t, []) for t in targets}

    def gather(self, e: Expr, terms: list[Term], outer: int) -> list[Term]:
        """The adjoint of a node as one term where matrix notation can say it."""
        small = outer + e.order <= 2
        if len(terms) > MAX_TERMS and not small:
            raise LimitError(
                f"the derivative has more than {MAX_TERMS} terms in index form",
                hint="differentiate the scalar at the end of the chain instead",
            )
        self.work += sum(len(t.factors) for t in terms)
        terms = [reduced(t, self.indices) for t in terms]
        self.work += sum(len(f.args) for t in terms for f, _ in t.factors)
        if self.work > MAX_WORK:
            raise LimitError("the derivative is too long to be written out")
        if len(terms) == 1 or not small:
            return terms
        raised: list[Expr] = []
        for t in terms:
            if any(isinstance(a, tuple) for a in t.free):
                return terms
            matrix = to_matrix(t, self.indices)
            if matrix is None:
                return terms
            raised.append(matrix)
        total = simplify_sum(raised)
        if build.is_zero(total):
            return []
        return [self.lower(total)]

    def lower(self, e: Expr) -> Term:
        """A term with fresh free axes that stands for a matrix expression."""
        axes = self.indices.axes(e)
        return multiply(Term((), (), axes), [(e, axes)], axes, self.indices)

    # one operator

    def step(self, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
        """What the adjoint of a node contributes to each of its operands."""
        rule = _RULES.get(e.op)
        if rule is not None:
            return rule(self, e, term, outer, active)
        row = TABLE[e.op]
        if row.elementwise:
            factor = slope(e)
            if factor is None:
                return []
            axes = term.free[outer:]
            return [(e.args[0], self.times(term, [(factor, axes)], term.free))]
        if row.differential:
            linear, increment = differential_of(e)
            made = self.pull(linear, [term], [increment], outer)[increment]
            return [(e.args[0], t) for t in made]
        raise UnsupportedError(f"the derivative of {e.op} is not supported yet")

    def times(self, term: Term, factors: Sequence[Factor], free: tuple[Index, ...]) -> Term:
        return multiply(term, factors, free, self.indices)

    def fresh(self, e: Expr) -> tuple[Index, ...]:
        return self.indices.axes(e)


def _add(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    return [(a, term) for a in e.args if a in active]


def _rows_cols(e: Expr, axes: tuple[Index, ...]) -> tuple[tuple[Index, ...], tuple[Index, ...]]:
    """The axes of a node, as those of its rows and those of its columns (none or one)."""
    rows = () if e.rows.is_one else axes[:1]
    return rows, axes[len(rows) :]


def _mul(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    out: Contributions = []
    axes = term.free[outer:]
    front = [a for a in e.args if a.is_scalar]
    chain = e.args[len(front) :]
    for i, s in enumerate(front):
        if s not in active:
            continue
        factors: list[Factor] = [(f, ()) for j, f in enumerate(front) if j != i]
        if chain:
            factors.append((mul(*chain), axes))
        out.append((s, p.times(term, factors, term.free[:outer])))
    rows, cols = _rows_cols(e, axes)
    scalars: list[Factor] = [(f, ()) for f in front]
    for i, f in enumerate(chain):
        if f not in active:
            continue
        factors = list(scalars)
        top, right = rows, cols
        if i:
            before = mul(*chain[:i])
            top = () if f.rows.is_one else (p.indices.fresh(f.rows),)
            if not before.is_scalar:
                factors.append((before, (*rows, *top)))
        if i + 1 < len(chain):
            after = mul(*chain[i + 1 :])
            right = () if f.cols.is_one else (p.indices.fresh(f.cols),)
            if not after.is_scalar:
                factors.append((after, (*right, *cols)))
        out.append((f, p.times(term, factors, (*term.free[:outer], *top, *right))))
    return out


def _had(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    axes = term.free[outer:]
    out: Contributions = []
    for i, f in enumerate(e.args):
        if f in active:
            rest = [(g, axes) for j, g in enumerate(e.args) if j != i]
            out.append((f, p.times(term, rest, term.free)))
    return out


def _pow(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    base, exponent = e.args
    if not e.is_scalar:
        return _matrix_power(p, e, term, outer)
    out: Contributions = []
    if base in active:
        factor = mul(exponent, power(base, add(exponent, MINUS)))
        out.append((base, p.times(term, [(factor, ())], term.free)))
    if exponent in active:
        factor = mul(e, make_call("log", (base,)))
        out.append((exponent, p.times(term, [(factor, ())], term.free)))
    return out


def _matrix_power(p: Pullback, e: Expr, term: Term, outer: int) -> Contributions:
    """d(X^k) is the sum of X^i dX X^(k-1-i); for the inverse, -inv(X) dX inv(X)."""
    base, k = e.args[0], int(e.args[1].data)
    if abs(k) > MAX_POWER:
        raise LimitError(f"the derivative of a matrix power above {MAX_POWER} is too long")
    if k > 0:
        pairs = [(i, k - 1 - i) for i in range(k)]
    else:
        pairs = [(-i, k - 1 + i) for i in range(1, -k + 1)]
    out: Contributions = []
    i, j = term.free[outer:]
    for a, b in pairs:
        top, right = p.fresh(base)
        factors: list[Factor] = [
            (power(base, num(a)), (i, top)),
            (power(base, num(b)), (right, j)),
        ]
        if k < 0:
            factors.append((MINUS, ()))
        out.append((base, p.times(term, factors, (*term.free[:outer], top, right))))
    return out


def _epow(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    base, exponent = e.args
    axes = term.free[outer:]
    out: Contributions = []
    if base in active:
        lower = build.epower(base, add(exponent, MINUS))
        factors: list[Factor] = [(lower, axes)]
        factors.append((exponent, () if exponent.is_scalar else axes))
        out.append((base, p.times(term, factors, term.free)))
    if exponent in active:
        factors = [(had(e, make_call("log", (base,))), axes)]
        free = term.free[:outer] if exponent.is_scalar else term.free
        out.append((exponent, p.times(term, factors, free)))
    return out


def _transpose(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    axes = term.free[outer:]
    return [(e.args[0], Term(term.scalars, term.factors, (*term.free[:outer], *axes[::-1])))]


def _sum(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    a = e.args[0]
    return [(a, Term(term.scalars, term.factors, (*term.free, *p.fresh(a))))]


def _colsum(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    a = e.args[0]
    free = (*term.free[:outer], p.indices.fresh(a.rows), *term.free[outer:])
    return [(a, Term(term.scalars, term.factors, free))]


def _rowsum(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    a = e.args[0]
    return [(a, Term(term.scalars, term.factors, (*term.free, p.indices.fresh(a.cols))))]


def _tr(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    a = e.args[0]
    if a.op == "pow":
        # the powers around dX meet in the trace: k*tr(X^(k-1)*dX)
        base, k = a.args
        i, j = p.indices.fresh(a.rows), p.indices.fresh(a.cols)
        slope = mul(k, power(base, add(k, MINUS)))
        return [(base, p.times(term, [(slope, (j, i))], (*term.free, i, j)))]
    i = p.indices.fresh(a.rows)
    return [(a, Term(term.scalars, term.factors, (*term.free, i, i)))]


def _diag(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    i, j = term.free[outer:]
    made = unify(term, i, j, p.indices)
    return [(e.args[0], Term(made.scalars, made.factors, made.free[:-1]))]


def _diagonal(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    free = (*term.free, term.free[-1])
    return [(e.args[0], Term(term.scalars, term.factors, free))]


def _vec(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    a = e.args[0]
    i, j = p.indices.fresh(a.rows), p.indices.fresh(a.cols)
    made = Term(term.scalars, term.factors, (*term.free, i, j))
    made = unify(made, term.free[outer], (j, i), p.indices)
    return [(a, Term(made.scalars, made.factors, (*made.free[:outer], *made.free[-2:])))]


def _kron(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    a, b = e.args
    top = [() if m.rows.is_one else (p.indices.fresh(m.rows),) for m in (a, b)]
    right = [() if m.cols.is_one else (p.indices.fresh(m.cols),) for m in (a, b)]
    mine = [(*top[k], *right[k]) for k in (0, 1)]
    rows, cols = _rows_cols(e, term.free[outer:])
    out: Contributions = []
    for k, operand in enumerate((a, b)):
        if operand not in active:
            continue
        other = 1 - k
        made = Term(term.scalars, term.factors, (*term.free, *mine[k], *mine[other]))
        size = len(term.free)
        for whole, parts in ((rows, (*top[0], *top[1])), (cols, (*right[0], *right[1]))):
            if not whole:
                continue
            # the axes may have been renamed by the first of the two merges
            place = outer if whole is rows else outer + len(rows)
            names = dict(zip((*mine[k], *mine[other]), made.free[size:], strict=True))
            axis = tuple(flat(names[i] for i in parts))
            new: Index = axis[0] if len(axis) == 1 else axis
            made = unify(made, made.free[place], new, p.indices)
        own = made.free[size : size + len(mine[k])]
        others = made.free[size + len(mine[k]) :]
        free = (*made.free[:outer], *own)
        out.append((operand, p.times(made, [((a, b)[other], others)], free)))
    return out


def _cumsum(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    a = e.args[0]
    axes = term.free[outer:]
    along = axes[:1]
    dim = a.cols if a.rows.is_one else a.rows
    k = p.indices.fresh(dim)
    lower = make_call("cumsum", (build.eye(dim),))
    free = (*term.free[:outer], k, *axes[1:])
    return [(a, p.times(term, [(lower, (*along, k))], free))]


def second_derivative(op: str) -> UnsupportedError:
    """What is said of the derivative of a Fréchet derivative by its first argument."""
    name = op.removesuffix("_frechet")
    return UnsupportedError(
        f"the second derivative of {name} has no closed form here, and the language has no name "
        "for it yet",
        hint=f"it is supported where {name} stands in a trace, tr({name}(X)), or has a scalar "
        f"times a matrix for its argument, {name}(t*A)",
    )


def _frechet(p: Pullback, e: Expr, term: Term, outer: int, active: set[Expr]) -> Contributions:
    """<G, L(A, E)> = <L(A', G), E> for a scalar; else the matrix of vec(E) -> vec(L(A, E))."""
    a, direction = e.args
    if a in active:
        raise second_derivative(e.op)
    gradient = to_matrix(term, p.indices) if outer == 0 else None
    if gradient is not None:
        return [(direction, p.lower(make_call(e.op, (transpose(a), gradient))))]
    i, j = term.free[outer:]
    k, m = p.fresh(direction)
    wide = make_call(e.op.replace("_frechet", "_jacobian"), (a,))
    rows, cols = tuple(flat((j, i))), tuple(flat((m, k)))
    made = Term(term.scalars, (*term.factors, (wide, (rows, cols))), (*term.free[:outer], k, m))
    return [(direction, made)]


Rule = Callable[[Pullback, Expr, Term, int, set[Expr]], Contributions]

_RULES: dict[str, Rule] = {
    "add": _add,
    "mul": _mul,
    "had": _had,
    "pow": _pow,
    "epow": _epow,
    "T": _transpose,
    "sum": _sum,
    "colsum": _colsum,
    "rowsum": _rowsum,
    "tr": _tr,
    "diag": _diag,
    "diagonal": _diagonal,
    "vec": _vec,
    "kron": _kron,
    "cumsum": _cumsum,
    "expm_frechet": _frechet,
    "logm_frechet": _frechet,
    "sqrtm_frechet": _frechet,
}


