"""``matrixcalc code EXPR WRT``: the source of a derivative on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from matrixcalc.cases import LAYOUTS

Reader = Callable[[str], str]
Declarer = Callable[[Sequence[str]], Mapping[str, str]]


def add_code(
    group: click.Group, emit: Callable[[str], None], read: Reader, declarations: Declarer
) -> None:
    """Add the command ``code`` to the command line."""

    @group.command(context_settings={"ignore_unknown_options": True})
    @click.argument("expression")
    @click.argument("wrt")
    @click.option("--target", default="numpy", show_default=True)
    @click.option("--order", type=click.IntRange(0, 2), default=1, show_default=True)
    @click.option("--value", is_flag=True, help="The value too, from the same function.")
    @click.option("--dense", is_flag=True, help="A Hessian as an array, whatever its structure.")
    @click.option("--hvp", "product", is_flag=True, help="The Hessian times a direction v.")
    @click.option(
        "--layout", type=click.Choice(list(LAYOUTS)), default="mixed", show_default=True
    )
    @click.option("--vars", "declared", multiple=True, metavar='"W: matrix(n, m); …"')
    def code(
        expression: str,
        wrt: str,
        target: str,
        order: int,
        value: bool,
        dense: bool,
        product: bool,
        layout: str,
        declared: tuple[str, ...],
    ) -> None:
        """Print a function that computes the derivative of EXPRESSION by WRT."""
        from matrixcalc.codegen import api

        text, found = read(expression), declarations(declared) or None
        if product:
            emit(api.code(text, wrt, target=target, vars=found, product="hvp").rstrip())
            return
        orders = (0, order) if value and order else order
        emit(api.code(text, wrt, orders, target, vars=found, layout=layout, dense=dense).rstrip())
