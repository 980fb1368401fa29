"""Names for generated code: variables become identifiers of a language here and nowhere else.

Generated source is executed. It is made from expressions that are already parsed, and
the only text in it that a user chose is the names of variables and of dimensions; they pass
through :func:`identifier`, so that nothing but an identifier can come out.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

RESERVED = frozenset({"np", "xp", "jnp", "torch", "lapack", "blas", "special", "linalg", "info"})


@dataclass(frozen=True, slots=True)
class Language:
    """What a name may be: not one of ``words``, and perhaps of plain letters and not long."""

    words: frozenset[str]
    plain: bool = False
    longest: int | None = None


def words(text: str) -> frozenset[str]:
    """Words with blanks between them, as a set."""
    return frozenset(text.split())


PYTHON = Language(RESERVED.union(keyword.kwlist))
JULIA = Language(words(
    "abstract baremodule begin break catch const continue do else elseif end export false finally "
    "for function global if import in isa let local macro missing module mutable nothing "
    "primitive public quote return struct true try type using where while"
))
MATLAB = Language(words(
    # MATLAB's keywords, then those of Octave
    "arguments break case catch classdef continue else elseif end enumeration events for function "
    "global if methods otherwise parfor persistent properties return spmd switch try while "
    "do end_try_catch end_unwind_protect endclassdef endenumeration endevents endfor endfunction "
    "endif endmethods endparfor endproperties endspmd endswitch endwhile until unwind_protect "
    "unwind_protect_cleanup"
), plain=True, longest=40)
"""MATLAB reads 63 characters of a name; the rest is left for what a longer name begins with it."""


def identifier(name: str, taken: Iterable[str] = (), language: Language = PYTHON) -> str:
    """An identifier for a variable or a dimension that clashes with nothing.

    >>> identifier("lambda"), identifier("x"), identifier("np")
    ('lambda_', 'x', 'np_')
    >>> identifier("end", language=JULIA), identifier("λ", language=MATLAB)
    ('end_', 'lambda')
    """
    made = re.sub(r"\W", "_", _latin(name) if language.plain else name)[: language.longest]
    if not made.isidentifier() or (language.plain and made[0] == "_"):
        made = f"v_{made}"
    used = set(taken)
    while made in language.words or made in used:
        made += "_"
    return made


def _latin(name: str) -> str:
    """A name in plain letters: Greek letters by their names, others without their accents."""
    made = []
    for letter in unicodedata.normalize("NFKD", name):
        greek = re.match(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)$",
                         unicodedata.name(letter, ""))
        if letter.isascii():
            made.append(letter)
        elif greek:
            spelled = greek[2].lower().replace("lamda", "lambda")
            made.append(spelled.capitalize() if greek[1] == "CAPITAL" else spelled)
        elif not unicodedata.combining(letter):
            made.append(f"u{ord(letter):04x}")
    return "".join(made)
