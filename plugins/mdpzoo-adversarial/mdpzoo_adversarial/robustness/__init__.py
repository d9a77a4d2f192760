"""Robustness of a controller: physical parameters, grids of them, and the worst adversary that can be trained."""
