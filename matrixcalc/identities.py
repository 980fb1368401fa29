"""The identities that the constructors and the simplifier use, each a claim that is checked.

One row for each place that uses some; ``DECLARED`` says what the names in them are.
"""

from __future__ import annotations

DECLARED = (
    "A: matrix(n, n); B: matrix(n, n); C: matrix(n, n); Y: matrix(n, m); Z: matrix(m, p); "
    "x: vector(n); y: vector(n); z: vector(m); a: scalar; b: scalar; "
)

USED: dict[str, tuple[str, ...]] = {
    "build.add": ("A + A = 2*A", "a*A + b*A = (a + b)*A", "x + a = x + a*vector(1)", "A - A = 0"),
    "build.mul": (
        "eye*Y = Y",
        "a*Y*z = Y*(a*z)",
        "x'*A*y = y'*A'*x",
        "tr(x*y') = x'*y",
        "(x'*y)*z = z*(x'*y)",
        "diag(x)*diag(y) = diag(x.*y)",
        "diag(x)*y = x.*y",
        "x'*diag(y) = (x.*y)'",
        "vector(1, n)'*Y = sum(Y, 1)",
        "Y*vector(1, m) = sum(Y, 2)",
        "matrix(1, p, n)*Y = vector(1, p)*sum(Y, 1)",
        "Y*matrix(1, m, p) = sum(Y, 2)*vector(1, p)'",
        "x: vector(n); vector(1, n)'*vector(1, n) = n",
        "vector(1, n)'*x = sum(x)",
        "A*A = A^2",
        "A^2*A^3 = A^5",
        "A*inv(A) = eye",
        "A*inv(B*A) = inv(B)",
        "inv(A*B)*A = inv(B)",
        "adj(A)/det(A) = inv(A)",
        "adj(A)'/det(A) = inv(A)'",
        "Q: matrix(n, n) orthogonal; Q'*Q = eye",
        "a^2*a^3 = a^5",
        "a/a = 1",
    ),
    "build.had": (
        "Y.*(a*Y) = a*Y.^2",
        "Y.*matrix(1, n, m) = Y",
        "x.*x = x.^2",
        "x.^2.*x.^3 = x.^5",
        "exp(x).*exp(y) = exp(x + y)",
        "exp(x)./exp(y) = exp(x - y)",
        "A.*eye = diag(diag(A))",
        "diag(x).*A = diag(x.*diag(A))",
    ),
    "build.epower": (
        "Y.^1 = Y",
        "(Y.^2).^3 = Y.^6",
        "(a*Y).^3 = a^3*Y.^3",
        "(x.*y).^3 = x.^3.*y.^3",
        "abs(x).^2 = x.^2",
        "(Y').^2 = (Y.^2)'",
    ),
    "build.power": (
        "A^1 = A",
        "(A^2)^3 = A^6",
        "inv(inv(A)) = A",
        "inv(A)^2 = inv(A^2)",
        "(A')^2 = (A^2)'",
        "inv(A)' = inv(A')",
        "(a*A)^3 = a^3*A^3",
        "diag(x)^3 = diag(x.^3)",
        "inv(diag(x)) = diag(1./x)",
        "inv(A*B) = inv(B)*inv(A)",
        "Q: matrix(n, n) orthogonal; inv(Q) = Q'",
        "matrix(1, n, n)^3 = n^2*matrix(1, n, n)",
        "(a*b)^3 = a^3*b^3",
        "(a^2)^3 = a^6",
        "abs(a)^2 = a^2",
    ),
    "build.transpose": (
        "(Y')' = Y",
        "(A*B)' = B'*A'",
        "(A + B)' = A' + B'",
        "(A.*B)' = A'.*B'",
        "kron(A, Y)' = kron(A', Y')",
        "diag(x)' = diag(x)",
        "commutation(n, m)' = commutation(m, n)",
        "exp(Y)' = exp(Y')",
        "S: matrix(n, n) symmetric; S' = S",
        "K: matrix(n, n) skew; K' = -K",
    ),
    "calls.make_call": ("det(A') = det(A)", "tr(A') = tr(A)", "norm2(Y') = norm2(Y)"),
    "calls.traces._of_product": (
        "tr(A*B) = tr(B*A)",
        "tr(A*B*C) = tr(C*A*B)",
        "tr(A*B*C) = tr(C'*B'*A')",
        "tr(A*B*A) = tr(A^2*B)",
    ),
    "calls.sum": (
        "Y: matrix(n, m); sum(matrix(1, n, m)) = n*m",
        "sum(diag(x)) = sum(x)",
        "sum(sum(Y, 1)) = sum(Y)",
        "sum(sum(Y, 2)) = sum(Y)",
        "sum(diag(A)) = tr(A)",
        "sum(a*Y) = a*sum(Y)",
        "sum(Y') = sum(Y)",
    ),
    "calls.colsum": (
        "sum(Y', 1) = sum(Y, 2)'",
        "sum(diag(x), 1) = x'",
        "sum(a*Y, 1) = a*sum(Y, 1)",
    ),
    "calls.rowsum": (
        "sum(Y', 2) = sum(Y, 1)'",
        "sum(diag(x), 2) = x",
        "sum(a*Y, 2) = a*sum(Y, 2)",
    ),
    "calls.tr": (
        "A: matrix(n, n); tr(eye(n)) = n",
        "tr(diag(x)) = sum(x)",
        "tr(a*A) = a*tr(A)",
        "tr(A*x*y') = y'*A*x",
        "K: matrix(n, n) skew; tr(K) = 0",
    ),
    "calls.det": (
        "det(inv(A)) = 1/det(A)",
        "det(A^3) = det(A)^3",
        "det(A*B) = det(A)*det(B)",
        "det(a*A) = a^n*det(A)",
    ),
    "calls.logdet": ("logdet(inv(A)) = -logdet(A)", "logdet(A^3) = 3*logdet(A)"),
    "calls.adj": (
        "adj(eye(n)) = eye(n)",
        "adj(A)' = adj(A')",
        "adj(A) = det(A)*inv(A)",
        "adj(A*B) = adj(B)*adj(A)",
    ),
    "calls.inv": ("inv(A) = A^(-1)", "inv(A)*A = eye"),
    "calls.diag": ("diag(vector(1, n)) = eye", "diag(a*x) = a*diag(x)"),
    "calls.diagonal": (
        "diag(diag(x)) = x",
        "diag(A') = diag(A)",
        "diag(A.*B) = diag(A).*diag(B)",
        "diag(exp(A)) = exp(diag(A))",
        "diag(x*y') = x.*y",
        "diag(a*A) = a*diag(A)",
        "K: matrix(n, n) skew; diag(K) = 0",
    ),
    "calls.vec": ("vec(a*Y) = a*vec(Y)", "vec(x*z') = kron(z, x)", "vec(x') = x"),
    "calls.kron": (
        "kron(x, z') = x*z'",
        "kron(z', x) = x*z'",
        "kron(eye(n), eye(m)) = eye",
        "kron(a*A, b*Y) = a*b*kron(A, Y)",
    ),
    "calls.norm1": ("norm1(-3*x) = 3*norm1(x)",),
    "calls.norm2": ("norm2(-3*x) = 3*norm2(x)", "norm2(x)^2 = x'*x", "norm2(Y)^2 = tr(Y'*Y)"),
    "calls.abs": (
        "abs(-3*x) = 3*abs(x)",
        "abs(exp(x)) = exp(x)",
        "abs(relu(x)) = relu(x)",
        "abs(norm2(x)) = norm2(x)",
        "u: vector(n) positive; abs(u) = u",
    ),
    "calls.step": ("u: vector(n) positive; step(u) = vector(1)",),
    "calls.relu": ("u: vector(n) positive; relu(u) = u",),
    "calls.max": ("max(a) = a",),
    "calls.min": ("min(a) = a",),
    "calls.pinv": ("pinv(x) = x'/(x'*x)", "pinv(x') = x/(x'*x)"),
    "calls.log": ("log(exp(x)) = x",),
    "calls.exp": ("exp(log(x)) = x", "exp(0*x) = vector(1)"),
    "calls.sign": ("sign(-3*x) = -sign(x)",),
    "calls.cos": ("cos(0*x) = vector(1)", "cos(-x) = cos(x)"),
    "calls.cosh": ("cosh(0*x) = vector(1)",),
    "calls.log1p": ("log1p(0*x) = 0",),
    "calls.sin": ("sin(-x) = -sin(x)", "sin(x).^2 + cos(x).^2 = vector(1)"),
    "calls.tan": ("tan(-x) = -tan(x)",),
    "calls.arcsin": ("arcsin(-x) = -arcsin(x)",),
    "calls.arctan": ("arctan(-x) = -arctan(x)",),
    "calls.sinh": ("sinh(-x) = -sinh(x)",),
    "calls.tanh": ("tanh(-x) = -tanh(x)",),
    "calls.erf": ("erf(-x) = -erf(x)",),
    "calls.cbrt": ("cbrt(-x) = -cbrt(x)",),
    "calls.expm_frechet": (
        "expm_frechet(A, A^2) = A^2*expm(A)",
        "expm_frechet(A, a*B) = a*expm_frechet(A, B)",
        "tr(expm_frechet(A, B)) = tr(expm(A)*B)",
    ),
    "calls.logm_frechet": ("P: matrix(n, n) positive_definite; logm_frechet(P, P) = eye",),
    "calls.sqrtm_frechet": (
        "P: matrix(n, n) positive_definite; sqrtm_frechet(P, P) = sqrtm(P)/2",
    ),
    "constructors.neighbours.merged": (
        "Y*pinv(Y)*Y = Y",
        "(Y*pinv(Y))' = Y*pinv(Y)",
        "Y'*Y*pinv(Y) = Y'",
        "sign(x).*x = abs(x)",
        "step(x).*relu(x) = relu(x)",
        "eye.*A' = eye.*A",
    ),
    "polish.sigmoids": ("exp(x)./(1 + exp(x)) = sigmoid(x)",),
    "polish.softmaxes": ("sum(softmax(x)) = 1", "exp(x)/sum(exp(x)) = softmax(x)"),
    "simplify.gather": ("a*A - 3*a*A = -2*a*A", "x'*A*y + y'*A'*x = 2*x'*A*y"),
    "polish.multiplied_out": ("(eye - x*vector(1)')*diag(y) = diag(y) - x*y'",),
    "polish.without_adjugates": ("tr(adj(A)*B)/det(A) = tr(inv(A)*B)",),
    "polish.powers": ("A*B*A*B*A = (A*B)^2*A", "sum(A.*B) = tr(A'*B)"),
    "simplify.simplify": (
        "x'*A + y'*A = (x + y)'*A",
        "x'*y*z + x'*x*z = x'*(x + y)*z",
        "(x'*y)*x + (y'*y)*y = (x*x' + y*y')*y",
        "Y*Z + Y*Z = 2*Y*Z",
        "1 - sigmoid(x) = sigmoid(-x)",
        "log(sigmoid(x)) = -softplus(-x)",
        "exp(log_softmax(x)) = softmax(x)",
        "softmax(x) = exp(x)/sum(exp(x))",
        "logsumexp(x) = log(sum(exp(x)))",
    ),
    "reduce.Graph": (
        "diag(A*diag(y)*B) = sum(A.*B'.*(vector(1)*y'), 2)",
        "diag(A*B) = sum(A.*B', 2)",
        "diag(x)*A*diag(y) = A.*(x*y')",
        "tr(A*diag(x)*B) = diag(B*A)'*x",
    ),
    "kronecker.kronecker": (
        "vec(Y*Z*B) = kron(B', Y)*vec(Z); B: matrix(p, p)",
        "kron(A, Y)*kron(B, Z) = kron(A*B, Y*Z)",
        "tr(kron(A, B)) = tr(A)*tr(B)",
        "C: matrix(m, m); det(kron(A, C)) = det(A)^m*det(C)^n",
        "C: matrix(m, m); inv(kron(A, C)) = kron(inv(A), inv(C))",
        "norm2(kron(A, Y)) = norm2(A)*norm2(Y)",
        "kron(Z, A)*vec(Y) = vec(A*Y*Z'); Z: matrix(p, m)",
        "vec(Y)'*vec(A*Y) = tr(Y'*A*Y)",
        "commutation(n, m)*vec(Y) = vec(Y')",
        "vec(diag(x)) = diag(vec(eye(n)))*kron(x, vector(1, n))",
    ),
    "wide.Wide": ("kron(A, eye(m))*kron(x, z) = kron(A*x, z)", "kron(x, z) = vec(z*x')"),
}
"""Place in the package -> the identities that are used there."""


def claims() -> list[tuple[str, str]]:
    """Each identity with its place, the declarations of what stands in it before it.

    >>> claims()[0]
    ('build.add', 'A: matrix(n, n); A + A = 2*A')
    """
    return [(place, declared(text)) for place, texts in USED.items() for text in texts]


def declared(text: str) -> str:
    """An identity with the declarations that it needs."""
    own = {part.partition(":")[0].strip() for part in text.split(";") if ":" in part}
    names = "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
    before = [
        part.strip()
        for part in DECLARED.split(";")
        if (name := part.partition(":")[0].strip()) in names and name not in own
    ]
    return "; ".join([*before, text])


IDENTITIES = tuple(text for _, text in claims())
