"""What text is made of: pieces with how tightly they bind, and numbers."""

from __future__ import annotations

from fractions import Fraction

from matrixcalc.expr import Expr

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly a piece of text binds, loosest first."""

_LONG_NUMBER = 21
"""Numbers of more digits are written with an exponent, if that is shorter."""

Piece = str | tuple[Expr, int, int]
"""A text, or an expression with the binding it needs and the axes whose size is known."""


def number_pieces(value: Fraction) -> tuple[int, list[Piece]]:
    """A number and how tightly it binds."""
    top, bottom = as_factor(abs(value))
    sign = "-" if value < 0 else ""
    if bottom:
        return PRODUCT, [f"{sign}{top}/{bottom}"]
    return (PRODUCT if sign else ATOM), [sign + top]


def exponent_pieces(value: Fraction) -> list[Piece]:
    """A number behind a sign of power."""
    _, pieces = number_pieces(value)
    text = str(pieces[0])
    return [f"({text})" if "/" in text else text]


def as_factor(value: Fraction) -> tuple[str, str]:
    """A number not below zero as (numerator, denominator), the latter ``""`` for 1.

    Decimals where they are short and exact: 0.5, but 1/3.
    """
    if value.denominator == 1:
        return integer(value.numerator), ""
    for digits in range(1, 7):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            text = str(scaled.numerator).rjust(digits + 1, "0")
            return f"{text[:-digits]}.{text[-digits:]}", ""
    return integer(value.numerator), integer(value.denominator)


def integer(value: int) -> str:
    """A whole number in digits, or with an exponent if nearly all of many digits are zeros.

    >>> integer(1200), integer(12 * 10**30)
    ('1200', '12e30')
    """
    text = str(value)
    digits = text.rstrip("0")
    short = len(text) > _LONG_NUMBER and len(digits) < _LONG_NUMBER
    return f"{digits}e{len(text) - len(digits)}" if short else text
