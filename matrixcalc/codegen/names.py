"""Names for generated code: variables become Python identifiers here and nowhere else.

Generated source is executed. It is made from expressions that are already parsed, and
the only text in it that a user chose is the names of variables; they pass through
:func:`identifier`, so that nothing but an identifier can come out.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

RESERVED = frozenset({"np", "xp", "jnp", "torch", "lapack", "blas", "special", "linalg", "info"})


def identifier(name: str, taken: Iterable[str] = ()) -> str:
    """An identifier for a variable that clashes with nothing.

    >>> identifier("lambda"), identifier("x"), identifier("np")
    ('lambda_', 'x', 'np_')
    """
    made = re.sub(r"\W", "_", name)
    if not made.isidentifier():
        made = f"v_{made}"
    used = set(taken)
    while keyword.iskeyword(made) or made in RESERVED or made in used:
        made += "_"
    return made
