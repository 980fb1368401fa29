"""What is measured: one table of problems."""

from tests.benchmarks.problems.inverses import INVERSES
from tests.benchmarks.problems.maps import MAPS
from tests.benchmarks.problems.networks import NETWORKS
from tests.benchmarks.problems.problem import Problem
from tests.benchmarks.problems.regression import REGRESSION

PROBLEMS: tuple[Problem, ...] = (*REGRESSION, *NETWORKS, *MAPS, *INVERSES)
"""In the order in which they are printed."""
