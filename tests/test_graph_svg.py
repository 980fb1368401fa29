"""Drawings of graphs: valid, escaped, complete, nothing upon anything else."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations
from random import Random
from xml.etree import ElementTree

import pytest

from matrixcalc import UnsupportedError, graph
from matrixcalc.backprop.layout import Box, arrange

SVG = "{http://www.w3.org/2000/svg}"
VALUES = {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4]}
TEXTS = [
    "q = W*x; f = norm2(q)^2",
    "h = tanh(W*x + b); y = V*h; L = -z'*log_softmax(y)",
    "x'*A*x + norm2(B*x)^2",
    "sum(log(1 + exp(A*x + b)))",
    "f = a",
    "f = a + c",
]


LONG = "y = exp(-(x - m)'*S*(x - m)/2)*log(1 + exp(a'*x))/sqrt(1 + x'*x) + norm2(x - m)^3; f = y.^2"
DEEP = "; ".join(f"h_{k + 1} = tanh(W_{k}*h_{k})" for k in range(12)) + "; f = sum(h_12)"
SKIP = "h = tanh(W*x); k = tanh(U*h); g = k + h; f = g'*g + h'*x"
VECTORS = dict.fromkeys(("x", "h", "k", "g"), "vector(n)")


def rectangles(text: str) -> list[tuple[float, float, float, float]]:
    found = []
    for r in ElementTree.fromstring(text).iter(f"{SVG}rect"):
        x, y, w, h = (float(r.get(k, "0")) for k in ("x", "y", "width", "height"))
        found.append((x, y, x + w, y + h))
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_no_box_lies_upon_another_nor_outside(text: str) -> None:
    paper, *boxes = rectangles(graph(text).svg())
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)
    for x0, y0, x1, y1 in boxes:
        assert paper[0] <= x0
        assert paper[1] <= y0
        assert x1 <= paper[2] + 0.2
        assert y1 <= paper[3] + 0.2


def test_the_picture_tells_all_that_the_text_tells() -> None:
    drawn = ElementTree.fromstring(graph(TEXTS[0], values=VALUES).svg())
    words = ["".join(t.itertext()) for t in drawn.iter(f"{SVG}text")]
    for word in ("q = W*x", "n×1", "= [0.22, 0.26]", "∂f/∂W = 2*q*x'", "∂q/∂x = W", "= 0.116"):
        assert word in words


def test_the_text_fits_its_box() -> None:
    root = ElementTree.fromstring(graph(TEXTS[0], values=VALUES).svg())
    for group in root.iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        assert box is not None
        right = float(box.get("x", "0")) + float(box.get("width", "0"))
        for t in group.iter(f"{SVG}text"):
            if t.get("text-anchor") is None:
                size = 14 if t.get("class") == "name" else 12
                length = len("".join(t.itertext())) * size * 0.602
                assert float(t.get("x", "0")) + length <= right


def test_long_formulas_are_cut_and_told_on_hovering() -> None:
    vars = {"x": "vector(n)", "m": "vector(n)", "a": "vector(n)", "y": "scalar"}
    text = graph(LONG, vars=vars).svg()
    assert "…" in text
    assert re.search(r"<title>y = exp\([^<]*norm2\(x - m\)\^3</title>", text)


def test_marks_are_escaped() -> None:
    text = graph("q = A'*x; f = q'*q").svg()
    assert "A&#x27;*x" in text
    ElementTree.fromstring(text)
    assert "#quot;" not in graph("q = A'*x; f = q'*q").mermaid()


def test_the_same_graph_gives_the_same_picture() -> None:
    code = f"from matrixcalc import graph; print(graph({TEXTS[2]!r}).svg())"
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


EDGES = [(0, 1), (1, 2), (0, 2)]


def test_edges_run_from_box_to_box() -> None:
    boxes = [Box(40, 20), Box(60, 20), Box(50, 30)]
    routes = arrange(boxes, EDGES)
    assert boxes[0].right < boxes[1].left < boxes[1].right < boxes[2].left
    for route, (a, b) in zip(routes, EDGES, strict=True):
        assert route[0][0] == boxes[a].right
        assert route[-1][0] == boxes[b].left
        assert boxes[a].top < route[0][1] < boxes[a].bottom
        assert boxes[b].top < route[-1][1] < boxes[b].bottom
        assert len(route) % 2 == 0
    # the two that end at one box end beside each other
    assert routes[1][-1] != routes[2][-1]


def test_downwards_edges_run_from_below_to_above() -> None:
    boxes = [Box(40, 20), Box(60, 20), Box(50, 30)]
    for route, (a, b) in zip(arrange(boxes, EDGES, down=True), EDGES, strict=True):
        assert route[0][1] == boxes[a].bottom
        assert route[-1][1] == boxes[b].top


def straight_lines(route: list[tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    """The straight parts of a route, as rectangles without area."""
    pairs = zip(route[::2], route[1::2], strict=True)
    return [(min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in pairs]


@pytest.mark.parametrize("down", [False, True])
def test_nothing_lies_upon_anything_in_random_graphs(down: bool) -> None:
    random = Random(7)
    for _ in range(40):
        count = random.randint(2, 30)
        boxes = [Box(random.choice([80, 150, 340]), random.choice([30, 95])) for _ in range(count)]
        edges = [
            (a, b)
            for b in range(1, count)
            for a in random.sample(range(b), min(b, random.choice([1, 1, 2, 5])))
        ]
        routes = arrange(boxes, edges, down)
        for a, b in combinations(boxes, 2):
            apart = a.right <= b.left or b.right <= a.left
            assert apart or a.bottom <= b.top or b.bottom <= a.top
        for route in routes:
            for x0, y0, x1, y1 in straight_lines(route):
                for box in boxes:
                    beside = x1 <= box.left or box.right <= x0
                    assert beside or y1 <= box.top or box.bottom <= y0


def test_a_long_chain_goes_down_and_stays_narrow() -> None:
    vars = {"h_0": "vector(n)"} | {f"W_{k}": "matrix(n, n)" for k in range(12)}
    root = ElementTree.fromstring(graph(DEEP, vars=vars).svg())
    assert float(root.get("width", "0")) < 1300 < float(root.get("height", "0"))
    steps = [float(r.get("x", "0")) + float(r.get("width", "0")) / 2
             for r in root.iter(f"{SVG}rect") if r.get("class") == "node"]  # fmt: skip
    assert max(steps) - min(steps) < 1, "steps stand below each other"


def test_all_lines_are_within_the_picture() -> None:
    root = ElementTree.fromstring(graph(SKIP, vars=VECTORS).svg())
    left, top, width, height = map(float, root.get("viewBox", "").split())
    for path in root.iter(f"{SVG}path"):
        if path.get("class") == "edge":
            numbers = [float(x) for x in re.findall(r"-?[\d.]+", path.get("d", ""))]
            assert all(left <= x <= left + width for x in numbers[::2])
            assert all(top <= y <= top + height for y in numbers[1::2])


def test_the_picture_is_told_to_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(graph(TEXTS[0]).svg())
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "computational graph of f"
    told = root.findtext(f"{SVG}desc")
    assert told == "q = W*x; f = norm2(q)^2. Gradients: ∂f/∂W = 2*q*x'; ∂f/∂x = 2*W'*q."


def test_the_colours_are_explained() -> None:
    def words(text: str) -> set[str]:
        root = ElementTree.fromstring(text)
        return {"".join(t.itertext()) for t in root.iter(f"{SVG}text")}

    keys = {"variable", "step", "result", "gradient", "on an edge: local derivative"}
    assert keys <= words(graph(TEXTS[0]).svg())
    assert "value" not in words(graph(TEXTS[0]).svg())
    assert "value" in words(graph(TEXTS[0], values=VALUES).svg())


def test_the_styles_stay_within_the_picture() -> None:
    style = ElementTree.fromstring(graph(TEXTS[0]).svg()).findtext(f"{SVG}style")
    assert style is not None
    for line in style.strip().splitlines():
        assert line.strip().startswith(".matrixcalc-graph ")


def test_a_notebook_draws_it() -> None:
    g = graph(TEXTS[0])
    drawn = g._repr_svg_()
    assert drawn is not None
    assert drawn.startswith("<svg")
    assert "<pre>forwards" in g._repr_html_()


def test_without_the_library_the_text_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grandalf.graphs", None)
    g = graph(TEXTS[0])
    with pytest.raises(UnsupportedError, match="needs the library grandalf"):
        g.svg()
    assert g._repr_svg_() is None
    assert "<pre>forwards" in g._repr_html_()


def test_mermaid_and_dot_name_every_node_and_edge() -> None:
    g = graph(TEXTS[1])
    edges = sum(len(n.incoming) for n in g.nodes)
    assert g.mermaid().count("-->") == edges
    assert g.dot().count(" -> ") == edges
    assert g.dot().count("[label=") == edges + len(g.nodes)
