"""Which operations share a loop.

An operation on entries reads its operands at places that its own place tells, see
:func:`reads`; a reduction runs over the entries of its operand. Those that run over the same
axes, and need of each other only the entry at hand, become one :class:`Nest`: a pass over
memory instead of one each, and what only the nest needs is never an array.

A program is cut into segments, which follow each other. A compiled one holds nests and what
else compiled code does well (``SINGLE``); all other operations are left to the libraries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matrixcalc.codegen.ir import Dims, Value, schedule

LEAVES = frozenset({"input", "number", "size", "pi"})
REDUCTIONS = frozenset({"sum", "colsum", "rowsum", "norm1", "tr", "trace_product"})
ENTRYWISE = frozenset({
    "add", "sub", "mul", "div", "pow", "neg", "apply", "logaddexp", "add_diag", "scale_rows",
    "scale_columns", "plus_transpose", "outer", "diagonal", "einsum", "scatter", "add_dot_diag",
})
"""Operations on entries. For ``scatter`` and ``add_dot_diag`` see :mod:`.unfolding`."""
STORED = REDUCTIONS | {"scatter", "add_dot_diag"}
"""Operations of loops whose result is there only when the loop has ended."""
LAZY = frozenset({"ones", "zeros", "eye", "full", "scaled_eye", "diag"})
"""Arrays whose entries are written where they are read; made only where a library needs them."""
SINGLE = {
    "dot": 2, "max": 2, "min": 2, "norm2": 2, "cumsum": 1, "logsumexp": 1, "softmax": 1,
    "softmax_rest": 1, "log_softmax": 1, "softmax_columns": 2, "logsumexp_columns": 2,
    "log_softmax_columns": 2,
}
"""Operations of compiled code that have a statement of their own, and their most axes."""

Read = tuple[Value, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Nest:
    """Operations that are computed in one loop nest, operands first."""

    dims: Dims
    members: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Steps that are compiled together, or that are left to the libraries.

    ``arrays`` are the members of nests that must be stored, since something else reads them.
    """

    compiled: bool
    steps: tuple[Value | Nest, ...]
    arrays: frozenset[Value] = frozenset()

    def members(self) -> list[Value]:
        """All operations, operands first."""
        made: list[Value] = []
        for step in self.steps:
            made += step.members if isinstance(step, Nest) else (step,)
        return made


def place(v: Value) -> str:
    """Where an operation belongs.

    ``leaf``, ``view`` (a transpose), ``lazy``, ``loop``, ``single`` or ``library``.
    """
    if v.op in LEAVES:
        return "leaf"
    if v.op == "T":
        return "view"
    if v.op in LAZY:
        return "lazy"
    if v.op == "einsum" and not {i for ids in v.data[0] for i in ids} <= set(v.data[1]):
        return "library"
    if v.op in ENTRYWISE:
        return "loop" if v.ndim else "single"
    if v.op in REDUCTIONS and v.args[0].ndim:
        return "loop"
    if v.op in SINGLE and all(0 < a.ndim <= SINGLE[v.op] for a in v.args):
        return "single"
    return "library"


def domain(v: Value) -> Dims:
    """The axes that an operation runs over."""
    if v.op == "tr":
        return v.args[0].dims[:1]
    if v.op == "scatter":
        free = v.data[1]
        return tuple(v.dims[free.index(i)] for i in dict.fromkeys(free))
    return v.args[0].dims if v.op in REDUCTIONS else v.dims


def reads(v: Value) -> list[Read]:
    """Which entries of its operands one entry of a loop needs, as positions in its domain."""
    own = tuple(range(len(domain(v))))
    if v.op in ("scale_rows", "outer"):
        return [(v.args[0], (0,)), (v.args[1], own[-v.args[1].ndim:])]
    if v.op == "add_dot_diag":
        return [(v.args[0], own), (v.args[1], own), (v.args[2], (1,))]
    if v.op == "scale_columns":
        return [(v.args[0], own), (v.args[1], (1,))]
    if v.op == "plus_transpose":
        return [(v.args[0], (0, 1)), (v.args[0], (1, 0))]
    if v.op == "trace_product":
        return [(v.args[0], (0, 1)), (v.args[1], (1, 0))]
    if v.op in ("diagonal", "tr"):
        return [(v.args[0], (0, 0))]
    if v.op == "einsum":
        subscripts, out = v.data
        return [
            (a, tuple(out.index(i) for i in ids))
            for a, ids in zip(v.args, subscripts, strict=True)
        ]
    if v.op == "scatter":
        out, free = v.data
        distinct = list(dict.fromkeys(free))
        return [(v.args[1], tuple(distinct.index(i) for i in out))]
    # of the diagonal that add_diag adds, the entry of the row is read
    return [(a, own[: a.ndim]) for a in v.args]


def resolved(a: Value, at: tuple[int, ...]) -> Read | None:
    """The array in which an entry really stands; None for one that stands in none."""
    while a.op in LAZY or a.op == "T":
        if a.op in ("ones", "zeros", "eye"):
            return None
        at = at[::-1] if a.op == "T" else at[: a.args[0].ndim]
        a = a.args[0]
    return a, at


