"""The command ``matrixcalc check``: one claim, or the claims in files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matrixcalc.cases import LAYOUTS

if TYPE_CHECKING:
    from matrixcalc.checks.batch import Outcome
    from matrixcalc.reading.records import Found

FORMATS = ("text", "json", "github")
Emit = Callable[[str], None]


def add_check(
    group: click.Group, emit: Emit, declarations: Callable[[Sequence[str]], Mapping[str, str]]
) -> None:
    """Put the command into the group."""

    @group.command("check")
    @click.argument("claims", nargs=-1, required=True, metavar="CLAIM|FILE…")
    @click.option("--layout", type=click.Choice(list(LAYOUTS)), help="The layout that is meant.")
    @click.option("--vars", "declared", multiple=True, metavar='"W: matrix(n, m); …"')
    @click.option(
        "--structured",
        type=click.Choice(["gradient", "entries", "none"]),
        help="How a variable with a property is read.",
    )
    @click.option("--format", "form", type=click.Choice(FORMATS), default="text")
    @click.option("--jobs", type=click.IntRange(1), default=1, help="Parallel processes.")
    @click.option(
        "--timeout",
        type=click.FloatRange(min=0.001),
        default=10.0,
        show_default=True,
        help="Seconds for a claim; one that takes longer is undecided.",
    )
    @click.pass_context
    def check(
        context: click.Context,
        claims: tuple[str, ...],
        layout: str | None,
        declared: tuple[str, ...],
        structured: str | None,
        form: str,
        jobs: int,
        timeout: float,
    ) -> None:
        """Check a CLAIM such as "d(x'*A*x)/dx = 2*A*x", or the claims in each FILE.

        Files are Markdown, Python, LaTeX or plain .mc files, folders are searched for them, and -
        is standard input, one claim a line. Exit status 1 if a claim is false, 2 if one cannot
        be read.
        """
        from matrixcalc.checks.batch import Options, check_all, failed

        found = _found(claims)
        options = Options(
            dict(declarations(declared)) or None, layout, timeout, structured
        )
        outcomes: list[Outcome] = []
        hidden = not sys.stderr.isatty() or len(found) < 10
        with click.progressbar(
            check_all(found, options, jobs),
            length=len(found),
            label="claims",
            file=sys.stderr,
            hidden=hidden,
        ) as bar:
            outcomes.extend(bar)
        for line in report(outcomes, form):
            emit(line)
        if any(o.status == "unreadable" for o in outcomes):
            context.exit(2)
        if any(failed(o) for o in outcomes):
            context.exit(1)


def _found(claims: Sequence[str]) -> list[Found]:
    from matrixcalc.reading.files import SUFFIXES, claims_of
    from matrixcalc.reading.mc import claims_in
    from matrixcalc.reading.records import Found

    found: list[Found] = []
    for text in claims:
        if text == "-":
            found.extend(claims_in(sys.stdin.read(), "<stdin>"))
            continue
        looks = "=" not in text and text.lower().endswith(SUFFIXES)
        if looks or os.path.isfile(text):
            found.extend(claims_of(Path(text)))
        elif os.path.isdir(text):
            for path in sorted(Path(text).rglob("*")):
                if path.suffix in SUFFIXES and path.is_file():
                    found.extend(claims_of(path))
        else:
            no = f"{text} is no file, and no claim: a claim has an ="
            found.append(Found("", 0, text, problem="" if "=" in text else no, shown=text))
    return found


def report(outcomes: Sequence[Outcome], form: str) -> list[str]:
    """The lines to print."""
    if form == "json":
        return [json.dumps([o.to_dict() for o in outcomes], indent=2)]
    lines: list[str] = []
    for o in outcomes:
        if form == "github":
            if not o.good:
                lines.append(_annotation(o))
        elif o.found.file:
            mark = " (as marked)" if o.good else " (unexpected)"
            mark = "" if o.found.expected == "true" else mark
            where = f"{o.found.file}:{o.found.line}"
            shown = "" if o.status == "true" else f"    {o.found.shown}"
            lines.append(f"{where}: {o.status}{mark}: {o.reason}{shown}".rstrip())
        else:
            lines.extend(_alone(o))
    if form == "text" and any(o.found.file for o in outcomes):
        lines.append(_summary(outcomes))
    elif form == "text" and not outcomes:
        lines.append("no claims found")
    return lines


def _alone(o: Outcome) -> list[str]:
    lines = [f"{o.status}: {o.reason}"]
    counter = (o.verdict or {}).get("counterexample")
    if o.status == "false" and counter:
        from matrixcalc.checks.verdict import Counterexample

        lines.append(str(Counterexample.from_dict(counter)))
    return lines


def _summary(outcomes: Sequence[Outcome]) -> str:
    count: dict[str, int] = {}
    for o in outcomes:
        count[o.status] = count.get(o.status, 0) + 1
    parts = ", ".join(f"{n} {status}" for status, n in count.items())
    return f"{len(outcomes)} claim{'s' if len(outcomes) != 1 else ''}: {parts}"


def _annotation(o: Outcome) -> str:
    level = {"false": "error", "unreadable": "error"}.get(o.status, "warning")
    text = f"{o.status}: {o.reason}".replace("%", "%25").replace("\r", "").replace("\n", "%0A")
    name = o.found.file.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    place = f" file={name},line={o.found.line}" if o.found.file else ""
    return f"::{level}{place}::{text}"
