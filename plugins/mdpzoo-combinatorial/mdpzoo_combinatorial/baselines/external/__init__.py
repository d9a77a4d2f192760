"""Solvers that other packages bring: LKH, PyVRP and OR-tools, and what stands in where they have no answer in time."""
