"""Drawings of graphs: valid, escaped, complete, nothing upon anything else."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations
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
    text = graph(TEXTS[1]).svg()
    assert "…" in text
    assert re.search(r"<title>∂L/∂W = [^<]*\*x&#x27;</title>", text)


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


def test_edges_run_from_box_to_box() -> None:
    boxes = [Box(40, 20), Box(60, 20), Box(50, 30)]
    routes = arrange(boxes, [(0, 1), (1, 2), (0, 2)])
    assert boxes[0].right < boxes[1].left < boxes[1].right < boxes[2].left
    for route, (a, b) in zip(routes, [(0, 1), (1, 2), (0, 2)], strict=True):
        assert route[0] == (boxes[a].right, boxes[a].y)
        assert route[-1] == (boxes[b].left, boxes[b].y)


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
