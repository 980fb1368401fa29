"""Backpropagation by hand: a function as a graph, with what flows back through it."""

from matrixcalc.backprop.network import Edge, Graph, Node, graph

__all__ = ["Edge", "Graph", "Node", "graph"]
