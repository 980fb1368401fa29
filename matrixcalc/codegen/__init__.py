"""Code from formulas: derivatives as functions that run."""
