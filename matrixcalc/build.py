"""Constructors of expressions: the only way to make a node, always in normal form.

Normal form is light: it keeps sums whole and what the user wrote in its order. It
merges what is plainly the same (like terms, powers of one base, ``eye`` and zeros),
puts a product's number and scalars first, and moves transposes inside products.
Operands must fit: shapes are checked by :mod:`matrixcalc.infer`, not here.

The constructors need each other: a sum makes products, a product adds up exponents. Their files,
in ``constructors``, import one way (``atoms``, ``factors``, ``transposes``, ``powers``,
``neighbours``, ``products``, ``hadamard``, ``sums``, ``functions``); what a file needs of a later
one it asks of this module, as ``build.add``.
"""

from matrixcalc.constructors.atoms import (
    HALF,
    MINUS,
    PI,
    UNIT,
    ZERO,
    commutation,
    eye,
    is_zero,
    num,
    ones,
    size,
    sym,
    zeros,
)
from matrixcalc.constructors.factors import (
    base_and_exponent,
    divides,
    elementwise_base,
    is_reciprocal,
    mutually_inverse,
)
from matrixcalc.constructors.functions import call, function
from matrixcalc.constructors.hadamard import had
from matrixcalc.constructors.powers import epower, power
from matrixcalc.constructors.products import mul, split_number, split_sign
from matrixcalc.constructors.sums import add, neg, sub
from matrixcalc.constructors.transposes import is_symmetric, transpose

__all__ = [
    "HALF",
    "MINUS",
    "PI",
    "UNIT",
    "ZERO",
    "add",
    "base_and_exponent",
    "call",
    "commutation",
    "divides",
    "elementwise_base",
    "epower",
    "eye",
    "function",
    "had",
    "is_reciprocal",
    "is_symmetric",
    "is_zero",
    "mul",
    "mutually_inverse",
    "neg",
    "num",
    "ones",
    "power",
    "size",
    "split_number",
    "split_sign",
    "sub",
    "sym",
    "transpose",
    "zeros",
]
