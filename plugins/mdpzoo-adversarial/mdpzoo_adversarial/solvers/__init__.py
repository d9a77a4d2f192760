"""Exact solvers: pure functions over arrays."""
