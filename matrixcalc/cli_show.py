"""The commands that show the work: ``matrixcalc explain`` and ``matrixcalc graph``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from matrixcalc.cases import LAYOUTS, READINGS
from matrixcalc.errors import ParseError

FORMATS = ("text", "svg", "mermaid", "dot", "json")

Reader = Callable[[str], str]
Declarer = Callable[[Sequence[str]], Mapping[str, str]]


def values_of(pieces: Sequence[str]) -> dict[str, Any]:
    """The options ``--values "W = [[1, 2]]; x = [0.2, 0.4]"`` as numbers and lists.

    >>> values_of(["W = [[1, 2]]; x = [0.2, 0.4]", "a=3"])
    {'W': [[1, 2]], 'x': [0.2, 0.4], 'a': 3}
    """
    found: dict[str, Any] = {}
    for piece in pieces:
        for part in filter(str.strip, piece.replace("\n", ";").split(";")):
            name, equals, text = part.partition("=")
            try:
                made = json.loads(text)
            except ValueError:
                made = None
            if not (equals and name.strip()) or not _is_numbers(made):
                raise ParseError(
                    f"a value has the form name = numbers, not {part.strip()!r}",
                    hint='such as --values "W = [[0.1, 0.5], [-0.3, 0.8]]; x = [0.2, 0.4]"',
                )
            found[name.strip()] = made
    return found


def _is_numbers(made: object) -> bool:
    rows = made if isinstance(made, list) else [made]
    entries = [x for row in rows for x in (row if isinstance(row, list) else [row])]
    lengths = {len(row) for row in rows if isinstance(row, list)}
    kinds = {isinstance(row, list) for row in rows}
    return (
        bool(entries)
        and len(lengths) < 2
        and len(kinds) < 2
        and all(isinstance(x, int | float) and not isinstance(x, bool) for x in entries)
    )


def add_commands(
    group: click.Group, emit: Callable[[str], None], read: Reader, declarations: Declarer
) -> None:
    """Give the command line its commands ``explain`` and ``graph``."""

    @group.command(context_settings={"ignore_unknown_options": True})
    @click.argument("expression")
    @click.argument("wrt", nargs=-1, required=True)
    @click.option("--style", type=click.Choice(["differential", "elements"]),
                  default="differential", show_default=True, help="By rules, or by entries.")
    @click.option("--format", "form", type=click.Choice(["text", "latex", "json"]),
                  default="text", show_default=True)
    @click.option("--latex", "form", flag_value="latex", help="An align* block.")
    @click.option("--json", "form", flag_value="json", help="The steps as JSON.")
    @click.option("--layout", type=click.Choice(list(LAYOUTS)), default="numerator",
                  show_default=True)
    @click.option("--vars", "declared", multiple=True, metavar='"W: matrix(n, m); …"')
    @click.option("--structured", type=click.Choice(READINGS),
                  help="For a variable with a property.")
    def explain(
        expression: str,
        wrt: tuple[str, ...],
        style: str,
        form: str,
        layout: str,
        declared: tuple[str, ...],
        structured: str | None,
    ) -> None:
        """Show how EXPRESSION is differentiated by each WRT in turn, step by step."""
        from matrixcalc.derive import derive

        d = derive(
            read(expression),
            *wrt,
            vars=declarations(declared) or None,
            layout=layout,
            verify=False,
            structured=structured,
        )
        if form == "json":
            from matrixcalc.derivation.explain import steps_in

            emit(json.dumps({"result": str(d), "steps": steps_in(d, style).to_dict()}, indent=2))
        else:
            emit(d.explain(style, form))

    @group.command(context_settings={"ignore_unknown_options": True})
    @click.argument("equations")
    @click.argument("wrt", nargs=-1)
    @click.option("--values", "given", multiple=True, metavar='"x = [0.2, 0.4]; …"')
    @click.option("--vars", "declared", multiple=True, metavar='"W: matrix(n, m); …"')
    @click.option("--format", "form", type=click.Choice(FORMATS), default="text",
                  show_default=True)
    @click.option("--json", "form", flag_value="json", help="The same as --format json.")
    def graph(
        equations: str,
        wrt: tuple[str, ...],
        given: tuple[str, ...],
        declared: tuple[str, ...],
        form: str,
    ) -> None:
        """Show EQUATIONS as a computational graph, and what flows back through it."""
        from matrixcalc.backprop import graph as made_of

        made = made_of(
            read(equations), wrt or None, values_of(given) or None, declarations(declared) or None
        )
        writers: dict[str, Callable[[], str]] = {
            "text": made.__str__,
            "svg": made.svg,
            "mermaid": made.mermaid,
            "dot": made.dot,
            "json": lambda: json.dumps(made.to_dict(), indent=2),
        }
        emit(writers[form]().rstrip("\n"))
