"""The check of a claim: is it right, under which condition, and if not, why not?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

import numpy

from matrixcalc.checks.limit import OutOfTime, limited
from matrixcalc.checks.points import (
    WAYS,
    Values,
    close,
    draw,
    grids,
    owners_of,
    size_list,
    sizes_for,
)
from matrixcalc.checks.question import Question, Reading, pose
from matrixcalc.checks.slips import Evidence, Slip, diagnose
from matrixcalc.checks.text import ClaimText, read_claim
from matrixcalc.checks.verdict import Counterexample, Verdict
from matrixcalc.claims import Claim, Verification
from matrixcalc.derive import READINGS, Derivative
from matrixcalc.differentials import Differential
from matrixcalc.errors import LimitError, MatrixCalcError, UnsupportedError
from matrixcalc.expr import Expr, topological
from matrixcalc.infer import names_of
from matrixcalc.layouts import check_layout
from matrixcalc.products import Array
from matrixcalc.verify import compare

TIMEOUT = 10.0
SPAN = 3


def check(
    claim: str,
    vars: Mapping[str, str] | None = None,
    layout: str | None = None,
    structured: str | None = None,
    timeout: float | None = TIMEOUT,
) -> Verdict:
    r"""Whether a claim is right.

    Args:
        claim: such as ``d(x'*A*x)/dx = x'*(A + A')``, ``grad(f, X) = …``, ``hessian(f, x) = …``,
            ``d(inv(X)) = -inv(X)*dX*inv(X)`` or ``tr(A*B) = tr(B*A)``; declarations and
            equations may stand before it. LaTeX is read too:
            ``\frac{\partial f}{\partial \mathbf{x}} = …``.
        vars: declarations, as for :func:`matrixcalc.derive`.
        layout: the layout it is meant in; without one, any layout in which it is right will do.
        structured: for a variable with a property, as for :func:`matrixcalc.derive`.
        timeout: seconds after which the verdict is ``"undecided"`` (in the main thread).

    Raises:
        ParseError, ShapeError, UnknownNameError: the claim cannot be read.
        UnsupportedError: there is no such layout, or no derivative.

    >>> check("d(x'*A*x)/dx = x'*(A + A')").status
    'true'
    >>> verdict = check("d(x'*A*x)/dx = 2*A*x")
    >>> verdict.status, verdict.condition, verdict.layout
    ('true_if', 'A symmetric', 'denominator')
    >>> check("d(norm2(y - X*b)^2)/db = 2*X'*(y - X*b)", {"b": "vector(n)"}).slip
    'sign'
    """
    if layout is not None:
        check_layout(layout)
    if structured is not None and structured not in READINGS:
        raise UnsupportedError(
            f"no reading {structured!r} of a structured variable",
            hint=f"the readings are {', '.join(READINGS)}",
        )
    try:
        with limited(timeout):
            read = read_claim(claim, names_of(vars))
            return _decide(read, claim, dict(vars or {}), layout, structured)
    except OutOfTime:
        return Verdict("undecided", claim, diagnosis=f"it took more than {timeout:g} s")
    except (RecursionError, MemoryError):
        raise LimitError("the claim is too deep or too large") from None
    except MatrixCalcError as error:
        if isinstance(claim, str):
            error.with_text(claim)
        raise


def _decide(
    read: ClaimText,
    claim: str,
    given: dict[str, str],
    layout: str | None,
    structured: str | None,
) -> Verdict:
    q = pose(read, given, layout, structured)
    fits = [r for r in q.readings if r.claimed is not None]
    if q.broadcast and fits:
        return _kinds(q, claim, fits[0])
    unsure = ""
    different: list[tuple[Reading, Verification | None]] = []
    for r in fits:
        outcome = _compare(q, r)
        if outcome.status in ("proved", "sampled"):
            return Verdict(
                "true_if" if q.conditions else "true",
                claim,
                list(q.conditions),
                r.layout,
                _answer(q, r),
                detail=f"{outcome.status}: {outcome.detail}",
            )
        if outcome.status == "failed":
            different.append((r, outcome))
        elif _floats_differ(q, r):
            different.append((r, None))
        else:
            unsure = outcome.detail
    if unsure:
        r = fits[0]
        return Verdict(
            "undecided", claim, layout=r.layout, derivative=_answer(q, r), diagnosis=unsure
        )
    for r, _ in different:
        found = _conditional(q, read, r, structured)
        if found is not None:
            conditions, outcome = found
            return Verdict(
                "true_if",
                claim,
                [*conditions, *q.conditions],
                r.layout,
                _answer(q, r),
                detail=f"{outcome.status}: {outcome.detail}",
            )
    for other in q.others:
        if other.claimed is not None and _compare(q, other).status in ("proved", "sampled"):
            return _transposed(q, claim, q.readings[0], other)
    if not different:
        return _misfit(q, claim)
    return _wrong(q, claim, different)


def _compare(q: Question, r: Reading) -> Verification:
    assert r.claimed is not None
    outcome = compare(q.function, q.targets, Claim(r.claimed, r.place), q.structured, span=SPAN)
    if outcome.status == "sampled" and _floats_differ(q, r, 1e-3):
        # at the sizes of the sample something was singular, and rounding was compared
        return Verification("skipped", outcome.sizes, "the samples contradict each other")
    return outcome


def _answer(q: Question, r: Reading) -> Derivative | Differential | None:
    if not isinstance(q.answer, Derivative):
        return q.answer
    made = q.answer.in_layout(r.layout or "numerator")
    if made.result is None:
        made.result = q.vec_in(r.layout)
    return made


# Points


def _ours_at(q: Question, r: Reading, ours: Expr | None, values: Values) -> Array | None:
    if ours is not None and ours.shape == r.shape:
        made = grids([ours], values)
        return None if made is None else made[0]
    if ours is not None:
        made = grids([ours], values)
        if made is None:
            return None
        flat = made[0].reshape(-1, order="F")
        rows, cols = (d.value(_sizes(q, r)) for d in r.shape)
        return flat.reshape((rows, cols), order="F") if 1 in (rows, cols) else None
    return None


def _sizes(q: Question, r: Reading) -> dict[str, int]:
    return sizes_for([e for e in (q.function, *q.targets, r.claimed) if e is not None])


def _sampled(
    q: Question, r: Reading, more: Mapping[str, str] | None = None, wanted: int = 3
) -> tuple[list[Values], list[Array], list[Array]]:
    """Points, with our values and those of the claim."""
    assert r.claimed is not None
    ours = q.ours(r.layout)
    owners = owners_of([e for e in (q.function, *q.targets, r.claimed, ours) if e is not None])
    choices = size_list([e for e in (q.function, *q.targets, r.claimed) if e is not None])
    sizes = choices[0]
    points: list[Values] = []
    right: list[Array] = []
    wrong: list[Array] = []
    for attempt in range(WAYS * 6):
        values = draw(owners, sizes, attempt, attempt if not points else attempt // 6, more)
        theirs = grids([r.claimed], values)
        own = _ours_at(q, r, ours, values)
        if (
            theirs is None
            or own is None
            or own.shape != theirs[0].shape
            or (max(numpy.abs(own).max(), numpy.abs(theirs[0]).max()) < 1e-9)
        ):
            if not points:
                sizes = choices[(attempt + 1) % len(choices)]
            continue
        points.append(values)
        right.append(own)
        wrong.append(theirs[0])
        if len(points) == wanted:
            break
    return points, right, wrong


def _floats_differ(q: Question, r: Reading, tolerance: float = 1e-5) -> bool:
    """Whether the two sides are apart at every point."""
    points, right, wrong = _sampled(q, r)
    pairs = zip(right, wrong, strict=True)
    return len(points) >= 2 and not any(close(a, b, tolerance) for a, b in pairs)


# Conditions


def _conditional(
    q: Question, read: ClaimText, r: Reading, structured: str | None
) -> tuple[list[str], Verification] | None:
    """Conditions on the constants under which the claim is true."""
    for more in _candidates(q, r):
        points, right, wrong = _sampled(q, r, more, 2)
        if len(points) < 2 or not all(close(a, b) for a, b in zip(right, wrong, strict=True)):
            continue
        declared = {**q.declared}
        for name, what in more.items():
            declared[name] = f"{declared[name]} {what}"
        # declarations in the text would win over these
        program = replace(read.program, declarations=[])
        again = pose(
            replace(read, program=program),
            declared,
            r.layout,
            structured,
        )
        for other in again.readings:
            if other.claimed is None or other.layout != r.layout:
                continue
            outcome = _compare(again, other)
            if outcome.status in ("proved", "sampled"):
                return [f"{name} {what}" for name, what in more.items()], outcome
    return None


_LIKE = frozenset({"symmetric", "positive_definite", "diagonal", "skew", "orthogonal"})
_PIECEWISE = frozenset({"abs", "sign", "norm1", "relu", "step", "sqrt", "log", "cbrt"})


def _candidates(q: Question, r: Reading) -> Iterator[dict[str, str]]:
    assert r.claimed is not None
    owners = owners_of([q.function, r.claimed])
    square = [
        n
        for n in q.constants
        if n in owners
        and not owners[n].is_scalar
        and owners[n].is_square
        and not _LIKE.intersection(owners[n].data[1])
    ]
    for count in range(1, len(square) + 1):
        if count > 2 and count < len(square):
            continue
        for names in combinations(square, count):
            yield dict.fromkeys(names, "symmetric")
    ops = {e.op for root in (q.function, r.claimed) for e in topological(root)}
    ops |= {"sqrt"} if any(e.op in ("pow", "epow") for e in topological(q.function)) else set()
    if ops & _PIECEWISE:
        for n in q.constants:
            if n in owners and "positive" not in owners[n].data[1]:
                yield {n: "positive"}


# What is wrong


def _transposed(q: Question, claim: str, r: Reading, other: Reading) -> Verdict:
    answer = _answer(q, r)
    sentence = (
        f"it is right in {other.layout} layout; in {r.layout} layout it is its transpose, {answer}"
    )
    return Verdict(
        "false", claim, [], r.layout, answer, _counter(q, r, other.claimed), "transposed", sentence
    )


def _kinds(q: Question, claim: str, r: Reading) -> Verdict:
    answer = _answer(q, r) or q.function
    sentence = (
        f"{q.broadcast} is a scalar in a sum of terms of the size {r.shape[0]}×{r.shape[1]}: "
        f"write it times vector(1), matrix(1) or eye"
    )
    return Verdict("false", claim, [], r.layout, answer, _counter(q, r, None), "shape", sentence)


def _misfit(q: Question, claim: str) -> Verdict:
    r = q.readings[0]
    answer = _answer(q, r)
    other = next((o for o in q.others if o.claimed is not None), None)
    sentence = f"the shapes do not fit: {r.misfit}"
    right = q.function if answer is None else answer
    sentence += f"; the right answer is {right}"
    claimed = other.claimed if other is not None else None
    return Verdict("false", claim, [], r.layout, answer, _counter(q, r, claimed), "shape", sentence)


def _wrong(
    q: Question, claim: str, different: list[tuple[Reading, Verification | None]]
) -> Verdict:
    best: tuple[Reading, Verification | None, Slip] | None = None
    for r, outcome in different:
        slip = _slip(q, r)
        if best is None or best[2].name == "other":
            best = (r, outcome, slip)
    assert best is not None
    r, outcome, slip = best
    answer = _answer(q, r)
    right = q.function if answer is None else answer
    sentence = f"{slip.sentence}; the right answer is {right}"
    counter = _counter(q, r, r.claimed) or _from_outcome(outcome, r)
    return Verdict("false", claim, [], r.layout, answer, counter, slip.name, sentence)


def _slip(q: Question, r: Reading) -> Slip:
    if isinstance(q.answer, Derivative) and q.structured != "none":
        for reading in READINGS:
            if reading != q.structured and _right_in(q, r, reading):
                words = {
                    "none": "with the entries taken as independent",
                    "entries": "as the array of partial derivatives by the independent entries",
                    "gradient": "as the gradient in the space of such matrices",
                }
                return Slip("other", f"it is right {words[reading]}, which is not what was asked")
    elif isinstance(q.answer, Derivative) and any(_LIKE.intersection(t.data[1]) for t in q.targets):
        for reading in ("entries", "gradient"):
            if _right_in(q, r, reading):
                return Slip("other", f"it is the {reading} reading of a structured variable")
    points, right, wrong = _sampled(q, r)
    if len(points) < 2:
        return Slip("other", "an entry differs")
    assert r.claimed is not None
    return diagnose(
        Evidence(q.function, q.targets, q.ours(r.layout), r.claimed, points, right, wrong)
    )


def _right_in(q: Question, r: Reading, structured: str) -> bool:
    assert r.claimed is not None
    outcome = compare(q.function, q.targets, Claim(r.claimed, r.place), structured, span=SPAN)
    return outcome.status in ("proved", "sampled")


def _counter(q: Question, r: Reading, claimed: Expr | None) -> Counterexample | None:
    """Small whole numbers at which the two sides differ."""
    ours = q.ours(r.layout)
    if ours is None:
        return None
    owners = owners_of([e for e in (q.function, *q.targets, claimed, ours) if e is not None])
    choices = size_list([e for e in (q.function, *q.targets, claimed) if e is not None])
    for attempt in range(WAYS * 5):
        sizes = choices[attempt // WAYS % len(choices)]
        values = draw(owners, sizes, attempt, attempt % WAYS, whole=True)
        own = grids([ours], values)
        theirs = None if claimed is None else grids([claimed], values)
        if own is None or (claimed is not None and theirs is None):
            continue
        shown = {n: _plain(a) for n, a in values.items()}
        if theirs is None:
            return Counterexample(shown, None, _matrix(own[0]), "of another kind")
        if own[0].shape != theirs[0].shape:
            return Counterexample(shown, None, _matrix(own[0]), _matrix(theirs[0]))
        apart = numpy.abs(own[0] - theirs[0])
        scale = max(1.0, float(numpy.abs(own[0]).max()))
        if float(apart.max()) > 1e-6 * scale:
            i, j = (int(k) for k in numpy.argwhere(apart > 1e-6 * scale)[0])
            return Counterexample(
                shown, (i + 1, j + 1), f"{own[0][i, j]:.10g}", f"{theirs[0][i, j]:.10g}"
            )
    return None


def _matrix(a: Array) -> str:
    return str([[float(f"{x:.6g}") for x in row] for row in a.tolist()])


def _plain(a: Array) -> object:
    whole = [[int(x) if float(x).is_integer() else float(x) for x in row] for row in a.tolist()]
    return whole[0][0] if a.size == 1 else whole


def _from_outcome(outcome: Verification | None, r: Reading) -> Counterexample | None:
    if outcome is None or outcome.mismatch is None:
        return None
    m = outcome.mismatch
    values = {n: [[str(x) for x in row] for row in grid] for n, grid in m.values.items()}
    entry = (m.entry[0] + 1 if m.entry else 1, m.entry[1] + 1 if len(m.entry) > 1 else 1)
    return Counterexample(values, entry, m.expected, m.found)
