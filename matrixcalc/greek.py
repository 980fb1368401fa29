"""The names of Greek letters, which are scalars where they are not declared."""

GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|"
    "sigma|tau|upsilon|phi|chi|psi|omega|varepsilon|vartheta|varphi|varrho|varsigma"
)
"""A pattern of them, as they are spelled in small letters."""
