"""Solvers of other packages (LKH, PyVRP and OR-tools), and fallbacks for when they find no solution in time."""
