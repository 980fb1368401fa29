"""``matrixcalc code EXPR WRT``: the source of a derivative on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

import click

from matrixcalc.cases import LAYOUTS, READINGS
from matrixcalc.codegen.targets import TARGETS
from matrixcalc.errors import ParseError

Reader = Callable[[str], str]
Declarer = Callable[[Sequence[str]], Mapping[str, str]]

_PRODUCTS = {
    "jvp": "The Jacobian times a direction v instead of the Jacobian.",
    "vjp": "An upstream gradient G times the Jacobian instead of the Jacobian.",
    "hvp": "The Hessian times a direction v instead of the Hessian.",
}


def sizes_of(pieces: Sequence[str]) -> dict[str, int]:
    """The options ``--sizes n=1000,k=10`` as a mapping.

    >>> sizes_of(["n=1000,k=10", "m = 5"])
    {'n': 1000, 'k': 10, 'm': 5}
    """
    found: dict[str, int] = {}
    for part in filter(str.strip, re.split("[,;\n]", ",".join(pieces))):
        match = re.fullmatch(r"\s*(\w+)\s*=\s*(\d{1,12})\s*", part)
        if match is None or int(match[2]) == 0:
            raise ParseError(
                f"a size has the form name = number, not {part.strip()!r}",
                hint="such as --sizes n=1000,k=10",
            )
        found[match[1]] = int(match[2])
    return found


def orders_of(text: str) -> tuple[int, ...]:
    """The option ``--order 0,1,2`` as numbers.

    >>> orders_of("2"), orders_of("0, 1")
    ((2,), (0, 1))
    """
    if not re.fullmatch(r"\s*[012]\s*(,\s*[012]\s*)*", text):
        raise ParseError(f"the order is 0, 1 or 2, or several such as 0,1,2, not {text!r}")
    return tuple(int(part) for part in text.split(","))


def add_code(
    group: click.Group, emit: Callable[[str], None], read: Reader, declarations: Declarer
) -> None:
    """Add the command ``code`` to the command line."""

    @group.command(context_settings={"ignore_unknown_options": True})
    @click.argument("expression")
    @click.argument("wrt")
    @click.argument("more", nargs=-1, metavar="")
    @click.option("--target", default="numpy", show_default=True,
                  help=f"What it is written for: {', '.join(TARGETS)}.")
    @click.option("--order", metavar="0|1|2|…",
                  help="0 the value, 1 the derivative (the default), 2 the second one; "
                  "0,1,2 gives all three. Before a product only a list counts, as in 0,1.")
    @click.option("--value", is_flag=True, help="The value too, from the same function.")
    @click.option("--product", type=click.Choice(list(_PRODUCTS)),
                  help="A product with the derivative, which is never formed.")
    @click.option("--jvp", "product", flag_value="jvp", help=_PRODUCTS["jvp"])
    @click.option("--vjp", "product", flag_value="vjp", help=_PRODUCTS["vjp"])
    @click.option("--hvp", "product", flag_value="hvp", help=_PRODUCTS["hvp"])
    @click.option("--layout", type=click.Choice(list(LAYOUTS)), default="mixed",
                  show_default=True)
    @click.option("--vars", "declared", multiple=True, metavar='"W: matrix(n, m); …"',
                  help="Kinds, shapes and properties of variables.")
    @click.option("--structured", type=click.Choice(READINGS),
                  help="For a variable with a property.")
    @click.option("--sizes", "hints", multiple=True, metavar="n=1000,k=10",
                  help="Typical sizes, which decide the order of multiplication.")
    @click.option("--dense", is_flag=True,
                  help="A Hessian with a structure as an array, not as an operator.")
    @click.pass_context
    def code(
        context: click.Context,
        expression: str,
        wrt: str,
        more: tuple[str, ...],
        target: str,
        order: str | None,
        value: bool,
        product: str | None,
        layout: str,
        declared: tuple[str, ...],
        structured: str | None,
        hints: tuple[str, ...],
        dense: bool,
    ) -> None:
        """Print a function that computes the derivative of EXPRESSION by WRT.

        \b
        matrixcalc code "x'*A*x" x                          the gradient, with NumPy
        matrixcalc code "norm2(A*x - b)^2" x --order 0,1,2  value, gradient and Hessian
        matrixcalc code "norm2(T - U*V')^2" U --hvp         the Hessian times a direction
        """
        _refuse(context, (expression, wrt, *more))
        from matrixcalc.codegen import api

        orders = orders_of(order or "1")
        if product and len(orders) == 1:
            # the order of what is multiplied, which is not asked for itself
            orders = tuple(k for k in orders if not k)
        if value:
            orders = (0, *(k for k in orders if k))
        alone = orders[0] if len(orders) == 1 and not product else orders or 1
        text = api.code(
            read(expression),
            wrt,
            alone,
            target,
            vars=declarations(declared) or None,
            layout=layout,
            sizes=sizes_of(hints) or None,
            structured=structured,
            dense=dense,
            product=product,
        )
        emit(text.rstrip())


def _refuse(context: click.Context, words: Sequence[str]) -> None:
    """Refuse options that there are not, and more variables than one."""
    known = [name for p in context.command.params for name in p.opts if name.startswith("--")]
    for word in words:
        if re.fullmatch(r"--[a-z][a-z-]+(=.*)?", word, re.DOTALL):
            name = word.partition("=")[0]
            raise click.NoSuchOption(name, possibilities=get_close_matches(name, known))
    if len(words) > 2:
        raise ParseError(
            f"code is for one variable, not for {' and '.join(words[1:])}",
            hint="--order 2 gives the second derivative",
        )
