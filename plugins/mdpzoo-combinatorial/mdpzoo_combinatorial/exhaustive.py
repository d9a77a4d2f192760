"""Deprecated name of ``mdpzoo_combinatorial.environments.exhaustive``; use that one."""

from mdpzoo_combinatorial.former_names import moved

__getattr__ = moved(__name__, "mdpzoo_combinatorial.environments.exhaustive", ("check_bisimulation", "explore"))
