"""Constructors, a file for each kind of node; :mod:`matrixcalc.build` collects them."""
