"""The files of the constructors, which :mod:`matrixcalc.build` collects: one a kind of node."""
