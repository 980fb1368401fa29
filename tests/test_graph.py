"""Computational graphs: what flows back, in symbols and in numbers."""

from __future__ import annotations

import json

import numpy
import pytest

from matrixcalc import ParseError, UnknownNameError, gradient, graph
from matrixcalc.cli import run
from matrixcalc.dims import Dim

VALUES = {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4]}
EXAMPLE = "q = W*x; f = norm2(q)^2"


def test_the_example_of_the_study_notes_comes_out_exactly() -> None:
    g = graph(EXAMPLE, values=VALUES)
    assert [n.name for n in g.nodes] == ["W", "x", "q", "f"]
    symbols = {n.name: str(n.gradient) for n in g.nodes}
    assert symbols == {"W": "2*q*x'", "x": "2*W'*q", "q": "2*q", "f": "1"}
    assert numpy.allclose(g.node("q").value.ravel(), [0.22, 0.26], rtol=1e-14)
    assert numpy.allclose(g.node("f").value, 0.116, rtol=1e-14)
    assert numpy.allclose(
        g.node("W").gradient_value, [[0.088, 0.176], [0.104, 0.208]], rtol=1e-14
    )
    assert numpy.allclose(g.node("x").gradient_value.ravel(), [-0.112, 0.636], rtol=1e-14)


def test_the_text_tells_values_gradients_and_the_shape_rule() -> None:
    text = str(graph(EXAMPLE, values=VALUES))
    for part in (
        "q = W*x          n×1   = [0.22, 0.26]",
        "f = norm2(q)^2   1×1   = 0.116",
        "∂f/∂W = 2*q*x' = [[0.088, 0.176], [0.104, 0.208]]    n×m",
        "∂f/∂x = 2*W'*q = [-0.112, 0.636]    m×1",
        "local: ∂q_i/∂W_jk = δ_ij x_k  (problem-dependent)",
        "The product of them that has this shape is 2*q*x': (n×1)(1×m)",
    ):
        assert part in text


def test_each_edge_has_its_local_derivative() -> None:
    g = graph(EXAMPLE)
    found = {(e.operand, e.node): (e.left, e.local) for n in g.nodes for e in n.incoming}
    assert found == {
        ("W", "q"): ("∂q_i/∂W_jk", "δ_ij x_k"),
        ("x", "q"): ("∂q/∂x", "W"),
        ("q", "f"): ("∂f/∂q", "2*q"),
    }


FUNCTIONS = [
    "norm2(W*x)^2",
    "x'*A*x",
    "sum(log(1 + exp(A*x + b)))",
    "h = tanh(W*x + b); y = V*h; L = -z'*log_softmax(y)",
    "(x - a*vector(1))'*W*(x - a*vector(1))",
    "det(X)*tr(X)",
    "q = 2*x; f = q'*q + q'*x",
    "Y = sigmoid(X*W)",
    "tr(A*X*B*X)",
    "r: row(n); y = r*A; f = y*y'",
    "a^2*norm2(x)",
    "f = a",
    "s = x'*x; u = s*x; f = norm2(u)^2",
    "logdet(A'*diag(x)*A)",
]


@pytest.mark.parametrize("text", FUNCTIONS)
def test_every_gradient_is_right_and_has_the_shape_of_its_variable(text: str) -> None:
    g = graph(text)
    for node in g.nodes:
        if node.gradient is not None:
            assert node.gradient.shape == node.symbol.shape
    checks = g.check()
    assert set(checks) == {n.name for n in g.inputs}
    assert {c.status for c in checks.values()} <= {"proved", "sampled"}


@pytest.mark.parametrize("text", ["norm2(W*x)^2", "x'*A*x", "tr(A*X*B*X)"])
def test_the_gradient_is_that_of_the_whole_function(text: str) -> None:
    random = numpy.random.default_rng(3)
    g = graph(text)
    values = {n.name: random.normal(size=(3, 3) if n.kind == "matrix" else 3) for n in g.inputs}
    g.evaluate(values)
    for node in g.inputs:
        expected = gradient(text, node.name, verify=False).evaluate(values)
        assert numpy.allclose(node.gradient_value, expected)


def test_a_single_equation_is_split_at_its_operators() -> None:
    g = graph("f = norm2(W*x)^2")
    assert [f"{n.name} = {n.formula}" for n in g.nodes if n.formula] == [
        "v1 = W*x",
        "v2 = norm2(v1)",
        "f = v2^2",
    ]
    assert str(g.node("v1").gradient) == "2*v1"


def test_names_that_are_taken_are_not_given_to_nodes() -> None:
    g = graph("norm2(v1 + x)^2")
    assert len({n.name for n in g.nodes}) == len(g.nodes)
    assert all(c.status in ("proved", "sampled") for c in g.check().values())


def test_what_is_used_twice_gets_the_sum() -> None:
    assert str(graph("q = 2*x; f = q'*q + q'*x").node("x").gradient) == "6*q"


def test_without_a_number_at_the_end_something_flows_in() -> None:
    g = graph("Y = X*W")
    assert (str(g.node("W").gradient), str(g.node("X").gradient)) == ("X'*G", "G*W'")
    assert "∂L/∂W" in str(g)


