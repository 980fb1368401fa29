"""LaTeX as input: the names it writes, its lexer, its reader, and the wording of mistakes."""
