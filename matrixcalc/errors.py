"""The errors of matrixcalc: all are subclasses of :class:`MatrixCalcError`.

Inner code raises them with a short message and, where it knows it, the span of
the text that is at fault; the outermost function adds the text once, so that the
message shows the place with a caret.
"""

from __future__ import annotations

import unicodedata

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
        if self.text is not None and self.span is not None and self.text.strip():
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

    A long line is cut to a window around the place; what has no picture is shown as a box.

    >>> print(point_at("x*y", (0, 3)))
        x*y
        ^^^
    """
    start = max(0, min(span[0], len(text)))
    end = max(start + 1, span[1])
    line_start = max(text.rfind(mark, 0, start) for mark in _LINE_ENDS) + 1
    line_end = min(text.find(mark, start) % (len(text) + 1) for mark in _LINE_ENDS)
    left, right = line_start, line_end
    if right - left > _WINDOW:
        left = max(left, min(start - _WINDOW // 2, right - _WINDOW))
        right = min(right, left + _WINDOW)
    before = "…" if left > line_start else ""
    after = "…" if right < line_end else ""
    head = before + _picture(text[left:start])
    marked = _picture(text[start : min(end, right)])
    line = head + marked + _picture(text[min(end, right) : right]) + after
    return f"    {line}\n    {' ' * _columns(head)}{'^' * max(1, _columns(marked))}"


_LINE_ENDS = "\n\r\u2028\u2029\x85"


def _picture(text: str) -> str:
    """The text as it can be shown in a line, one character for each."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if unicodedata.category(c) == "Zs" or c == "\t" else "□"
        for c in text
    )


def _columns(text: str) -> int:
    """The columns of a terminal that a text takes: letters of Chinese take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def character(c: str) -> str:
    """A character for a message, by number and name if it cannot be seen alone.

    >>> print(character("%"), character("\\u202e"))
    '%' U+202E (right-to-left override)
    """
    if c.isprintable() and not unicodedata.combining(c) and c != "'":
        return f"'{c}'"
    name = unicodedata.name(c, "").lower()
    return f"U+{ord(c):04X}" + (f" ({name})" if name else "")
