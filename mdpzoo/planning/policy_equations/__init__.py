"""Solvers of the linear equations of one policy: elimination within a band, and Krylov acceleration."""