def test_only_what_is_asked_for_is_differentiated() -> None:
    g = graph(EXAMPLE, wrt="x")
    assert g.node("W").gradient is None
    assert str(g.node("x").gradient) == "2*W'*q"
    assert "∂f/∂W" not in str(g)
    with pytest.raises(UnknownNameError, match="no variable 'z' in the graph"):
        graph(EXAMPLE, wrt=["z"])


def test_every_variable_needs_a_value() -> None:
    with pytest.raises(UnknownNameError, match="no value for x"):
        graph(EXAMPLE, values={"W": VALUES["W"]})


def test_long_chains_do_not_recurse_nor_grow() -> None:
    text = "; ".join(f"h_{k + 1} = tanh(W_{k}*h_{k})" for k in range(80)) + "; f = sum(h_80)"
    vars = {"h_0": "vector(n)"} | {f"W_{k}": "matrix(n, n)" for k in range(80)}
    g = graph(text, vars=vars)
    assert max(len(str(n.gradient)) for n in g.nodes) < 500


def test_the_command_prints_the_graph(capsys: pytest.CaptureFixture[str]) -> None:
    values = "W = [[0.1, 0.5], [-0.3, 0.8]]; x = [0.2, 0.4]"
    assert run(["graph", EXAMPLE, "--values", values]) == 0
    assert "∂f/∂x = 2*W'*q = [-0.112, 0.636]" in capsys.readouterr().out
    assert run(["graph", EXAMPLE, "--format", "mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR")
    assert run(["graph", EXAMPLE, "--format", "dot"]) == 0
    assert capsys.readouterr().out.startswith("digraph")
    assert run(["graph", EXAMPLE, "--values", "x = spam"]) == 2
    assert "a value has the form" in capsys.readouterr().err


NETWORKS = [
    "h = tanh(W*x + b); y = V*h; L = -t'*log_softmax(y)",
    "h = x + W*relu(V*x); g = h + U*sigmoid(R*h); L = norm2(g - t)^2",
    "h = sigmoid(V*x).*tanh(W*x); L = logsumexp(U*h)",
    "h = W*x; k = h/norm2(h); L = sum(exp(V*k))",
    "H = softplus(W*X); L = tr(H'*H)/2 + sum(H)",
    "q = x'*A*x; s = sqrt(q); L = s*log(q) + s",
]


@pytest.mark.parametrize("text", NETWORKS)
def test_numbers_agree_with_small_steps(text: str) -> None:
    vectors = dict.fromkeys("xhgt", "vector(n)") | {"b": "vector(m)", "h": "vector(m)"}
    if "x + W" in text:
        vectors["h"] = "vector(n)"
    if "log_softmax" in text:
        vectors["t"] = "vector(k)"
    vars = {n: v for n, v in vectors.items() if n in text.replace("tanh", "").replace("exp", "")}
    g = graph(text, vars=vars)
    random = numpy.random.default_rng(11)
    sizes: dict[str, int] = {}
    values = {}
    for node in g.inputs:
        shape = [d.value(_sized(d, sizes)) for d in node.symbol.shape if not d.is_one]
        values[node.name] = random.uniform(0.2, 1.0, size=shape)
    if "A" in values:
        values["A"] = values["A"] + 3 * numpy.eye(len(values["A"]))
    g.evaluate(values)
    found = {n.name: n.gradient_value.copy() for n in g.inputs}
    for name, value in values.items():
        slope = numpy.zeros_like(value)
        for place in numpy.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = value.copy()
                moved[place] += sign * 1e-6
                ends.append(float(numpy.squeeze(g.evaluate({**values, name: moved}).output.value)))
            slope[place] = (ends[0] - ends[1]) / 2e-6
        numpy.testing.assert_allclose(found[name].reshape(value.shape), slope, atol=2e-7)


def _sized(dim: Dim, sizes: dict[str, int]) -> dict[str, int]:
    """A size of its own for each dimension."""
    for name in dim.names:
        sizes.setdefault(name, len(sizes) + 2)
    return sizes


def test_what_flows_in_is_called_by_its_name() -> None:
    g = graph(NETWORKS[0], vars={"x": "vector(n)", "b": "vector(m)", "t": "vector(k)"})
    assert str(g.node("h").gradient) == "V'*(∂L/∂y)"
    assert str(g.node("b").gradient) == "(V'*(∂L/∂y)).*(1 - h.^2)"
    local = {e.node: e.local for e in g.node("x").outgoing}
    assert local == {"h": "diag(1 - h.^2)*W"}
    assert "The product of them that has this shape is V'*(∂L/∂y): (m×k)(k×1)" in str(g)


def test_a_graph_is_ready_for_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", EXAMPLE, "--values", "W = [[1, 2]]; x = [3, 4]", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == graph(EXAMPLE, values={"W": [[1, 2]], "x": [3, 4]}).to_dict()
    nodes = {n["name"]: n for n in told["nodes"]}
    assert nodes["W"]["gradient"] == "2*q*x'"
    assert nodes["f"]["value"] == 121
    edge = next(e for e in told["edges"] if e["from"] == "W")
    assert (edge["to"], edge["flows_back"], edge["problem_dependent"]) == ("q", "(∂f/∂q)*x'", True)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ParseError, match="an operand is missing"):
        graph("q = W*")
