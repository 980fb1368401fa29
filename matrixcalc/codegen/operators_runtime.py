"""Hessians that are never formed: the classes that generated code contains.

Their texts are taken from here into the source that needs them; they are written as it is,
without types, and use nothing but NumPy, SciPy and each other.
"""

import numpy as np
from scipy import linalg
from scipy.linalg import lapack
from scipy.sparse.linalg import LinearOperator


class HessianOperator(LinearOperator):
    """A Hessian by its parts, without forming it.

    ``H @ v`` and ``H.solve(b)`` take an array with the axes of the variable, a flat one
    (row-major), or a matrix of flat ones as columns. ``H.dense()`` has the variable's axes
    twice, ``H.diagonal()`` once. A subclass does each for one array, or for several along a
    further first axis: ``_times`` and ``_divided``.
    """

    dtype = np.dtype(float)

    def __init__(self, axes):
        # LinearOperator.__init__ takes longer than many a Hessian
        size = 1
        for n in axes:
            size *= n
        self.axes = axes
        self.shape = (size, size)

    def dot(self, x):
        if isinstance(x, LinearOperator) or np.isscalar(x):
            return super().dot(x)
        return self._shaped(self._times, x)

    def solve(self, b):
        """The x with ``self @ x == b``; LinAlgError where the Hessian is singular."""
        return self._shaped(self._divided, b)

    def _shaped(self, act, x):
        x = np.asarray(x, dtype=float)
        if x.shape == self.axes:
            return act(x)
        if x.ndim not in (1, 2) or len(x) != self.shape[0]:
            raise ValueError(
                f"the operator takes arrays of shape {self.axes}, {self.shape[:1]} or "
                f"{(self.shape[0], 'k')}, not {x.shape}"
            )
        if x.ndim == 1:
            return act(x.reshape(self.axes)).reshape(x.shape)
        return act(x.T.reshape(-1, *self.axes)).reshape(-1, len(x)).T

    def _matvec(self, x):
        return self.dot(x)

    def _matmat(self, x):
        return self.dot(x)

    def _transpose(self):
        return self

    def _adjoint(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.dense(), dtype=dtype)


def inverse_times(a, b):
    """inv(A)*B; A may be a number or the vector of a diagonal, B have more first axes."""
    if np.ndim(a) < 2:
        if not np.all(a):
            raise np.linalg.LinAlgError("the Hessian is singular")
        return b / (a[:, None] if np.ndim(a) else a)
    n, columns = len(a), np.moveaxis(b, -2, 0)
    if a.shape == (n, n):
        factor, pivots, _ = lapack.dgetrf(a)
        if lapack.dgecon(factor, np.linalg.norm(a, 1))[0] > np.finfo(float).eps:
            found = lapack.dgetrs(factor, pivots, columns.reshape(n, -1))[0]
            return np.moveaxis(found.reshape(columns.shape), 0, -2)
    raise np.linalg.LinAlgError("the Hessian is singular")


class DiagonalOperator(HessianOperator):
    """V -> d.*V, for an array d with the axes of V, or a number."""

    def __init__(self, axes, d):
        super().__init__(axes)
        self.d = d

    def _times(self, v):
        return self.d * v

    def _divided(self, b):
        if not np.all(self.d):
            raise np.linalg.LinAlgError("the Hessian is singular")
        return b / self.d

    def diagonal(self):
        return np.array(np.broadcast_to(self.d, self.axes))

    def dense(self):
        return np.diag(self.diagonal().ravel()).reshape(self.axes * 2)


class KroneckerOperator(HessianOperator):
    """V -> A*V*B'; A and B are matrices, vectors of diagonals, or multiples of the identity."""

    def __init__(self, axes, a, b):
        super().__init__(axes)
        self.a, self.b = a, b

    def _times(self, v):
        a, b = self.a, self.b
        # numpy.ndim takes as long as a small product
        axes = getattr(a, "ndim", 0)
        v = a @ v if axes == 2 else (a[:, None] if axes else a) * v
        return v @ b.T if getattr(b, "ndim", 0) == 2 else v * b

    def _divided(self, b):
        half = inverse_times(self.a, b).swapaxes(-1, -2)
        return inverse_times(self.b, half).swapaxes(-1, -2)

    def matrices(self):
        """A and B as matrices."""
        a, b = (
            part if np.ndim(part) == 2 else np.diag(np.broadcast_to(part, n))
            for part, n in zip((self.a, self.b), self.axes, strict=True)
        )
        return a, b

    def dense(self):
        a, b = self.matrices()
        return a[:, None, :, None] * b[None, :, None, :]

    def diagonal(self):
        return np.outer(*map(np.diagonal, self.matrices()))


class CrossedOperator(KroneckerOperator):
    """V -> A*V'*B'."""

    def _times(self, v):
        return super()._times(v.swapaxes(-1, -2))

    def _divided(self, b):
        return super()._divided(b).swapaxes(-1, -2)

    def dense(self):
        return super().dense().swapaxes(2, 3)

    def diagonal(self):
        a, b = self.matrices()
        return a * b.T


