"""The rule table: one row for each function of the language.

A row holds every one-line fact about its function, all as text, so that it can be
read, printed, proved and cited: spellings, signature, differential (in the input
language; ``dA`` is the differential of the argument ``A``), the condition under which
the differential holds, its source, the meaning by which SymPy checks it (in terms of
the primitives of :mod:`matrixcalc.elementwise`), how NumPy computes it, how LaTeX
writes it, and an example. To add a function is to add a row.

Signatures: ``any`` is a scalar, vector, row or matrix; ``[]`` a scalar, ``[n]`` a
vector or row, ``[n,m]`` a matrix; ``same`` has the shape of the first argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Law(NamedTuple):
    """A rule about differentials, or about their form, that is not about one function.

    The statement is a claim of the language, after the declarations that it needs; it
    holds ``where`` what is named there is constant.
    """

    name: str
    statement: str
    source: str
    declared: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Operator:
    """A row of the table.

    Exactly one of ``differential``, ``definition`` and ``index`` says how the function
    is differentiated: by its differential; by being replaced with its definition in the
    language; or as a contraction given by its index form, whose derivative is mechanical.
    """

    name: str
    signature: str
    differential: str = ""
    definition: str = ""
    index: str = ""
    meaning: str = ""
    numpy: str = ""
    latex: str = ""
    where: str = ""
    source: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    spelled: str = ""
    """How it is written, where that differs from the name (``sum({A}, 1)``)."""
    follows: bool = False
    """Whether f(A') = f(A)'."""
    blind: bool = False
    """Whether f(A') = f(A)."""
    sample: str = ""
    """What random arguments must satisfy: ``positive``, ``unit`` (in (-1, 1)), ``spd``."""
    kinds: tuple[str, ...] = ()
    """The kinds of argument that it takes, where they are not all that fit the signature."""

    @property
    def elementwise(self) -> bool:
        return self.signature == "any -> same"


def _elementwise(
    name: str,
    derivative: str,
    meaning: str,
    numpy: str,
    example: str,
    latex: str = "",
    *,
    where: str = "",
    sample: str = "",
    aliases: tuple[str, ...] = (),
) -> Operator:
    return Operator(
        name,
        "any -> same",
        differential=f"({derivative}).*dA" if derivative else "0.*dA",
        meaning=meaning,
        numpy=numpy,
        latex=latex or rf"\{name}({{A}})",
        example=example,
        follows=True,
        source="calculus",
        where=where,
        sample=sample,
        aliases=aliases,
    )


def _op(text: str) -> str:
    return rf"\operatorname{{{{{text}}}}}({{A}})"


_e = _elementwise
ELEMENTWISE = (
    # name, derivative, meaning, NumPy, example
    _e("exp", "exp(A)", "exp(A)", "numpy.exp", "d(exp(x))/dx = diag(exp(x))"),
    _e("log", "1./A", "log(A)", "numpy.log", "d(log(x))/dx = diag(1./x)", where="{A} positive", sample="positive"),
    _e("log1p", "1./(1 + A)", "log(1 + A)", "numpy.log1p", "d(log1p(x))/dx = diag(1./(1 + x))", _op("log1p"), where="{A} greater than -1", sample="positive"),
    _e("abs", "sign(A)", "abs(A)", "numpy.abs", "d(abs(x))/dx = diag(sign(x))", r"\lvert {A}\rvert", where="{A} nonzero"),
    _e("sign", "", "sign(A)", "numpy.sign", "d(sign(x)'*y)/dy = sign(x)'", _op("sign"), where="{A} nonzero"),
    _e("step", "", "(1 + sign(A))/2", "matrixcalc.kernels.step", "d(step(x)'*y)/dy = step(x)'", _op("step"), where="{A} nonzero"),
    _e("sin", "cos(A)", "sin(A)", "numpy.sin", "d(sin(x))/dx = diag(cos(x))"),
    _e("cos", "-sin(A)", "cos(A)", "numpy.cos", "d(cos(x))/dx = -diag(sin(x))"),
    _e("tan", "1 + tan(A).^2", "sin(A)./cos(A)", "numpy.tan", "d(tan(x))/dx = diag(1 + tan(x).^2)", sample="unit"),
    _e("arcsin", "1./sqrt(1 - A.^2)", "asin(A)", "numpy.arcsin", "d(arcsin(x))/dx = diag(1./sqrt(1 - x.^2))", aliases=("asin",), where="{A} in (-1, 1)", sample="unit"),
    _e("arccos", "-1./sqrt(1 - A.^2)", "acos(A)", "numpy.arccos", "d(arccos(x))/dx = -diag(1./sqrt(1 - x.^2))", aliases=("acos",), where="{A} in (-1, 1)", sample="unit"),
    _e("arctan", "1./(1 + A.^2)", "atan(A)", "numpy.arctan", "d(arctan(x))/dx = diag(1./(1 + x.^2))", aliases=("atan",)),
    _e("sinh", "cosh(A)", "(exp(A) - exp(-A))/2", "numpy.sinh", "d(sinh(x))/dx = diag(cosh(x))"),
    _e("cosh", "sinh(A)", "(exp(A) + exp(-A))/2", "numpy.cosh", "d(cosh(x))/dx = diag(sinh(x))"),
    _e("tanh", "1 - tanh(A).^2", "(exp(2*A) - 1)./(exp(2*A) + 1)", "numpy.tanh", "d(tanh(x))/dx = diag(1 - tanh(x).^2)"),
    _e("relu", "step(A)", "(A + abs(A))/2", "matrixcalc.kernels.relu", "d(relu(x))/dx = diag(step(x))", _op("relu"), where="{A} nonzero"),
    _e("sigmoid", "sigmoid(A).*(1 - sigmoid(A))", "1./(1 + exp(-A))", "matrixcalc.kernels.sigmoid", "d(sigmoid(x))/dx = diag(sigmoid(x).*(1 - sigmoid(x)))", r"\sigma({A})", aliases=("logistic", "expit")),
    _e("softplus", "sigmoid(A)", "log(1 + exp(A))", "matrixcalc.kernels.softplus", "d(softplus(x))/dx = diag(sigmoid(x))", _op("softplus")),
    _e("erf", "2/sqrt(pi)*exp(-A.^2)", "erf(A)", "matrixcalc.kernels.erf", "d(erf(x))/dx = 2/sqrt(pi)*diag(exp(-x.^2))", _op("erf")),
    _e("cbrt", "1./(3*cbrt(A).^2)", "sign(A).*exp(log(abs(A))/3)", "numpy.cbrt", "d(cbrt(x))/dx = diag(1./(3*cbrt(x).^2))", r"\sqrt[3]{{{A}}}", where="{A} nonzero"),
)

_COOKBOOK = "Petersen & Pedersen, The Matrix Cookbook (2012)"
_MAGNUS = "Magnus & Neudecker, Matrix Differential Calculus (2019)"
_HIGHAM = "Higham, Functions of Matrices (2008)"

DEFINED = (
    Operator("sqrt", "any -> same", definition="A.^0.5", latex=r"\sqrt{{{A}}}", numpy="numpy.sqrt", source="calculus", example="d(sqrt(x))/dx = diag(0.5./sqrt(x))", sample="positive", where="{A} positive"),
    Operator("square", "any -> same", definition="A.^2", latex="{A}^{{\\odot 2}}", numpy="numpy.square", source="calculus", example="d(square(x))/dx = 2*diag(x)"),
    Operator("inv", "[n,n] -> [n,n]", definition="A^-1", latex="{A}^{{-1}}", numpy="numpy.linalg.inv", where="{A} invertible", source=f"{_COOKBOOK}, (59)", example="d(h'*inv(X)*k)/dX = -inv(X)*k*h'*inv(X)"),
    Operator("mean", "any -> []", definition="sum(A)/size", latex=_op("mean"), numpy="numpy.mean", source="definition", example="d(mean(x.^2))/dx = 2*x'/n"),
    Operator("mean_columns", "[n,m] -> [1,m]", definition="sum(A, 1)/rows", spelled="mean({A}, 1)", latex=_op("mean"), numpy="numpy.mean", source="definition", example="d(mean(c*X, 1))/dc = mean(X, 1)"),
    Operator("mean_rows", "[n,m] -> [n]", definition="sum(A, 2)/cols", spelled="mean({A}, 2)", latex=_op("mean"), numpy="numpy.mean", source="definition", example="d(mean(c*X, 2))/dc = mean(X, 2)"),
    Operator("dot", "[n], [n] -> []", definition="A'*B", latex=r"{A}^\top {B}", numpy="numpy.dot", source="definition", example="d(dot(x, y))/dx = y'"),
    Operator("outer", "[n], [m] -> [n,m]", definition="A*B'", latex=r"{A} {B}^\top", numpy="numpy.outer", source="definition", example="d(tr(outer(x, y)*A))/dx = y'*A"),
)

CONTRACTIONS = (
    Operator("sum", "any -> []", index="ij ->", latex=_op("sum"), numpy="numpy.sum", source="definition", example="d(sum(x))/dx = vector(1)'", blind=True),
    Operator("colsum", "[n,m] -> [1,m]", index="ij -> j", spelled="sum({A}, 1)", latex=r"\mathbf{{1}}^\top {A}", numpy="numpy.sum", source="definition", example="d(sum(c*X, 1))/dc = sum(X, 1)"),
    Operator("rowsum", "[n,m] -> [n]", index="ij -> i", spelled="sum({A}, 2)", latex=r"{A} \mathbf{{1}}", numpy="numpy.sum", source="definition", example="d(sum(c*X, 2))/dc = sum(X, 2)"),
    Operator("tr", "[n,n] -> []", index="ii ->", aliases=("trace",), latex=r"\operatorname{{tr}}({A})", numpy="numpy.trace", source=f"{_COOKBOOK}, (99)", example="d(tr(X))/dX = eye", blind=True),
    Operator("diag", "[n] -> [n,n]", index="i -> ii", latex=_op("diag"), numpy="numpy.diag", source="definition", example="d(diag(x)*y)/dx = diag(y)", blind=True),
    Operator("diagonal", "[n,n] -> [n]", index="ii -> i", spelled="diag({A})", latex=_op("diag"), numpy="numpy.diag", source="definition", example="d(sum(diag(X)))/dX = eye", blind=True),
    Operator("vec", "[n,m] -> [n*m]", index="ij -> (ji)", latex=_op("vec"), numpy="matrixcalc.kernels.vec", source=f"{_MAGNUS}, 2.4", example="d(vec(c*X))/dc = vec(X)"),
    Operator("kron", "[n,m], [p,q] -> [n*p,m*q]", index="ij, kl -> (ik)(jl)", latex=r"{A} \otimes {B}", numpy="numpy.kron", source=f"{_MAGNUS}, 2.2", example="d(kron(c*A, B))/dc = kron(A, B)"),
    Operator("cumsum", "[n] -> same", index="i, ij ->", latex=_op("cumsum"), numpy="matrixcalc.kernels.cumsum", source="definition", example="d(a'*cumsum(x))/dx = a'*cumsum(eye)"),
)

FUNCTIONS = (
    Operator("norm1", "any -> []", differential="sum(sign(A).*dA)", meaning="sum(abs(A))", numpy="matrixcalc.kernels.norm1", latex=r"\lVert {A}\rVert_1", where="{A} without zeros", source="calculus", example="d(norm1(x))/dx = sign(x)'", blind=True),
    Operator("norm2", "any -> []", differential="sum(A.*dA)/norm2(A)", meaning="sqrt(sum(A.^2))", numpy="matrixcalc.kernels.norm2", latex=r"\lVert {A}\rVert", where="{A} nonzero", source=f"{_COOKBOOK}, (129)", example="d(norm2(x - a))/dx = (x - a)'/norm2(x - a)", aliases=("norm",), blind=True),
    Operator("logsumexp", "[n] -> []", differential="sum(softmax(A).*dA)", meaning="log(sum(exp(A)))", numpy="matrixcalc.kernels.logsumexp", latex=_op("logsumexp"), source="Boyd & Vandenberghe, Convex Optimization (2004), 3.1.5", example="d(logsumexp(x))/dx = softmax(x)'", blind=True),
    Operator("max", "any -> []", differential="sum((1 - sign(max(A) - A)).*dA)", meaning="max(A)", numpy="numpy.max", latex=r"\max({A})", where="the maximum of {A} is attained once", source="Danskin's theorem", example="d(max(x))/dx = 1 - sign(max(x) - x')", blind=True),
    Operator("min", "any -> []", differential="sum((1 - sign(A - min(A))).*dA)", meaning="min(A)", numpy="numpy.min", latex=r"\min({A})", where="the minimum of {A} is attained once", source="Danskin's theorem", example="d(min(x))/dx = 1 - sign(x' - min(x))", blind=True),
    Operator("det", "[n,n] -> []", differential="tr(adj(A)*dA)", meaning="det(A)", numpy="numpy.linalg.det", latex=r"\det({A})", source=f"{_COOKBOOK}, (46); Jacobi's formula", example="d(det(X))/dX = adj(X)", blind=True),
    Operator("logdet", "[n,n] -> []", differential="tr(inv(A)*dA)", meaning="log(det(A)^2)/2", numpy="matrixcalc.kernels.logdet", latex=r"\log \lvert \det({A})\rvert", where="{A} invertible", source=f"{_COOKBOOK}, (43)", example="d(logdet(X))/dX = inv(X)", blind=True),
    Operator("adj", "[n,n] -> [n,n]", differential="(tr(adj(A)*dA)*eye - adj(A)*dA)*inv(A)", meaning="adj(A)", numpy="matrixcalc.kernels.adjugate", latex=_op("adj"), where="{A} invertible", source=f"{_MAGNUS}, 8.5", example="d(tr(adj(X)))/dX = tr(adj(X))*inv(X) - inv(X)*adj(X)", follows=True),
    Operator("pinv", "[n,m] -> [m,n]", differential="-pinv(A)*dA*pinv(A) + pinv(A)*pinv(A)'*dA'*(eye - A*pinv(A)) + (eye - pinv(A)*A)*dA'*pinv(A)'*pinv(A)", meaning="pinv(A)", numpy="numpy.linalg.pinv", latex="{A}^{{+}}", where="the rank of {A} is constant", source="Golub & Pereyra (1973), (4.12)", example="d(pinv(c*A))/dc = -pinv(A)/c^2"),
    Operator("softmax", "[n] -> same", differential="softmax(A).*(dA - sum(softmax(A).*dA))", meaning="exp(A)/sum(exp(A))", numpy="matrixcalc.kernels.softmax", latex=_op("softmax"), source="Bridle (1990)", example="d(softmax(x))/dx = diag(softmax(x)) - softmax(x)*softmax(x)'", follows=True),
    Operator("log_softmax", "[n] -> same", differential="dA - sum(softmax(A).*dA)", meaning="A - log(sum(exp(A)))", numpy="matrixcalc.kernels.log_softmax", latex=_op("log\\_softmax"), source="Bridle (1990)", example="d(log_softmax(x))/dx = eye - vector(1)*softmax(x)'", follows=True),
    Operator("expm", "[n,n] -> [n,n]", differential="expm_frechet(A, dA)", meaning="expm(A)", numpy="matrixcalc.kernels.expm", latex=r"\mathrm{{e}}^{{{A}}}", source=f"{_HIGHAM}, 10.2", example="d(tr(expm(X)))/dX = expm(X)", follows=True),
    Operator("logm", "[n,n] -> [n,n]", differential="logm_frechet(A, dA)", meaning="logm(A)", numpy="matrixcalc.kernels.logm", latex=_op("logm"), where="{A} has no eigenvalue on the closed negative real axis", source=f"{_HIGHAM}, 11.2", example="d(tr(logm(X)))/dX = inv(X)", follows=True, sample="spd"),
    Operator("sqrtm", "[n,n] -> [n,n]", differential="sqrtm_frechet(A, dA)", meaning="sqrtm(A)", numpy="matrixcalc.kernels.sqrtm", latex="{A}^{{1/2}}", where="{A} has no eigenvalue on the closed negative real axis", source=f"{_HIGHAM}, 6.1", example="d(tr(sqrtm(X)))/dX = 0.5*inv(sqrtm(X))", follows=True, sample="spd"),
    Operator("expm_frechet", "[n,n], [n,n] -> [n,n]", index="linear in B", latex=r"L_{{\exp}}({A}, {B})", numpy="matrixcalc.kernels.expm_frechet", source=f"{_HIGHAM}, 10.2", example="d(h'*expm(X)*k)/dX = expm_frechet(X', h*k')'"),
    Operator("expm_jacobian", "[n,n] -> [n*n,n*n]", index="vec(B) -> vec(expm_frechet(A, B))", latex=r"K_{{\exp}}({A})", numpy="matrixcalc.kernels.expm_jacobian", source=f"{_HIGHAM}, 3.2", example="d(expm(X))/dX = expm_jacobian(X)"),
    Operator("logm_jacobian", "[n,n] -> [n*n,n*n]", index="vec(B) -> vec(logm_frechet(A, B))", latex=r"K_{{\log}}({A})", numpy="matrixcalc.kernels.logm_jacobian", source=f"{_HIGHAM}, 3.2", example="d(logm(X))/dX = logm_jacobian(X)", sample="spd"),
    Operator("sqrtm_jacobian", "[n,n] -> [n*n,n*n]", index="vec(B) -> vec(sqrtm_frechet(A, B))", latex=r"K_{{\sqrt{{}}}}({A})", numpy="matrixcalc.kernels.sqrtm_jacobian", source=f"{_HIGHAM}, 3.2", example="d(sqrtm(X))/dX = sqrtm_jacobian(X)", sample="spd"),
    Operator("logm_frechet", "[n,n], [n,n] -> [n,n]", index="linear in B", latex=r"L_{{\log}}({A}, {B})", numpy="matrixcalc.kernels.logm_frechet", source=f"{_HIGHAM}, 11.2", example="d(h'*logm(X)*k)/dX = logm_frechet(X', h*k')'"),
    Operator("sqrtm_frechet", "[n,n], [n,n] -> [n,n]", index="linear in B", latex=r"L_{{\sqrt{{}}}}({A}, {B})", numpy="matrixcalc.kernels.sqrtm_frechet", source=f"{_HIGHAM}, 6.1", example="d(h'*sqrtm(X)*k)/dX = sqrtm_frechet(X', h*k')'"),
)

TABLE: dict[str, Operator] = {
    row.name: row for row in (*ELEMENTWISE, *DEFINED, *CONTRACTIONS, *FUNCTIONS)
}
"""Every function, by name."""

STABLE: dict[str, Operator] = {
    row.name: row
    for row in (
        Operator("_expm1", "any -> same", meaning="exp(A) - 1", spelled="expm1({A})", follows=True),
        Operator("_log1mexp", "any -> same", meaning="log(1 - exp(A))", spelled="log1mexp({A})", follows=True),
        Operator("_log_inv_cloglog", "any -> same", meaning="log(1 - exp(-exp(A)))", spelled="log_inv_cloglog({A})", follows=True),
        Operator("_log_cosh", "any -> same", meaning="log(cosh(A))", spelled="log_cosh({A})", follows=True),
        Operator("_log_softplus", "any -> same", meaning="log(log(1 + exp(A)))", spelled="log_softplus({A})", follows=True),
        Operator("_sech2", "any -> same", meaning="1 - tanh(A).^2", spelled="sech2({A})", follows=True),
        Operator("_centred", "[n,m],[n] -> same", meaning="A - vector(1)*B'*A", spelled="centred({A})"),
        Operator("_softmax_times", "[n,m],[n] -> same", meaning="(diag(B) - B*B')*A", spelled="softmax_times({A})"),
        Operator("_softmax_jacobian", "[n] -> [n,n]", meaning="diag(A) - A*A'", spelled="softmax_jacobian({A})"),
        Operator("_near", "any, any -> same", meaning="A, near a point by a polynomial", spelled="near({A})"),
        Operator("_logaddexp", "any, any -> same", meaning="log(exp(A) + exp(B))", spelled="logaddexp({A})"),
        Operator("_softmax_rest", "[n] -> same", meaning="1 - softmax(A)", spelled="softmax_rest({A})", follows=True),
        Operator("_softmax_columns", "[n,m] -> same", meaning="softmax of each column", spelled="softmax_columns({A})"),
        Operator("_log_softmax_columns", "[n,m] -> same", meaning="log_softmax of each column", spelled="log_softmax_columns({A})"),
        Operator("_below_max", "any -> same", meaning="sign(max(A) - A)", spelled="below_max({A})", follows=True),
        Operator("_above_min", "any -> same", meaning="sign(A - min(A))", spelled="above_min({A})", follows=True),
        Operator("_logsumexp_columns", "[n,m] -> [1,m]", meaning="log(sum(exp(A), 1))", spelled="logsumexp_columns({A})"),
    )
}
"""Functions of generated code, in which nothing overflows or cancels. They are no part of the
language: no name of a user's can begin with the sign that theirs begin with."""


def row_of(op: str) -> Operator | None:
    """The row of a function of the language or of generated code."""
    return TABLE.get(op) or STABLE.get(op)


SPELLINGS: dict[str, str] = {
    **{name: name for name, row in TABLE.items() if not row.spelled},
    **{alias: row.name for row in TABLE.values() for alias in row.aliases},
    "ln": "log",
}
"""Every name that a user may type for a function, with the name of its row."""

_LAWS = (
    # differentials
    Law("constant", "d(A + X) = dX", f"{_COOKBOOK}, (33)"),
    Law("constant factor", "d(A*X*B) = A*dX*B", f"{_COOKBOOK}, (34)"),
    Law("sum rule", "d(A + B) = dA + dB", f"{_COOKBOOK}, (35)"),
    Law("trace", "d(tr(A)) = tr(dA)", f"{_COOKBOOK}, (36)"),
    Law("product rule", "d(A*B) = dA*B + A*dB", f"{_COOKBOOK}, (37)"),
    Law("elementwise product rule", "d(A.*B) = dA.*B + A.*dB", f"{_COOKBOOK}, (38)"),
    Law("Kronecker product rule", "d(kron(A, B)) = kron(dA, B) + kron(A, dB)", f"{_COOKBOOK}, (39)"),
    Law("inverse", "d(inv(A)) = -inv(A)*dA*inv(A)", f"{_COOKBOOK}, (40)"),
    Law("transpose", "d(A') = dA'", f"{_COOKBOOK}, (44)"),
    Law("linearity", "d(a*A + b*B) = a*dA + b*dB", "calculus", where="a and b constant"),
    Law("power rule", "d(a^k) = k*a^(k - 1)*da", "calculus", "a: scalar positive; k: scalar", "k constant"),
    Law("squared norm", "d(norm2(A)^2) = 2*sum(A.*dA)", f"{_COOKBOOK}, (131)"),
    Law("exponent rule", "d(c^a) = c^a*log(c)*da", "calculus", "c: scalar positive", "c constant"),
    Law("power of a matrix", "d(A^3) = dA*A^2 + A*dA*A + A^2*dA", "the product rule, used again and again"),
    Law("function of a commuting matrix", "d(expm(t*A)) = A*expm(t*A)*dt", f"{_HIGHAM}, 10.2", "t: scalar"),
    # forms in which dx stands last
    Law("trace trick", "tr(A*X*B) = tr(B*A*X)", f"{_COOKBOOK}, (12)-(16)"),
    Law("vec trick", "vec(A*X*B) = kron(B', A)*vec(X)", f"{_MAGNUS}, 2.4"),
    Law("gathering", "u.*v = diag(u)*v", "algebra"),
)

LAWS: dict[str, Law] = {law.name: law for law in _LAWS}
"""The rules that are not rows of the table, by name."""

IDENTIFICATION = f"{_MAGNUS}, 9.3"
"""Where it is found that ``dy = A*dx`` makes A the derivative."""

STRUCTURE = "Srinivasan & Panda (2020), arXiv:1911.06491"
"""Where the derivative by a matrix with a structure is found."""
