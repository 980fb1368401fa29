"""Printers: an expression as text, one file for each notation."""
