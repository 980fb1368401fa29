"""The command line: ``matrixcalc "y = W*x" x``.

Exit status: 0 good, 1 something was checked and is wrong, 2 bad input, 70 a defect of
matrixcalc, 74 the output cannot be written, 130 interrupted, 141 nobody reads it any more.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from typing import IO, NoReturn

import click

from matrixcalc.cases import LAYOUTS, READINGS
from matrixcalc.errors import (
    LimitError,
    MatrixCalcError,
    ParseError,
    UnsupportedError,
    VerificationError,
)

FORMS = ("matrix", "index", "vec", "vjp")

_LIMIT = "the input or its derivative is too deep or too large for this machine"


_SIGNS = "∂²/×δ…ᵀ⁻¹₁‖⊙⊗⊘√↦"


def _unicode(stream: IO[str], signs: str = "∂²/×δ…") -> bool:
    try:
        signs.encode(getattr(stream, "encoding", None) or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def emit(text: str, stream: IO[str] | None = None) -> None:
    """Write a line in what the stream's encoding can hold; standard output by default."""
    out = sys.stdout if stream is None else stream
    if out is None:  # closed before the start
        return
    if not _unicode(out):
        from matrixcalc.printers.ascii import to_ascii

        text = to_ascii(text)
    encoding = getattr(out, "encoding", None) or "ascii"
    out.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _read(text: str) -> str:
    if text != "-":
        return text
    if sys.stdin is None:
        raise ParseError("standard input is closed", hint="give the expression as an argument")
    try:
        return sys.stdin.read().strip("\n")
    except UnicodeDecodeError as error:
        message = f"standard input is no {error.encoding} text (byte {error.start})"
        raise ParseError(message) from None


def _declarations(pieces: Sequence[str]) -> dict[str, str]:
    """The options ``--vars "W: matrix(n, m); x: vector(m)"`` as a mapping.

    >>> _declarations(["W: matrix(n, m); x: vector(m)", "a: scalar"])
    {'W': 'matrix(n, m)', 'x': 'vector(m)', 'a': 'scalar'}
    """
    found: dict[str, str] = {}
    for piece in pieces:
        for match in re.finditer(r"[^;\n]+", piece):
            if not match[0].strip():
                continue
            name, colon, kind = (part.strip() for part in match[0].partition(":"))
            if not (colon and name and kind):
                raise ParseError(
                    "a declaration has the form name: kind",
                    text=piece,
                    span=match.span(),
                    hint='such as --vars "W: matrix(n, m); x: vector(m)"',
                )
            if name in found:
                raise ParseError(f"{name} is declared twice", text=piece, span=match.span())
            found[name] = kind
    return found


def _refuse_options(names: Sequence[str]) -> None:
    for name in names:
        if re.fullmatch(r"--[a-z][a-z-]+(=.*)?", name, re.DOTALL):
            raise click.NoSuchOption(name.partition("=")[0], possibilities=_near(name))


def _near(name: str) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name.partition("=")[0], _OPTIONS)


_OPTIONS = (
    *("--layout", "--vars", "--verify", "--no-verify", "--json", "--form"),
    *("--latex", "--mathml", "--pretty", "--structured"),
)


def _version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if not asked:
        return
    from matrixcalc import __version__

    emit(f"matrixcalc {__version__}")
    context.exit()


