"""What neighbours in a product make, against NumPy on the text as it was typed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from matrixcalc import derive, parse
from matrixcalc.numeric import evaluate_many

Arrays = dict[str, np.ndarray]
rng = np.random.default_rng(5)
VALUES: Arrays = {
    "A": rng.normal(size=(3, 3)),
    "B": rng.normal(size=(3, 3)),
    "C": rng.normal(size=(2, 2)),
    "F": rng.normal(size=(4, 3)),
    "X": rng.normal(size=(2, 3)),
    "S": np.array([[0.0, 2.0], [-2.0, 0.0]]),
    "x": rng.normal(size=3),
}
VARS = {
    "A": "matrix(n, n)", "B": "matrix(n, n)", "C": "matrix(p, p)", "F": "matrix(m, n)",
    "X": "matrix(p, n)", "S": "matrix(p, p) skew", "x": "vector(n)",
}  # fmt: skip


def adj(a: np.ndarray) -> np.ndarray:
    return np.linalg.det(a) * np.linalg.inv(a)


def vec(a: np.ndarray) -> np.ndarray:
    return a.reshape(-1, 1, order="F")


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()


inv, det, kron, pinv = np.linalg.inv, np.linalg.det, np.kron, np.linalg.pinv

# what is typed; what it becomes; the same computed as it was typed
CASES: tuple[tuple[str, str, Callable[..., np.ndarray]], ...] = (
    ("det(A*B)", "det(A)*det(B)", lambda A, B, **_: det(A @ B)),
    ("det(2*A)", "2^n*det(A)", lambda A, **_: det(2 * A)),
    ("det(kron(A, C))", "det(A)^p*det(C)^n", lambda A, C, **_: det(kron(A, C))),
    ("adj(A*B)", "adj(B)*adj(A)", lambda A, B, **_: adj(A @ B)),
    ("adj(A)*A*x", "det(A)*x", lambda A, x, **_: adj(A) @ A @ x[:, None]),
    ("A'*adj(A')", "det(A)*eye(n)", lambda A, **_: A.T @ adj(A.T)),
    ("A^2*adj(A)", "det(A)*A", lambda A, **_: A @ A @ adj(A)),
    ("B*adj(A*B)", "det(B)*adj(A)", lambda A, B, **_: B @ adj(A @ B)),
    ("kron(A, C)*kron(B, C)", "kron(A*B, C^2)", lambda A, B, C, **_: kron(A, C) @ kron(B, C)),
    ("kron(A, C)*vec(X)", "vec(C*X*A')", lambda A, C, X, **_: kron(A, C) @ vec(X)),
    ("vec(X)'*kron(A, C)", "vec(C'*X*A)'", lambda A, C, X, **_: vec(X).T @ kron(A, C)),
    ("vec(A)'*vec(B)", "tr(A'*B)", lambda A, B, **_: vec(A).T @ vec(B)),
    ("inv(kron(A, C))", "kron(inv(A), inv(C))", lambda A, C, **_: inv(kron(A, C))),
    ("tr(kron(A, C))", "tr(A)*tr(C)", lambda A, C, **_: np.trace(kron(A, C))),
    ("norm2(kron(A, x))", "norm2(A)*norm2(x)", lambda A, x, **_: np.linalg.norm(kron(A, x))),
    ("F*pinv(F)*F", "F", lambda F, **_: F @ pinv(F) @ F),
    ("F'*F*pinv(F)", "F'", lambda F, **_: F.T @ F @ pinv(F)),
    ("pinv(F)'*F'", "F*pinv(F)", lambda F, **_: pinv(F).T @ F.T),
    ("F'*(eye - F*pinv(F))", "matrix(0, n, m)", lambda F, **_: F.T @ (np.eye(4) - F @ pinv(F))),
    ("eye.*A'", "eye.*A", lambda A, **_: np.eye(3) * A.T),
    ("eye.*(x*x')", "diag(x.^2)", lambda x, **_: np.diag(x * x)),
    ("inv(S)'", "-inv(S)", lambda S, **_: inv(S).T),
    ("(S^2)'", "S^2", lambda S, **_: (S @ S).T),
    ("sum(x*x', 1)", "sum(x)*x'", lambda x, **_: np.outer(x, x).sum(0, keepdims=True)),
    ("sum(x - sum(x)/n)", "0", lambda x, **_: (x - x.mean()).sum()),
    ("sum(softmax(x))", "1", lambda x, **_: softmax(x).sum()),
    ("sign(x).*x", "abs(x)", lambda x, **_: (np.sign(x) * x)[:, None]),
    ("sign(x)./abs(x)", "1./x", lambda x, **_: (np.sign(x) / abs(x))[:, None]),
    ("step(x).*relu(x)", "relu(x)", lambda x, **_: (x * (x > 0))[:, None]),
    ("(x - A*x)'*B*(A*x - x)", "-(x - A*x)'*B*(x - A*x)",
     lambda A, B, x, **_: (x - A @ x) @ B @ (A @ x - x)),
)  # fmt: skip


@pytest.mark.parametrize(("text", "becomes", "value"), CASES, ids=[c[0] for c in CASES])
def test_a_product_is_what_it_was(
    text: str, becomes: str, value: Callable[..., np.ndarray]
) -> None:
    e = parse(text, vars=VARS)
    assert str(e) == becomes
    known = [parse(name, vars=VARS) for name in VALUES]
    found = evaluate_many([e, *known], VALUES)[0]
    np.testing.assert_allclose(found, np.asarray(value(**VALUES)).reshape(found.shape), atol=1e-9)


def test_what_one_variable_cancels_stays_out_of_other_expressions() -> None:
    """Nodes are shared: a transpose that came out simpler must not be noted as its transpose."""
    for text in ("x'*(Y^-1*Y')", "x'*(Y'*inv(Y)*A)*x", "tr(Y*inv(Y)'*A)"):
        derive(text, "Y", vars={"Y": "matrix(n, n) skew", "A": "matrix(n, n)", "x": "vector(n)"})
    assert str(derive("softplus(X*Z)", "Z", verify=False)).count("Y") == 0
    assert str(derive("inv(A'*A + eye)", "A", verify=False)).count("Y") == 0
