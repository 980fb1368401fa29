"""The files of the constructors, one for each kind of node; :mod:`matrixcalc.build` collects them."""