class _Group(click.Group):
    """The commands of other files are loaded when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.commands.get(cmd_name) or commands().get(cmd_name)


@click.group(cls=_Group, context_settings={"max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version)
def cli() -> None:
    """Derivatives of scalars, vectors and matrices in matrix notation, verified by SymPy.

    \b
    matrixcalc "y = W*x" x          the derivative of y by x
    matrixcalc "x'*A*x" x x         the second derivative
    matrixcalc - x                  the expression from standard input
    """


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("expression")
@click.argument("wrt", nargs=-1, required=True)
@click.option("--layout", type=click.Choice(list(LAYOUTS)), default="numerator", show_default=True)
@click.option("--vars", "declared", multiple=True, metavar='"W: matrix(n, m); …"')
@click.option("--verify/--no-verify", default=True, help="Check by SymPy (the default) or not.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--form", type=click.Choice(FORMS), help="Print this reading alone.")
@click.option("--latex", is_flag=True, help="Print the equation as LaTeX.")
@click.option("--mathml", is_flag=True, help="Print the equation as MathML.")
@click.option("--pretty", is_flag=True, help="Print the equation in mathematical signs.")
@click.option("--structured", type=click.Choice(READINGS), help="For a variable with a property.")
def derive(
    expression: str,
    wrt: tuple[str, ...],
    layout: str,
    declared: tuple[str, ...],
    verify: bool,
    as_json: bool,
    form: str | None,
    latex: bool,
    mathml: bool,
    pretty: bool,
    structured: str | None,
) -> None:
    """Differentiate EXPRESSION by each WRT in turn; "-" reads it from standard input."""
    _refuse_options((expression, *wrt))
    from matrixcalc import report
    from matrixcalc.derive import derive as differentiate

    d = differentiate(
        _read(expression),
        *wrt,
        vars=_declarations(declared) or None,
        layout=layout,
        verify=verify,
        structured=structured,
    )
    if as_json:
        import json

        emit(json.dumps(d.to_dict(), ensure_ascii=not _unicode(sys.stdout), indent=2))
    elif latex:
        emit(d.latex(form=form or "matrix"))
    elif mathml:
        emit(d.mathml(form or "matrix"))
    elif pretty:
        emit(d.pretty(form or "matrix", ascii=not _unicode(sys.stdout, _SIGNS)))
    elif form is None:
        for line in report.answer_lines(d):
            emit(line)
    else:
        text = report.reading(d, form)
        if text is None:
            raise UnsupportedError(
                f"this derivative, {d.case}, has no {form} form",
                hint="leave out --form to see the forms that it has",
            )
        emit(text)


@cli.command()
def cases() -> None:
    """Print the nine cells, each with an example, and the layouts."""
    from matrixcalc.report import case_lines

    for line in case_lines():
        emit(line)


@cli.command()
@click.option("--verify", is_flag=True, help="Prove every row; exit status 1 if one fails.")
def rules(verify: bool) -> None:
    """Print the rule table."""
    from matrixcalc.report import rule_lines

    if not verify:
        for line in rule_lines():
            emit(line)
        return
    _verify_rules()


def _verify_rules() -> None:
    from matrixcalc.operators import TABLE
    from matrixcalc.report import columns
    from matrixcalc.rules_check import check_identities, check_rule

    done: list[tuple[str, str, str]] = []
    rows = list(TABLE.values())
    hidden = not sys.stderr.isatty()
    with click.progressbar(rows, label="rules", file=sys.stderr, hidden=hidden) as bar:
        for row in bar:
            done.append((row.name, *check_rule(row)))
        for text, verdict in check_identities():
            done.append((text, *verdict))
    for line in columns([("function", "verdict", "how"), *done]):
        emit(line)
    failed = [name for name, status, _ in done if status == "failed"]
    if failed:
        raise VerificationError(f"wrong: {', '.join(failed)}")


@cache
def commands() -> dict[str, click.Command]:
    """All commands, by name."""
    from matrixcalc.cli_check import add_check
    from matrixcalc.cli_show import add_commands
    from matrixcalc.codegen.command import add_code

    add_commands(cli, emit, _read, _declarations)
    add_code(cli, emit, _read, _declarations)
    add_check(cli, emit, _declarations)
    return dict(cli.commands)


def _with_command(arguments: list[str]) -> list[str]:
    """``derive`` is the command where none is named.

    >>> _with_command(["y = W*x", "x"]), _with_command(["cases"])
    (['derive', 'y = W*x', 'x'], ['cases'])
    """
    if not arguments or arguments[0] in ("--help", "--version"):
        return arguments
    word = arguments[0]
    named = word in cli.commands or (word.isidentifier() and word in commands())
    return arguments if named else ["derive", *arguments]


_UNWRITABLE = (errno.EBADF, errno.EFBIG, errno.EIO, errno.ENOSPC)


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit status and raises nothing."""
    if not arguments:
        emit(cli.get_help(click.Context(cli, info_name="matrixcalc")), sys.stderr)
        return 2
    try:
        # Not cli.main, which deals with broken pipes and interrupts in ways of its own.
        with cli.make_context("matrixcalc", _with_command(arguments)) as context:
            cli.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _complain(error.format_message(), _how_called(error, arguments))
    except VerificationError as error:
        _complain(str(error))
        return 1
    except MatrixCalcError as error:
        return _complain(str(error))
    except (RecursionError, MemoryError):
        return _complain(str(LimitError(_LIMIT)))
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return 130
    except BrokenPipeError:
        _forget_output()
        return 141
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            _forget_output()
            _complain(f"the output cannot be written: {error.strerror}")
            return 74
        if os.environ.get("MATRIXCALC_DEBUG"):
            raise
        _complain(
            f"a defect of matrixcalc: {type(error).__name__}: {error}",
            "please report it with the expression; MATRIXCALC_DEBUG=1 shows where it arises",
        )
        return 70
    return 0


def _forget_output() -> None:
    """What is left in the buffer would raise again when Python flushes it at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _how_called(error: click.ClickException, arguments: Sequence[str]) -> str:
    if isinstance(error, click.MissingParameter):
        return 'as in matrixcalc "y = W*x" x; matrixcalc --help shows all'
    if arguments and arguments[0] in ("cases", "rules"):
        return f"for an expression of that name: matrixcalc derive {arguments[0]} …"
    return "matrixcalc --help shows how it is called"


def _complain(message: str, hint: str = "") -> int:
    emit(f"matrixcalc: {message}", sys.stderr)
    if hint:
        emit(hint, sys.stderr)
    return 2


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The script's entry: runs the command line and exits with its status."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(run([_as_utf8(argument) for argument in given]))


def _as_utf8(argument: str) -> str:
    """An argument as UTF-8, also where the locale says that it is ASCII."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument
