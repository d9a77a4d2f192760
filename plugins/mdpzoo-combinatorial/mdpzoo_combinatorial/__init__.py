"""Combinatorial optimisation problems as Markov decision processes, and the agents that solve them."""

from mdpzoo_combinatorial.instances import TSPInstance, generate
from mdpzoo_combinatorial.tsplib import read_instance

__all__ = ["TSPInstance", "generate", "read_instance"]
