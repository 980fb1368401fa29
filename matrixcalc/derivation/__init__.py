"""Derivations: how a result is found, step by step, each step an equation that is checked."""

from matrixcalc.derivation.records import Formula, Step, Steps

__all__ = ["Formula", "Step", "Steps"]
