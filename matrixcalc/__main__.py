"""``python -m matrixcalc``: the command line."""

from matrixcalc.cli import main

if __name__ == "__main__":
    main()