class BlockOperator(HessianOperator):
    """A matrix for each row of V, or for each column where the axis is 1."""

    def __init__(self, axes, blocks, axis):
        super().__init__(axes)
        self.blocks, self.axis = blocks, axis

    def _by_rows(self, v):
        return v.swapaxes(-1, -2) if self.axis else v

    def _times(self, v):
        return self._by_rows((self.blocks @ self._by_rows(v)[..., None])[..., 0])

    def _divided(self, b):
        columns = np.moveaxis(self._by_rows(b)[..., None], -3, 0)
        found = [inverse_times(*pair) for pair in zip(self.blocks, columns, strict=True)]
        return self._by_rows(np.stack(found, -3)[..., 0])

    def dense(self):
        made = np.zeros(self.axes * 2)
        np.einsum("jiki->ijk" if self.axis else "ijik->ijk", made)[...] = self.blocks
        return made

    def diagonal(self):
        return self._by_rows(np.diagonal(self.blocks, axis1=1, axis2=2)).copy()


class OperatorSum(HessianOperator):
    """V -> the sum of what several operators make of V."""

    def __init__(self, *parts):
        super().__init__(parts[0].axes)
        self.parts = parts

    def _times(self, v):
        first, *others = (part._times(v) for part in self.parts)
        return sum(others, start=first)

    def _divided(self, b):
        kinds = {type(part) for part in self.parts}
        if len(self.parts) == 2 and len(kinds) == 1 and issubclass(*kinds, KroneckerOperator):
            straight = kinds == {KroneckerOperator}
            if straight or self.axes[0] == self.axes[1]:
                first, second = (part.matrices() for part in self.parts)
                found = self._sylvester(*first, *second, b)
                return found if straight else found.swapaxes(-1, -2)
        columns = b.reshape(-1, self.shape[0], 1)
        return inverse_times(self.dense().reshape(self.shape), columns).reshape(b.shape)

    @staticmethod
    def _sylvester(a, b, c, d, right):
        """The V with A*V*B' + C*V*D' == right, by generalised Schur forms, column by column."""
        s, t, q, z = linalg.qz(a, c, output="complex")
        f, g, p, r = linalg.qz(b.T, d.T, output="complex")
        values = np.outer(np.diag(s), np.diag(f)) + np.outer(np.diag(t), np.diag(g))
        if not np.min(np.abs(values)) > np.finfo(float).eps * np.max(np.abs(values)):
            raise np.linalg.LinAlgError("the Hessian is singular")
        # now s*Y*f + t*Y*g == q^H*right*r with triangular s, t, f, g and V == z*Y*p^H
        right = q.conj().T @ right @ r
        y = np.zeros_like(right)
        for j in range(len(f)):
            done = y[..., :j]
            rest = right[..., j] - done @ f[:j, j] @ s.T - done @ g[:j, j] @ t.T
            y[..., j] = linalg.solve_triangular(f[j, j] * s + g[j, j] * t, rest.T).T
        return (z @ y @ p.conj().T).real

    def dense(self):
        first, *others = (part.dense() for part in self.parts)
        return sum(others, start=first)

    def diagonal(self):
        first, *others = (part.diagonal() for part in self.parts)
        return sum(others, start=first)


class LowRankOperator(HessianOperator):
    """base + L*R', of which L and R have a few columns; base is an operator or None."""

    def __init__(self, axes, base, left, right):
        super().__init__(axes)
        self.base, self.left, self.right = base, left, right

    def _times(self, v):
        low = (v.reshape(-1, self.shape[0]) @ self.right @ self.left.T).reshape(v.shape)
        return low if self.base is None else self.base._times(v) + low

    def _divided(self, b):
        """By the formula of Sherman, Morrison and Woodbury."""
        size, rank = self.left.shape
        try:
            if self.base is None:
                raise np.linalg.LinAlgError("the Hessian is singular")
            first = self.base._divided(b).reshape(-1, size)
            basis = self.base.solve(self.left)
        except np.linalg.LinAlgError:
            if self.base is None and rank < size:
                raise
            whole = self.dense().reshape(self.shape)
            return inverse_times(whole, b.reshape(-1, size, 1)).reshape(b.shape)
        core = self.right.T @ basis
        small = size * np.finfo(float).eps * (1.0 + np.linalg.norm(core))
        core += np.eye(rank)
        if not np.linalg.norm(core, -2) > small:
            raise np.linalg.LinAlgError("the Hessian is singular")
        found = first - np.linalg.solve(core, self.right.T @ first.T).T @ basis.T
        return found.reshape(b.shape)

    def dense(self):
        low = np.dot(self.left, self.right.T).reshape(self.axes * 2)
        return low if self.base is None else self.base.dense() + low

    def diagonal(self):
        low = np.sum(self.left * self.right, axis=1).reshape(self.axes)
        return low if self.base is None else self.base.diagonal() + low
