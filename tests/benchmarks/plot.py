"""The plot of docs/benchmarks.md: how many times faster than JAX each derivative is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.benchmarks.bars import BARS, TIE, TIE_FROM, compared, ratio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = ("#9ecae1", "#4292c6", "#08519c", "#041f3d")
"""Of the smallest size to the largest."""
LOSS = "#c0392b"
BAR = "#e08a00"
SIZES = ((0, 50), (50, 300), (300, 1000), (1000, 10**9))
"""The sizes n of each shade, the first not included."""
NAMES = ("n ≤ 50", "n ≤ 300", "n ≤ 1000", "n > 1000")
ROW = 0.21
"""Inches."""


def svg(cells: Sequence[dict[str, Any]]) -> str:
    """A row for each derivative, a dot for each size; a panel for each number of threads."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    shown = [cell for cell in cells if ratio(cell, "JAX") is not None]
    rows = list(dict.fromkeys((cell["problem"], cell["kind"]) for cell in shown))
    panels = [t for t in (1, 0) if any(cell["threads"] == t for cell in shown)]
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "matrixcalc", "font.size": 8}):
        figure = Figure(
            figsize=(3.0 + 3.2 * len(panels), 1.3 + ROW * len(rows)), layout="constrained"
        )
        axes = figure.subplots(1, max(1, len(panels)), sharex=True, sharey=True, squeeze=False)[0]
        for ax, threads in zip(axes, panels, strict=False):
            _panel(ax, [cell for cell in shown if cell["threads"] == threads], rows)
            ax.set_title("one thread" if threads else "all threads", fontsize=9)
        figure.supxlabel("times as fast as the best of JAX, both warm", fontsize=9)
        figure.legend(
            handles=_legend(),
            loc="outside upper center",
            ncols=7 if len(panels) > 1 else 4,
            frameon=False,
            handletextpad=0.2,
        )
        written = io.StringIO()
        FigureCanvasSVG(figure).print_svg(written, metadata={"Date": None, "Creator": None})
    # trailing spaces are of no use to anybody
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n"


def _panel(ax: Axes, cells: Sequence[dict[str, Any]], rows: Sequence[tuple[str, str]]) -> None:
    ax.axvspan(TIE, 1 / TIE, color="#eeeeee", zorder=0)
    ax.axvline(1, color="#555555", linewidth=0.8, zorder=1)
    for row in range(1, len(rows)):
        if rows[row][0] != rows[row - 1][0]:
            ax.axhline(row - 0.5, color="#dddddd", linewidth=0.6, zorder=0)
    for cell in cells:
        times = ratio(cell, "JAX")
        assert times is not None
        slower = compared(times, cell["n"]) == "slower"
        shade = next(k for k, (low, high) in enumerate(SIZES) if low < cell["n"] <= high)
        ax.plot(
            times,
            rows.index((cell["problem"], cell["kind"])),
            "o",
            markersize=5,
            color=SHADES[shade],
            markeredgecolor=LOSS if slower else "white",
            markeredgewidth=1.2 if slower else 0.5,
            zorder=2 + shade,
        )
    if any(cell["threads"] == 1 for cell in cells):
        asked = [(bar.times, (bar.problem, bar.kind)) for bar in BARS]
        at = [(least, rows.index(row)) for least, row in asked if row in rows]
        x, y = [x for x, _ in at], [y for _, y in at]
        ax.plot(x, y, "|", color=BAR, markersize=9, markeredgewidth=1.6)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,g}×")
    ax.grid(axis="x", color="#eeeeee", linewidth=0.5)
    ax.set_axisbelow(True)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)), [f"{problem}: {kind}" for problem, kind in rows])
    ax.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    dots = [
        Line2D([], [], marker="o", linestyle="", markersize=5, color=shade, label=name)
        for shade, name in zip(SHADES, NAMES, strict=True)
    ]
    lost = Line2D(
        [], [], marker="o", linestyle="", markersize=5, color="white",
        markeredgecolor=LOSS, markeredgewidth=1.2, label="slower than JAX",
    )  # fmt: skip
    bar = Line2D(
        [], [], marker="|", linestyle="", markersize=9, color=BAR, markeredgewidth=1.6, label="bar"
    )
    return [*dots, lost, bar, Patch(color="#eeeeee", label=f"a tie above n = {TIE_FROM}")]
