"""Nodes of the functions of the table: shapes, and what simplifies at sight."""

from matrixcalc.calls import (
    arrangements,
    determinants,
    elementwise,
    matrix_functions,
    reductions,
    traces,
)
from matrixcalc.calls.making import SIMPLIFIERS, make_call, rebuild, result_shape

__all__ = ["SIMPLIFIERS", "make_call", "rebuild", "result_shape"]

for _kind in (reductions, traces, determinants, arrangements, elementwise, matrix_functions):
    SIMPLIFIERS.update(_kind.SIMPLIFIERS)
