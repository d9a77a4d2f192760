"""Additions of this family to studies and reports: known values, and drawings of solutions."""
