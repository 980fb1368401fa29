"""The commands of LaTeX that are read, and those that are refused with a word of advice."""

from __future__ import annotations

from matrixcalc.tex.names import GREEK

BOLD = frozenset({"mathbf", "boldsymbol", "bm", "vec", "pmb", "symbf", "mathbfit", "boldmath"})
"""Styles of vectors and matrices."""

SCRIPT = frozenset({"mathcal", "mathscr", "mathfrak"})
"""Styles of a scalar, such as a loss."""

WORDS = frozenset(
    {"mathrm", "mathit", "mathsf", "mathtt", "mathnormal", "text", "textrm", "textit", "textsf"}
    | {"operatorname", "symrm", "symit"}
)
"""Styles of a word that is one name, or the name of a function."""

ACCENTS = {
    **{"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar"},
    **{"overline": "bar", "dot": "dot", "check": "check", "breve": "breve", "mathring": "ring"},
}
"""Accents, with what they add to a name."""

FUNCTIONS = {
    **{name: name for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: name for name in ("arcsin", "arccos", "arctan", "det", "max", "min")},
    **{"ln": "log", "tr": "tr", "Tr": "tr", "trace": "tr", "Trace": "tr", "diag": "diag"},
    **{"Diag": "diag", "vect": "vec", "sgn": "sign", "sign": "sign", "relu": "relu"},
    **{"softmax": "softmax", "norm": "norm2", "abs": "abs", "sigmoid": "sigmoid", "erf": "erf"},
}
"""Functions with a command of their own; ``vec`` is an arrow over a vector."""

OTHER_WORDS = {"ReLU": "relu", "Softmax": "softmax", "sgn": "sign", "Vec": "vec", "ln": "log"}
"""Words for functions that are not those of the language."""

SIGNS = {
    **{"cdot": "TIMES", "times": "TIMES", "ast": "TIMES", "bullet": "TIMES", "div": "OVER"},
    **{"odot": "HAD", "circ": "HAD", "oslash": "HADOVER", "otimes": "KRON"},
    **{"sqrt": "SQRT", "partial": "PARTIAL", "nabla": "NABLA"},
}

SIZES = frozenset(
    {"left", "right", "middle", "big", "bigl", "bigr", "bigm", "Big", "Bigl", "Bigr", "Bigm"}
    | {"bigg", "biggl", "biggr", "biggm", "Bigg", "Biggl", "Biggr", "Biggm"}
)
"""What stands before a delimiter."""

BLANK = frozenset(
    {"quad", "qquad", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "enspace"}
    | {"nonumber", "notag", "hfill", "allowbreak", "thinspace", "medspace", "thickspace", "space"}
    | {"hspace", "vspace", "label", "tag", "mathop", "mathbin", "mathrel", "mathstrut", "phantom"}
)
"""What changes nothing but the look."""

WITH_ARGUMENT = frozenset({"hspace", "vspace", "label", "tag", "phantom"})
"""Those of them that take their argument along."""

DELIMITERS = {
    **{"lvert": "|", "rvert": "|", "vert": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖"},
    **{"langle": "⟨", "rangle": "⟩", "lbrace": "(", "rbrace": ")", "lbrack": "(", "rbrack": ")"},
    **{"lparen": "(", "rparen": ")"},
}

TRANSPOSES = frozenset({"top", "intercal", "transpose", "prime", "trans"})

FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"})

REFUSED = {
    **dict.fromkeys(
        ("sum", "prod"),
        "sums and products over indices are not read: write them with matrices, such as "
        r"\mathbf{x}^\top \mathbf{y}, \operatorname{tr}(A), \mathbf{1}^\top \mathbf{x}",
    ),
    **dict.fromkeys(("int", "oint", "iint"), "integrals are not read"),
    **dict.fromkeys(("lim", "sup", "inf", "limsup", "liminf"), "limits are not read"),
    "mathbb": r"of \mathbb only \mathbb{1} and \mathbb{I} are read",
    **dict.fromkeys(("pm", "mp"), "a sign of two meanings is not read: write + or -"),
    **dict.fromkeys(
        ("leq", "le", "geq", "ge", "neq", "ne", "approx", "sim", "in", "to", "propto"),
        "relations are not read; an equation has =",
    ),
    **dict.fromkeys(
        ("infty", "ldots", "cdots", "dots", "vdots", "ddots"),
        "what it stands for cannot be told",
    ),
    **dict.fromkeys(("begin", "end"), "matrices by their entries are not read: name them"),
}
"""Commands that are known and not read, with why."""

COMMANDS = frozenset(
    {*BOLD, *SCRIPT, *WORDS, *ACCENTS, *FUNCTIONS, *SIGNS, *SIZES, *BLANK, *DELIMITERS}
    | {*TRANSPOSES, *FRACTIONS, *REFUSED, *GREEK, "ell", "cbrt", "mathbbm", "mathds", "equiv"}
    | {"dagger", "dag", "mid", "colon", "coloneqq", "triangleq", "backslash"}
)
"""Every command by which a text is told to be LaTeX."""
