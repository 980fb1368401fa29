"""Names that other languages have for functions, with what is written here instead."""

from __future__ import annotations

WRITE = {
    # constants
    "ones": "vector(1, n), matrix(1, n, m)",
    "zeros": "vector(0, n), matrix(0, n, m)",
    "full": "vector(a, n), matrix(a, n, m)",
    "identity": "eye or eye(n)",
    "identitymatrix": "eye or eye(n)",
    "id": "eye or eye(n)",
    # products and powers
    "matmul mtimes mul": "A*B",
    "multiply times hadamard": "A.*B",
    "divide rdivide": "A./B",
    "add plus": "A + B",
    "subtract minus": "A - B",
    "inner innerproduct dotproduct vdot": "dot(x, y) or x'*y",
    "crossprod": "A'*B",
    "tcrossprod": "A*B'",
    "pow power": "a^b, or x.^b for elementwise",
    "mpower matrix_power": "A^2",
    "exp2": "2^a, or 2.^x for elementwise",
    "sqr": "a^2, or square(x) for elementwise",
    "krn kronecker": "kron(A, B)",
    "quadform quad_form": "x'*A*x",
    # matrices
    "t transp tran ctranspose": "X'",
    "inverse invert": "inv(X)",
    "pseudoinverse ginv": "pinv(X)",
    "solve linsolve": "A\\b",
    "determinant": "det(X)",
    "slogdet log_det logabsdet lndet": "logdet(X)",
    "adjugate adjoint": "adj(X)",
    "cofactor": "adj(X)'",
    "diagonal": "diag(X)",
    "colsum colsums": "sum(X, 1)",
    "rowsum rowsums": "sum(X, 2)",
    "colmean colmeans": "mean(X, 1)",
    "rowmean rowmeans": "mean(X, 2)",
    "matexp matrixexp": "expm(X)",
    # reductions
    "fro frob frobenius normf norm_f norm_fro normfro": "norm2(X)",
    "norm_2 l2 l2norm l2_norm euclidean": "norm2(x)",
    "norm_1 l1 l1norm l1_norm": "norm1(x)",
    "norminf norm_inf maxnorm": "max(abs(x))",
    "average avg": "mean(x)",
    "var variance": "mean((x - mean(x)).^2)",
    "std": "sqrt(mean((x - mean(x)).^2))",
    "mse": "mean((x - y).^2)",
    "lse log_sum_exp": "logsumexp(x)",
    "cross_entropy crossentropy": "-y'*log_softmax(x)",
    "amax": "max(x)",
    "amin": "min(x)",
    "maximum fmax": "y + relu(x - y); max(0, x) is relu(x)",
    "minimum fmin": "y - relu(y - x)",
    # elementwise
    "expm1": "exp(a) - 1",
    "log2": "log(a)/log(2)",
    "log10 lg": "log(a)/log(10)",
    "sgn signum": "sign(a)",
    "heaviside unitstep": "step(x)",
    "sec": "1/cos(a)",
    "csc cosec": "1/sin(a)",
    "cot ctg": "cos(a)/sin(a)",
    "sech": "1/cosh(a)",
    "csch": "1/sinh(a)",
    "coth": "1/tanh(a)",
    "tg": "tan(a)",
    "sh": "sinh(a)",
    "ch": "cosh(a)",
    "th": "tanh(a)",
    "arcsinh asinh": "log(a + sqrt(a^2 + 1))",
    "arccosh acosh": "log(a + sqrt(a^2 - 1))",
    "arctanh atanh": "log((1 + a)/(1 - a))/2",
    "erfc": "1 - erf(a)",
    "normcdf": "(1 + erf(a/sqrt(2)))/2",
    "logit": "log(a/(1 - a))",
    "silu swish": "x.*sigmoid(x)",
    "mish": "x.*tanh(softplus(x))",
    "gelu": "x.*(1 + erf(x/sqrt(2)))/2",
    "leaky_relu leakyrelu": "relu(x) - 0.01*relu(-x)",
    "elu": "relu(x) + exp(-relu(-x)) - 1",
    "softsign": "x./(1 + abs(x))",
    "log_sigmoid logsigmoid": "-softplus(-x)",
    "hinge": "relu(1 - x)",
    "cube": "x.^3",
}
"""What to write for each name; several names of one thing stand together."""

_DERIVATIVES = "diff grad gradient jacobian hessian derivative derive differentiate laplacian"
"""Names of differentiation itself, which is not a function within an expression."""


def instead_of(name: str) -> str:
    """A hint for a function of another language, or ``""``.

    >>> instead_of("log10"), instead_of("foo")
    ('write log(a)/log(10)', '')
    """
    plain = name.lower()
    if plain in _DERIVATIVES.split():
        return "give the expression alone; what it is differentiated by is named beside it"
    for names, form in WRITE.items():
        if plain in names.split():
            return f"write {form}"
    return ""
