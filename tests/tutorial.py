"""The tutorial notebook, run anew: ``python tests/tutorial.py`` writes docs/tutorial.ipynb.

With ``--check`` nothing is written; the exit status is 1 if the stored outputs are not
those of today. It needs the extra ``notebook``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent.parent / "docs" / "tutorial.ipynb"
Notebook = dict[str, Any]


def load() -> Notebook:
    """The notebook as it is stored."""
    made: Notebook = json.loads(PATH.read_text(encoding="utf-8"))
    return made


def executed(notebook: Notebook) -> Notebook:
    """The notebook with the outputs of a fresh kernel, and nothing in it that varies."""
    import nbformat
    from nbclient import NotebookClient

    made = nbformat.reads(json.dumps(notebook), as_version=4)
    NotebookClient(made, timeout=120, kernel_name="python3", record_timing=False).execute()
    return trimmed(json.loads(nbformat.writes(made)))


def trimmed(notebook: Notebook) -> Notebook:
    """Without what differs from run to run; of a picture the SVG and the text are kept."""
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        kept = {
            "cell_type": cell["cell_type"],
            "id": f"cell-{number}",
            "metadata": {},
            "source": "".join(cell["source"]).splitlines(keepends=True),
        }
        if cell["cell_type"] == "code":
            kept |= {
                "execution_count": cell["execution_count"],
                "outputs": _outputs(cell["outputs"]),
            }
        cells.append(dict(sorted(kept.items())))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _outputs(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is printed comes in pieces, as it happens: one output is made of them."""
    made: list[dict[str, Any]] = []
    for output in outputs:
        if "data" in output:
            made.append({**output, "data": shown(output["data"]), "metadata": {}})
        elif made and output.get("name") == made[-1].get("name"):
            made[-1]["text"] += output["text"]
        else:
            made.append(dict(output))
    for output in made:
        if "text" in output:
            output["text"] = "".join(output["text"]).splitlines(keepends=True)
    return [dict(sorted(output.items())) for output in made]


def shown(data: dict[str, Any]) -> dict[str, Any]:
    """The representations of a value that are stored, in the shape in which they are stored."""
    drawn = "image/svg+xml" in data
    return {
        kind: "".join(text).splitlines(keepends=True)
        for kind, text in sorted(data.items())
        if not (drawn and kind == "text/html")
    }


def written(notebook: Notebook) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    today = written(executed(load()))
    if "--check" not in sys.argv[1:]:
        PATH.write_text(today, encoding="utf-8")
    elif today != PATH.read_text(encoding="utf-8"):
        sys.exit("the tutorial is not current: write it anew by python tests/tutorial.py")
