"""Deprecated name of ``mdpzoo_combinatorial.environments.exhaustive``; use the new name."""

from mdpzoo_combinatorial.former_names import redirect

__getattr__ = redirect(__name__, "mdpzoo_combinatorial.environments.exhaustive", ("check_bisimulation", "explore"))
