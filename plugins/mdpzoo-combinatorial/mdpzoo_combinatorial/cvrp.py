"""Deprecated name of ``mdpzoo_combinatorial.environments.cvrp``; use that one."""

from mdpzoo_combinatorial.former_names import moved

__getattr__ = moved(__name__, "mdpzoo_combinatorial.environments.cvrp", ("actions", "quotient", "visits"))
