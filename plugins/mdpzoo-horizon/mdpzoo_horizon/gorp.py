"""Former place of ``OpenLoopPolicy``, which saved agents name; use ``mdpzoo_horizon.algorithms``."""

from mdpzoo_horizon.algorithms.gorp_agent import OpenLoopPolicy

__all__ = ["OpenLoopPolicy"]
