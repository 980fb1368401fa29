"""Claims found in files: Markdown, Python docstrings, LaTeX and plain ``.mc`` files."""
