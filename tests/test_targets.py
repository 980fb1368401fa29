"""The targets whose arrays are never written to agree with the engine, in every library."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import mpmath
import numpy
import pytest

from matrixcalc.codegen.api import code, compile
from matrixcalc.codegen.ir import Builder
from matrixcalc.codegen.targets.array_api import MULTI_DOT
from matrixcalc.codegen.targets.array_api import TARGET as ARRAY_API
from matrixcalc.codegen.writing import Writing
from matrixcalc.derive import derive
from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from tests.libraries import EVERY, JAX, TORCH, XP, Library, agree, double_precision, params, told

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
ONE = [c for c in CASES if len(set(c["wrt"])) == 1 and len(c["wrt"]) <= 2]


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    with double_precision():
        yield


def run_case(case: dict[str, Any], library: Library) -> None:
    f = compile(
        case["expr"], case["wrt"][0], (0, len(case["wrt"])), library.target,
        vars=case.get("vars"), structured=case.get("structured"),
    )
    for point in case["points"]:
        values = {name: library.array(v) for name, v in point["values"].items()}
        value, tensor = map(library.numpy, f(**values))
        assert value.dtype == tensor.dtype == numpy.float64
        agree(tensor, point["tensor"])
        numpy.testing.assert_allclose(
            value.ravel(), numpy.ravel(point["value"]), rtol=1e-8, atol=1e-12
        )


SLOW = ("jax", "dask")  # compiled, or planned, anew for every shape


def corpus(slow: bool) -> list[Any]:
    made = []
    for library in EVERY:
        marks = [] if library.there else [pytest.mark.skip(f"{library.module} missing")]
        late = library.module in SLOW
        made += [
            pytest.param(case, library, id=f"{library}-{case['id']}", marks=marks)
            for k, case in enumerate(ONE)
            if (late and k % 12 > 0) == slow
        ]
    return made


def run_or_be_told(case: dict[str, Any], library: Library) -> None:
    with told(library):
        run_case(case, library)


@pytest.mark.parametrize(("case", "library"), corpus(slow=False))
def test_the_corpus_runs(case: dict[str, Any], library: Library) -> None:
    run_or_be_told(case, library)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "library"), corpus(slow=True))
def test_the_rest_of_the_corpus_runs(case: dict[str, Any], library: Library) -> None:
    run_or_be_told(case, library)


# Functions that the corpus leaves out.
MORE = [
    ("sum(erf(x))", "x"), ("erf(a)*a", "a"), ("sum(cbrt(x))", "x"), ("sum(cumsum(x).^2)", "x"),
    ("cumsum(vector(3)).*x", "x"),
    ("max(x)*sum(x)", "x"), ("min(x)*max(x)", "x"), ("norm2(pinv(A)*x)", "x"),
    ("log(sum(exp(A*x)))", "x"), ("sum(log(sum(exp(Z),1)))", "Z"), ("norm1(A)", "A"),
    ("exp(Z)./(vector(1)*sum(exp(Z),1))", "Z"), ("kron(a, b')*A", "A"), ("kron(A, x)", "x"),
    ("x./sum(x)", "x"), ("abs(t)*norm2(A)", "t"), ("norm2(t)", "t"), ("pi*x'*x", "x"),
    ("sum(exp(2)*x)", "x"), ("sum(relu(x)) + sum(softplus(A*x)) + sum(step(x).*x)", "x"),
    ("sum(arcsin(x/9) + arccos(x/9) + sinh(x) + cosh(x) + tan(x/3) + abs(x) + sign(x))", "x"),
    ("x.^y", "x"), ("2.^x", "x"), ("adj(X)", "X"), ("det(X)*X", "X"), ("inv(X)*inv(X)", "X"),
    ("x'*inv(X)*y + logdet(X) + y'*inv(X)'*x", "X"), ("diag(x)*X*diag(x)", "x"),
    ("X + diag(x)", "x"), ("vec(A*X)", "X"),
    ("3*x", "x"), ("logdet(X'*X) + tr(A*inv(X'*X))", "X"), ("A*diag(exp(x))*A'", "x"),
]


def values_of(d: Any, seed: int = 3) -> dict[str, Any]:
    """Random values, all dimensions different; square matrices have positive eigenvalues."""
    rng = numpy.random.default_rng(seed)
    names = sorted({n for v in d.variables.values() for dim in v.shape for n in dim.names})
    sizes = {name: k for k, name in enumerate(names, 2)}
    made = {}
    for name, v in d.variables.items():
        shape = [dim.value(sizes) for dim in v.shape if not dim.is_one]
        made[name] = rng.uniform(0.3, 1.2, shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            made[name] += 2.0 * numpy.eye(shape[0])
    return made


def run_text(text: str, wrt: str, order: int, library: Library) -> None:
    d = derive(text, *(wrt,) * order, verify=False)
    values = values_of(d)
    f = compile(text, wrt, order, library.target)
    with told(library):
        found = library.numpy(f(**{k: library.array(v) for k, v in values.items()}))
        assert found.dtype == numpy.float64
        agree(found, d.as_tensor(values))


@pytest.mark.parametrize("library", params([*XP[:2], TORCH]))
@pytest.mark.parametrize(("text", "wrt"), MORE)
@pytest.mark.parametrize("order", [1, 2])
def test_what_the_corpus_leaves_out(text: str, wrt: str, order: int, library: Library) -> None:
    run_text(text, wrt, order, library)


@pytest.mark.slow
@pytest.mark.parametrize("library", params([*XP[2:], JAX]))
@pytest.mark.parametrize(("text", "wrt"), MORE)
@pytest.mark.parametrize("order", [1, 2])
def test_what_the_corpus_leaves_out_where_it_takes_long(
    text: str, wrt: str, order: int, library: Library
) -> None:
    run_text(text, wrt, order, library)


# Functions of matrices, and all targets that have them: the Array API has none, PyTorch only the
# exponential, JAX no logarithm.
MATRIX_FUNCTIONS = {"expm": ("jax", "torch"), "sqrtm": ("jax",), "logm": ()}


@pytest.mark.parametrize("library", params([XP[0], JAX, TORCH]))
@pytest.mark.parametrize("name", MATRIX_FUNCTIONS)
def test_functions_of_matrices_run_or_are_refused(name: str, library: Library) -> None:
    for text in (f"tr({name}(X)*A)", f"x'*{name}(X)*y"):
        if library.target in MATRIX_FUNCTIONS[name]:
            run_text(text, "X", 1, library)
            continue
        having = ", ".join(("numpy", *MATRIX_FUNCTIONS[name]))
        with pytest.raises(
            UnsupportedError,
            match=rf"^the {library.target} target has no {name}_frechet\nthese .* it: {having}$",
        ):
            code(text, "X", target=library.target)


@pytest.mark.parametrize("library", params(EVERY))
def test_single_precision_stays(library: Library) -> None:
    for text, wrt, order, variables in (
        ("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2), None),
        ("norm2(T - U*V')^2", "U", 2, None),
        ("diag(x)*t + eye*t", "x", (0, 1), {"t": "scalar", "x": "vector(3)"}),
        ("t*x'*A*x + 2", "t", (0, 1, 2), {"t": "scalar"}), ("diag(exp(x))*X", "X", 1, None),
        ("x*3", "x", (0, 1, 2), None),
    ):
        d = derive(text, wrt, vars=variables, verify=False)
        f = compile(text, wrt, order, library.target, vars=variables)
        values = {k: library.array(v, "float32") for k, v in values_of(d).items()}
        found = f(**values)
        for made in found if isinstance(found, tuple) else (found,):
            assert library.numpy(made).dtype == numpy.float32


@pytest.mark.parametrize("library", params(EVERY))
def test_scalars_are_numbers_or_arrays_without_axes(library: Library) -> None:
    f = compile("a*x'*x + exp(a)", "x", (0, 1), library.target)
    x = library.array([1.0, 2.0, 3.0])
    for a in (0.5, library.array(0.5)):
        value, gradient = map(library.numpy, f(a=a, x=x))
        assert value == pytest.approx(7.0 + numpy.exp(0.5))
        assert gradient.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match=r"^a must be a number(\n|$)"):
        f(a=x, x=x)


@pytest.mark.parametrize("library", params(EVERY))
def test_wrong_shapes_are_told(library: Library) -> None:
    f = compile("A*x", "x", target=library.target)
    with pytest.raises(ValueError, match=r"^A is n×m, which the other arguments make \(2, 2\)"):
        f(A=library.array(numpy.ones((2, 3))), x=library.array(numpy.ones(2)))
    with pytest.raises(ValueError, match=r"^A must have 2 axes \(n×m\)(\n|$)"):
        f(A=library.array(1.0), x=library.array(numpy.ones(2)))


@pytest.mark.parametrize("library", params(XP[:1]))
def test_what_is_no_floating_point_array_is_told(library: Library) -> None:
    f = compile("A*x", "x", target=library.target)
    with pytest.raises(TypeError, match=r"^the arrays must hold real floating-point numbers$"):
        f(A=numpy.ones((2, 3), dtype=int), x=numpy.ones(3, dtype=int))
    with pytest.raises(TypeError, match="list is not a supported array type"):
        f(A=[[1.0]], x=[1.0])


@pytest.mark.parametrize("library", params(EVERY))
def test_what_is_infinite_stays_in_its_place(library: Library) -> None:
    f = compile("diag(x)*X", "X", target=library.target)
    d = derive("diag(x)*X", "X", verify=False)
    values = {"X": numpy.ones((3, 2)), "x": numpy.array([1.0, numpy.inf, 2.0])}
    found = library.numpy(f(**{k: library.array(v) for k, v in values.items()}))
    assert numpy.isinf(found).sum() == 2
    assert not numpy.isnan(found).any()
    finite = d.as_tensor(values | {"x": numpy.array([1.0, 5.0, 2.0])})
    numpy.testing.assert_array_equal(numpy.where(numpy.isinf(found), 5.0, found), finite)


@pytest.mark.parametrize("library", params(EVERY))
@pytest.mark.parametrize("t", [-1000.0, -30.0, 0.5, 30.0, 1000.0])
def test_chains_of_exp_and_log_are_stable(t: float, library: Library) -> None:
    f = compile("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2), library.target)
    made = f(X=library.array([[1.0]]), w=library.array([t]), y=library.array([1.0]))
    value, gradient, hessian = (library.numpy(a).ravel()[0] for a in made)
    with mpmath.workdps(60):
        e = mpmath.exp(-mpmath.mpf(t))
        pairs = (
            (value, mpmath.log1p(e)), (gradient, -e / (1 + e)), (hessian, e / (1 + e) ** 2)
        )
        for found, true in pairs:
            assert abs(mpmath.mpf(float(found)) - true) <= 1e-10 * abs(true) + 1e-300
    f = compile("log(sum(exp(x)))", "x", (0, 1), library.target)
    value, gradient = map(library.numpy, f(x=library.array([t, -1000.0, t - 1.0])))
    low = numpy.logaddexp(0.0, -1.0) + numpy.logaddexp(0.0, -1000.0 - t - numpy.logaddexp(0, -1))
    assert value == pytest.approx(t + low, rel=1e-10)
    assert gradient.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("library", params([XP[0], XP[3], TORCH]))
@pytest.mark.parametrize("text", ["t*X", "tr(A'*X)", "X", "A*X*t"])
def test_an_argument_is_never_handed_back(text: str, library: Library) -> None:
    f = compile(text, "X", (0, 1), library.target, vars={"t": "scalar"})
    d = derive(text, "X", vars={"t": "scalar"}, verify=False)
    values = {k: library.array(v) for k, v in values_of(d).items()}
    for made in f(**values):
        for v in values.values():
            assert not numpy.shares_memory(library.numpy(made), library.numpy(v))


def test_erf_is_exact_to_rounding() -> None:
    pytest.importorskip("array_api_compat")
    f = compile("erf(x)", "x", 0, "array-api")
    x = numpy.concatenate((numpy.linspace(-7.0, 7.0, 401), [1e-300, -numpy.inf, 1e308]))
    numpy.testing.assert_allclose(f(x=x), [float(mpmath.erf(t)) for t in x], rtol=1e-13)
    assert numpy.isnan(f(x=numpy.array([numpy.nan]))).all()


CONTRACTIONS = [
    "ij,jk->ik", "ij,kj->ki", "i,i->", "ij,j->i", "ji,j->i",
    "ij,ij->", "ij,ij->i", "aij,ajk->aik", "ija,ajk->kai", "ii->i",
    "iji->ij", "iii->i", "ij->j", "ijk->ki", "ijkl,kl->ji",
    "ijk,kl->lij", "ij,kl->ikjl", ",ij->ji",
    "abij,abjk->kib", "aij,aij->a", "aijk,ajk->ai", "aij,aj->ia", "a,ab->ab",
    "aijk,aj->aik", "aj,aijk->kai", "aijs,as->aij", "sa,ijas->jai", "abs,sba->ab", "sta,ast->a",
]


@pytest.mark.parametrize("text", CONTRACTIONS)
def test_contractions_are_those_of_einsum(text: str) -> None:
    xp = pytest.importorskip("array_api_strict")
    rng = numpy.random.default_rng(0)
    left, out = text.split("->")
    letters = sorted(set(left) - {","})
    sizes = {c: k for k, c in enumerate(letters, 2)}
    parts = left.split(",")
    arrays = [rng.standard_normal([sizes[c] for c in part]) for part in parts]
    b, names = Builder(), [f"a{k}" for k in range(len(parts))]
    operands = [
        b.make("input", dims=tuple(Dim.number(sizes[c]) for c in part), data=(name, ()))
        for name, part in zip(names, parts, strict=True)
    ]
    ids = {c: k for k, c in enumerate(letters)}
    subscripts = tuple(tuple(ids[c] for c in part) for part in parts)
    wanted = tuple(ids[c] for c in out)
    dims = tuple(Dim.number(sizes[c]) for c in out)
    v = b.make("einsum", *operands, dims=dims, data=(subscripts, wanted))
    scope = {"xp": xp} | {name: xp.asarray(a) for name, a in zip(names, arrays, strict=True)}
    made = eval(ARRAY_API.contracted(v, names, Writing([])), scope)
    agree(numpy.from_dlpack(made), numpy.einsum(text, *arrays), 1e-12)


def test_the_order_of_a_chain_is_found_when_it_runs() -> None:
    scope: dict[str, Any] = {}
    exec(MULTI_DOT, scope)
    rng = numpy.random.default_rng(0)
    sizes = (30, 2, 40, 3, 50, 1)
    factors = [rng.standard_normal(pair) for pair in pairwise(sizes)]
    numpy.testing.assert_allclose(
        scope["multi_dot"](*factors), numpy.linalg.multi_dot(factors), rtol=1e-10
    )


@pytest.mark.parametrize("library", params([JAX]))
def test_the_jax_function_can_be_mapped_and_differentiated(library: Library) -> None:
    import jax

    f = compile("0.5*x'*A*x + logdet(A)", "x", (0, 1), "jax")
    values = values_of(derive("0.5*x'*A*x + logdet(A)", "x", verify=False))
    a, x = values["A"], numpy.stack([values["x"], 2 * values["x"], -values["x"]])
    mapped = jax.vmap(lambda x: f(A=a, x=x)[1])(x)
    agree(mapped, x @ (0.5 * (a + a.T)))
    agree(jax.grad(lambda x: f(A=a, x=x)[0])(x[0]), f(A=a, x=x[0])[1])
    assert type(f).__name__ == "PjitFunction"
    assert "@jax.jit\ndef function" in code("A*x", "x", target="jax")


@pytest.mark.parametrize("library", params([TORCH]))
def test_the_torch_function_can_be_mapped_and_differentiated(library: Library) -> None:
    import torch

    text, variables = "0.5*t*x'*A*x + logdet(A)", {"t": "scalar"}
    f = compile(text, "x", (0, 1), "torch", vars=variables)
    values = values_of(derive(text, "x", vars=variables, verify=False))
    a, t = map(torch.as_tensor, (values["A"], values["t"]))
    x = torch.as_tensor(numpy.stack([values["x"], 2 * values["x"], -values["x"]]))
    mapped = torch.vmap(lambda x: f(A=a, t=t, x=x)[1])(x)
    agree(mapped.numpy(), (0.5 * t * x @ (a + a.T)).numpy())
    gradient = torch.func.grad(lambda x: f(A=a, t=t, x=x)[0])(x[0])
    agree(gradient.numpy(), f(A=a, t=t, x=x[0])[1].numpy())
    t.requires_grad_()
    (by_t,) = torch.autograd.grad(f(A=a, t=t, x=x[0])[0], t)
    agree(by_t.numpy(), (0.5 * x[0] @ a @ x[0]).numpy())


@pytest.mark.parametrize("library", params(XP[4:]))
def test_dask_computes_nothing_until_it_is_asked(library: Library) -> None:
    import dask.array

    def never() -> Any:
        raise AssertionError("computed")

    lazy = dask.array.from_delayed(dask.delayed(never)(), shape=(100, 3), dtype="float64")
    f = compile("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2), "array-api")
    made = f(X=lazy, w=library.array(numpy.ones(3)), y=library.array(numpy.ones(100)))
    assert [m.shape for m in made] == [(), (3,), (3, 3)]
    g = compile("det(X)", "X", target="array-api")
    with pytest.raises(NotImplementedError, match=r"^array_api_compat.dask.array has no linalg"):
        g(X=library.array(numpy.eye(2)))


@pytest.mark.parametrize(("target", "module"), [
    ("array-api", "array_api_compat"), ("jax", "jax"), ("torch", "torch"),
])
def test_a_missing_library_is_told(
    target: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert code("A*x", "x", target=target)
    words = rf"needs {module}, which is not installed\npip install 'matrixcalc.*\[{target}\]'$"
    with pytest.raises(UnsupportedError, match=words):
        compile("A*x", "x", target=target)


@pytest.mark.parametrize("library", params([XP[0], JAX, TORCH]))
def test_names_that_python_or_the_target_uses(library: Library) -> None:
    text = "sum(abs(len*x)) + norm2(float) + like'*like*dtype + jax + jnp*torch + len"
    variables = dict.fromkeys(("dtype", "float", "jax", "jnp", "len", "torch"), "scalar")
    variables |= {"like": "vector(n)", "x": "vector(n)"}
    f = compile(text, "x", (0, 1), library.target, vars=variables)
    values = {k: library.array(2.0) for k in variables}
    values |= {k: library.array([1.0, -3.0]) for k in ("like", "x")}
    value, gradient = map(library.numpy, f(**values))
    assert value == 8.0 + 2.0 + 20.0 + 2.0 + 4.0 + 2.0
    assert gradient.tolist() == [2.0, -2.0]
