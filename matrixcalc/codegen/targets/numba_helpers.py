"""Functions that generated Numba code carries with it where it uses them.

As for NumPy, the largest entry is taken out of the sum: log1p and 1 - softmax lose nothing beside
it, and nothing overflows.
"""

from __future__ import annotations

from matrixcalc.codegen.writing import Writing

HELPERS = {
    "plus": '''\
@numba.njit(fastmath={"reassoc"})
def plus(total, term):
    """total + term: the compiler may reorder these sums to be quick, and nothing else."""
    return total + term
''',
    "stable_logaddexp": '''\
@numba.njit(error_model="numpy")
def stable_logaddexp(a, b):
    """log(exp(a) + exp(b)) of two numbers."""
    if a == b:
        return a + math.log(2.0)
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))
''',
    "stable_logsumexp": '''\
@numba.njit(error_model="numpy")
def stable_logsumexp(u):
    """log(sum(exp(u)))."""
    top = np.argmax(u)
    if not math.isfinite(u[top]):
        return u[top]
    below = 0.0
    for i in range(len(u)):
        if i != top:
            below += math.exp(u[i] - u[top])
    return u[top] + math.log1p(below)
''',
    "stable_softmax": '''\
@numba.njit(error_model="numpy")
def stable_softmax(u):
    """exp(u)/sum(exp(u))."""
    top = u[np.argmax(u)]
    result = np.empty_like(u)
    total = 0.0
    for i in range(len(u)):
        result[i] = math.exp(u[i] - top)
        total += result[i]
    for i in range(len(u)):
        result[i] /= total
    return result
''',
    "stable_softmax_rest": '''\
@numba.njit(error_model="numpy")
def stable_softmax_rest(p):
    """1 - p for a softmax p."""
    top = np.argmax(p)
    result = np.empty_like(p)
    others = 0.0
    for i in range(len(p)):
        result[i] = 1.0 - p[i]
        if i != top:
            others += p[i]
    if p[top] > 0.5:
        result[top] = others
    return result
''',
    "stable_log_softmax": '''\
@numba.njit(error_model="numpy")
def stable_log_softmax(u):
    """log(softmax(u))."""
    top = np.argmax(u)
    result = np.empty_like(u)
    below = 0.0
    for i in range(len(u)):
        result[i] = u[i] - u[top]
        if i != top:
            below += math.exp(result[i])
    for i in range(len(u)):
        result[i] -= math.log1p(below)
    return result
''',
    "stable_column_sums": '''\
@numba.njit(error_model="numpy")
def stable_column_sums(U):
    """The place of each column's largest entry, and the sum of exp of the others beside it."""
    rows, columns = U.shape
    top = np.zeros(columns, dtype=np.int64)
    for i in range(rows):
        for j in range(columns):
            if U[i, j] > U[top[j], j]:
                top[j] = i
    below = np.zeros(columns)
    for i in range(rows):
        for j in range(columns):
            if i != top[j]:
                below[j] += math.exp(U[i, j] - U[top[j], j])
    return top, below
''',
    "stable_softmax_columns": '''\
@numba.njit(error_model="numpy")
def stable_softmax_columns(U):
    """The softmax of each column."""
    top, below = stable_column_sums(U)
    result = np.empty(U.shape)
    for i in range(U.shape[0]):
        for j in range(U.shape[1]):
            result[i, j] = math.exp(U[i, j] - U[top[j], j]) / (1.0 + below[j])
    return result
''',
    "stable_logsumexp_columns": '''\
@numba.njit(error_model="numpy")
def stable_logsumexp_columns(U):
    """log(sum(exp(u))) of each column u."""
    top, below = stable_column_sums(U)
    for j in range(U.shape[1]):
        largest = U[top[j], j]
        below[j] = largest + math.log1p(below[j]) if math.isfinite(largest) else largest
    return below
''',
    "stable_log_softmax_columns": '''\
@numba.njit(error_model="numpy")
def stable_log_softmax_columns(U):
    """The logarithm of the softmax of each column."""
    top, below = stable_column_sums(U)
    result = np.empty(U.shape)
    for i in range(U.shape[0]):
        for j in range(U.shape[1]):
            result[i, j] = (U[i, j] - U[top[j], j]) - math.log1p(below[j])
    return result
''',
}
"""Their texts, by name."""


def helped(name: str, w: Writing) -> str:
    """The name of a helper, whose text is put before the function that is written."""
    for needed in (*(("stable_column_sums",) if name.endswith("columns") else ()), name):
        w.helpers[needed] = HELPERS[needed]
    return name
