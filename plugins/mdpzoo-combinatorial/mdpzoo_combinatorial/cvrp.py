"""Deprecated name of ``mdpzoo_combinatorial.environments.cvrp``; use the new name."""

from mdpzoo_combinatorial.former_names import redirect

__getattr__ = redirect(__name__, "mdpzoo_combinatorial.environments.cvrp", ("actions", "quotient", "visits"))