def needs(v: Value) -> list[tuple[Value, bool]]:
    """What an operation needs, and whether an entry at its own place is enough of it."""
    if place(v) != "loop":
        return [(viewed(a), False) for a in v.args]
    own = tuple(range(len(domain(v))))
    found = [r for r in (resolved(*r) for r in reads(v)) if r is not None]
    made = [(a, at == own and a.dims == domain(v)) for a, at in found]
    if v.op == "scatter" and v.args[0].op != "zeros":
        made.append((v.args[0], False))
    return made


def overwritten(v: Value, part: Segment, uses: Mapping[Value, int]) -> Value | None:
    """An array of the same part that nothing needs but this result, entry by entry.

    The result may be written over it.
    """
    inside = part.members()
    if v.op == "scatter":
        base = v.args[0]
        return base if uses[base] == 1 and _made(base, part, inside) else None
    todo = [v] if _sinks(v) and v.ndim > 1 else []
    while todo:
        user = todo.pop()
        for a in user.args:
            if uses.get(a) != 1 or a.dims != v.dims:
                continue
            if _made(a, part, inside) and all(entry for b, entry in needs(user) if b is a):
                return a
            if _sinks(a) and a in inside and a not in part.arrays:
                todo.append(a)
    return None


def _made(a: Value, part: Segment, inside: Sequence[Value]) -> bool:
    return a in part.arrays or (a.op == "dot" and a in inside)


def viewed(a: Value) -> Value:
    """What a transpose is a view of; any other value itself."""
    return a.args[0] if a.op == "T" else a


def segments(outputs: Sequence[Value]) -> list[Segment]:
    """The whole computation, in order."""
    work = _Cut(outputs)
    made = []
    for level in sorted({work.level[v] for v in work.order}):
        mine = [v for v in work.order if work.level[v] == level]
        if level % 2:
            made.append(_compiled(mine, work))
        else:
            made.append(Segment(False, tuple(mine)))
    return made


class _Cut:
    """The levels of all operations: odd ones are compiled, even ones left to the libraries."""

    def __init__(self, outputs: Sequence[Value]) -> None:
        everything = schedule(list(outputs))
        self.outputs = {viewed(v) for v in outputs}
        whole = set(self.outputs)
        for v in everything:
            if place(v) in ("single", "library"):
                whole.update(viewed(a) for a in v.args)
            elif v.op == "scatter" and v.args[0].op != "zeros":
                whole.add(v.args[0])
        self.order = [
            v for v in everything
            if place(v) not in ("leaf", "view") and (place(v) != "lazy" or v in whole)
        ]
        self.users: dict[Value, list[Value]] = {v: [] for v in self.order}
        self.level: dict[Value, int] = {}
        for v in self.order:
            compiled = place(v) in ("loop", "single")
            below = 0
            for a, _ in needs(v):
                if a in self.users:
                    self.users[a].append(v)
                    below = max(below, self.level[a])
            self.level[v] = below + (below % 2 != compiled)
        # what only a later compiled part needs is computed there
        for v in reversed(self.order):
            if self.level[v] % 2 and v not in self.outputs and self.users[v]:
                first = min(self.level[u] for u in self.users[v])
                self.level[v] = first - (first % 2 == 0)


def _compiled(mine: Sequence[Value], work: _Cut) -> Segment:
    inside = set(mine)
    stage: dict[Value, int] = {}
    fused = {v: {a for a, _ in needs(v) if _shares(a, v)} for v in mine}
    for v in mine:
        stage[v] = 0
        for a, _ in needs(v):
            if a in inside:
                ended = place(a) == "loop" and a not in fused[v]
                stage[v] = max(stage[v], stage[a] + ended)
    # an entry is computed where it is used, so that it need not be stored
    for v in reversed(mine):
        users = work.users[v]
        if not _sinks(v) or v in work.outputs:
            continue
        if users and inside.issuperset(users):
            stage[v] = max(stage[v], min(stage[u] - (v not in fused[u]) for u in users))
    steps: list[Value | Nest] = []
    for s in range(max(stage.values(), default=-1) + 1):
        now = [v for v in mine if stage[v] == s]
        steps += [v for v in now if place(v) == "single"]
        loops = [v for v in now if place(v) == "loop"]
        for dims in dict.fromkeys(domain(v) for v in loops):
            steps.append(Nest(dims, tuple(v for v in loops if domain(v) == dims)))
    nest_of = {v: n for n, step in enumerate(steps) if isinstance(step, Nest)
               for v in step.members}
    arrays = frozenset(
        v for v, n in nest_of.items()
        if not _sinks(v) or v in work.outputs
        or any(nest_of.get(u) != n or v not in fused[u] for u in work.users[v])
    )
    return Segment(bool(nest_of) or _worthwhile(mine), tuple(steps), arrays)


def _sinks(v: Value) -> bool:
    """Whether a value is entries that may be computed where they are used."""
    return place(v) == "loop" and v.op not in STORED


def _shares(a: Value, user: Value) -> bool:
    """Whether the user reads nothing of a value but the entry at its own place."""
    return _sinks(a) and all(entry for b, entry in needs(user) if b is a)


def _worthwhile(mine: Sequence[Value]) -> bool:
    """Whether compiled code is better for what has no loops."""
    functions = sum(v.op in ("apply", "logaddexp") for v in mine)
    return functions > 0 or sum(v.op in SINGLE for v in mine) > 1
