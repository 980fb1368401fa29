"""Functions that generated Numba code carries with it where it uses them."""

from __future__ import annotations

HELPERS = {
    "logsumexp": '''\
@numba.njit(error_model="numpy")
def stable_logsumexp(u):
    """log(sum(exp(u))), without overflow."""
    top = np.max(u)
    if not math.isfinite(top):
        return top
    total = 0.0
    for i in range(len(u)):
        total += math.exp(u[i] - top)
    return top + math.log(total)
''',
    "softmax": '''\
@numba.njit(error_model="numpy")
def stable_softmax(u):
    """exp(u)/sum(exp(u)), without overflow."""
    top = np.max(u)
    result = np.empty_like(u)
    total = 0.0
    for i in range(len(u)):
        result[i] = math.exp(u[i] - top)
        total += result[i]
    return result / total
''',
    "log_softmax": '''\
@numba.njit(error_model="numpy")
def stable_log_softmax(u):
    """log(softmax(u)), without overflow."""
    top = np.max(u)
    total = 0.0
    for i in range(len(u)):
        total += math.exp(u[i] - top)
    return (u - top) - math.log(total)
''',
    "softmax_columns": '''\
@numba.njit(error_model="numpy")
def stable_softmax_columns(U):
    """The softmax of each column."""
    rows, columns = U.shape
    top = np.full(columns, -np.inf)
    for i in range(rows):
        for j in range(columns):
            top[j] = max(top[j], U[i, j])
    result = np.empty((rows, columns))
    total = np.zeros(columns)
    for i in range(rows):
        for j in range(columns):
            result[i, j] = math.exp(U[i, j] - top[j])
            total[j] += result[i, j]
    return result / total
''',
    "logsumexp_columns": '''\
@numba.njit(error_model="numpy")
def stable_logsumexp_columns(U):
    """log(sum(exp(u))) of each column u."""
    rows, columns = U.shape
    top = np.full(columns, -np.inf)
    for i in range(rows):
        for j in range(columns):
            top[j] = max(top[j], U[i, j])
    total = np.zeros(columns)
    for i in range(rows):
        for j in range(columns):
            total[j] += math.exp(U[i, j] - top[j])
    for j in range(columns):
        total[j] = top[j] + math.log(total[j]) if math.isfinite(top[j]) else top[j]
    return total
''',
}
