"""The errors of matrixcalc: all are subclasses of :class:`MatrixCalcError`.

Inner code raises them with a short message and, where it knows it, the span of
the text that is at fault; the outermost function adds the text once, so that the
message shows the place with a caret.
"""

from __future__ import annotations

Span = tuple[int, int]
"""Start and end offset, in characters, of a piece of the input text."""


class MatrixCalcError(Exception):
    """Base class of every error that matrixcalc raises on purpose.

    Attributes:
        message: what is wrong, in a sentence, without the picture of the place.
        hint: what to do instead, or ``""``.
        text: the text that was read, or ``None`` where no text is at fault.
        span: start and end offset in ``text``, or ``None``.
    """

    def __init__(
        self,
        message: str,
        *,
        span: Span | None = None,
        hint: str = "",
        text: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint
        self.text = text

    def with_text(self, text: str) -> MatrixCalcError:
        """Add the text that was read, unless it is known already; returns self."""
        if self.text is None:
            self.text = text
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.span, self.hint, self.text))

    def __str__(self) -> str:
        parts = [self.message]
        if self.text is not None and self.span is not None:
            parts.append(point_at(self.text, self.span))
        if self.hint:
            parts.append(self.hint)
        return "\n".join(parts)


def _rebuild(
    cls: type[MatrixCalcError], message: str, span: Span | None, hint: str, text: str | None
) -> MatrixCalcError:
    return cls(message, span=span, hint=hint, text=text)


class ParseError(MatrixCalcError):
    """The text is not of the language: syntax, declarations, number of arguments."""


class ShapeError(MatrixCalcError):
    """Kinds or dimensions do not fit together."""


class UnknownNameError(MatrixCalcError):
    """A name that is neither a variable of the expression nor a function."""


class UnsupportedError(MatrixCalcError):
    """Well-formed, but without a derivative here: the message says never or not yet."""


class LimitError(MatrixCalcError):
    """The input or the result is larger than the stated limit."""


class RuleError(MatrixCalcError):
    """A function that a user adds has a differential that is wrong or cannot be checked."""


class VerificationError(MatrixCalcError):
    """A result differs from the entry-by-entry derivative: a defect to be reported."""


_WINDOW = 72


def point_at(text: str, span: Span) -> str:
    """The line of ``text`` that holds ``span``, with carets below it.

    A long line is cut to a window around the place.

    >>> print(point_at("x*y", (0, 3)))
        x*y
        ^^^
    """
    start = max(0, min(span[0], len(text)))
    end = max(start + 1, span[1])
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    if line_end < 0:
        line_end = len(text)
    line = text[line_start:line_end].replace("\t", " ").replace("\r", " ")
    column = start - line_start
    width = max(1, min(end, line_end) - start)
    before = after = ""
    if len(line) > _WINDOW:
        left = max(0, min(column - _WINDOW // 2, len(line) - _WINDOW))
        before = "…" if left else ""
        after = "…" if left + _WINDOW < len(line) else ""
        width = min(width, left + _WINDOW - column) if column < left + _WINDOW else 1
        line = before + line[left : left + _WINDOW] + after
        column = column - left + len(before)
    return f"    {line}\n    {' ' * column}{'^' * max(1, width)}"
